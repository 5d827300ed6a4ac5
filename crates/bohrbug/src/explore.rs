//! Exploring a program: executions until one fails, nothing is left, or the budget ends.

use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use bohrbug_sync::control::Config;
use bohrbug_trace::{Header, Trace};

use crate::behaviour;
use crate::budget::{Budget, Stopwatch};
use crate::coverage::Coverage;
use crate::failure::Failure;
use crate::runtime::{Ended, Ending, Program};
use crate::search::{Searches, UnknownStrategy};
use crate::session::Session;
use crate::strategy::Guarantee;
use crate::{determinism, record};

/// What is explored, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// What is run: `system/name`, or the name of a test.
    pub scenario: String,
    /// Which revision of the system.
    pub revision: Option<String>,
    /// The strategy's name.
    pub strategy: String,
    /// The seed of its random numbers.
    pub seed: u64,
    /// When to end.
    pub budget: Budget,
    /// Bounds and choices of each execution.
    pub config: Config,
    /// The monitors that are switched off.
    pub off: Vec<String>,
    /// The monitors that are switched on, of those that are not on by themselves.
    pub on: Vec<String>,
    /// Whether the [behaviours](Report::behaviours) of executions that are drawn at random are counted, which costs a tenth
    /// to a quarter of an execution on native. Default: yes.
    pub figures: bool,
}

/// What an exploration comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An execution failed.
    Failed,
    /// Every behaviour of this workload ran, and none failed: a proof for the workload.
    Verified,
    /// A search that is known to be incomplete ended without a failure.
    Exhausted,
    /// The budget ended without a failure.
    Passed,
}

impl Verdict {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Verified => "verified",
            Self::Exhausted => "exhausted",
            Self::Passed => "passed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The outcome of an exploration.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it came to.
    pub verdict: Verdict,
    /// The strategy's name.
    pub strategy: String,
    /// How many executions ran.
    pub executions: u64,
    /// How many of them were cut off at the step bound, and so say nothing.
    pub cut: u64,
    /// How many of them were given up on the way, since they showed nothing new. None should be.
    pub cut_off: u64,
    /// How many different behaviours the executions that were drawn at random have shown (see [`behaviour`]); `None` if
    /// none was, or nobody wanted to know. Exact up to half a million, then an estimate.
    pub behaviours: Option<u64>,
    /// The estimated probability that one more such execution would show a new behaviour.
    pub unseen: Option<f64>,
    /// What the strategy's paper promises for a workload of this size.
    pub guarantee: Option<Guarantee>,
    /// The share of everything that an exhaustive search has explored, estimated while it has not come to its end.
    pub explored: Option<f64>,
    /// How long it took. Shown, never recorded.
    pub elapsed: Duration,
    /// The failure.
    pub failure: Option<Failure>,
    /// The failing execution.
    pub trace: Option<Trace>,
}

/// How far an exploration has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How many executions have run.
    pub executions: u64,
    /// As in [`Report::behaviours`].
    pub behaviours: Option<u64>,
    /// As in [`Report::unseen`].
    pub unseen: Option<f64>,
    /// As in [`Report::explored`].
    pub explored: Option<f64>,
}

/// How many executions pass between two words on progress.
const TOLD_EVERY: u64 = 1024;

impl Exploration {
    /// Explores `scenario` with `strategy`, seed 0, without a bound.
    pub fn new(scenario: impl Into<String>, strategy: impl Into<String>) -> Self {
        Self {
            scenario: scenario.into(),
            revision: None,
            strategy: strategy.into(),
            seed: 0,
            budget: Budget::default(),
            config: Config::default(),
            off: Vec::new(),
            on: Vec::new(),
            figures: true,
        }
    }

    /// Explores. `progress` is told now and then how far it has come.
    ///
    /// # Errors
    ///
    /// If no strategy has that name.
    pub fn run(&self, program: &Program, progress: impl Fn(Progress) + 'static) -> Result<Report, UnknownStrategy> {
        let until_failure = |failure: Option<&Failure>| {
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.explore_and_tell(program, until_failure, progress)
    }

    /// Explores, and goes on after failures as long as `seen`, which is shown how each execution ended, wants to.
    ///
    /// The report has the first failure.
    ///
    /// # Errors
    ///
    /// If no strategy has that name.
    pub fn explore(
        &self,
        program: &Program,
        seen: impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static,
    ) -> Result<Report, UnknownStrategy> {
        self.explore_and_tell(program, seen, |_| ())
    }

    fn explore_and_tell(
        &self,
        program: &Program,
        seen: impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static,
        progress: impl Fn(Progress) + 'static,
    ) -> Result<Report, UnknownStrategy> {
        let searches = Searches::named(&self.strategy, self.seed)?;
        let watch = Stopwatch::start();
        if let Some((failure, trace)) = determinism::check(self, program) {
            let mut report = self.report(Verdict::Failed, watch);
            (report.failure, report.trace, report.executions) = (Some(failure), Some(trace), 2);
            return Ok(report);
        }
        Ok(self.search(searches, program, watch, (seen, progress)))
    }

    fn search(
        &self,
        mut searches: Searches,
        program: &Program,
        watch: Stopwatch,
        listeners: (impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static, impl Fn(Progress) + 'static),
    ) -> Report {
        let tally = Rc::new(RefCell::new(Tally::default()));
        let listeners = Rc::new(RefCell::new(listeners));
        let mut complete = true;
        while let Some((search, strategy)) = searches.next() {
            let session = Session::new(strategy, &self.on, &self.off);
            let supervisor = {
                let (this, tally, listeners) = (self.clone(), tally.clone(), listeners.clone());
                Box::new(move |ended: Ended<'_>| {
                    let (seen, progress) = &mut *listeners.borrow_mut();
                    let verdict = seen(ended.failure.as_ref().filter(|failure| !failure.is_suspected()));
                    let mut tally = tally.borrow_mut();
                    tally.count(&this, ended);
                    if tally.executions.is_multiple_of(TOLD_EVERY) {
                        progress(tally.progress());
                    }
                    if this.budget.is_spent(tally.executions, tally.events, watch) {
                        ControlFlow::Break(())
                    } else {
                        verdict
                    }
                })
            };
            match search.run(session, &self.config, program, supervisor) {
                Ok(Ending::Complete) => {}
                Ok(Ending::Stopped) => {
                    complete = false;
                    break;
                }
                Err(message) => {
                    tally.borrow_mut().gave_up(self, &searches, message);
                    complete = false;
                    break;
                }
            }
        }
        let tally = tally.take().settled(complete);
        let mut report = self.report(tally.verdict(complete), watch);
        report.executions = tally.executions;
        report.cut = tally.cut;
        report.cut_off = tally.cut_off;
        Progress { behaviours: report.behaviours, unseen: report.unseen, .. } = tally.progress();
        report.guarantee = tally.guarantee;
        report.explored = tally.explored.filter(|_| !complete);
        report.failure = tally.failure;
        report.trace = tally.trace;
        report
    }

    fn report(&self, verdict: Verdict, watch: Stopwatch) -> Report {
        Report {
            verdict,
            strategy: self.strategy.clone(),
            executions: 0,
            cut: 0,
            cut_off: 0,
            behaviours: None,
            unseen: None,
            guarantee: None,
            explored: None,
            elapsed: watch.elapsed(),
            failure: None,
            trace: None,
        }
    }

    /// The header of a trace of the execution of that number, from 0.
    pub(crate) fn header(&self, runtime: bohrbug_sync::control::Runtime, number: u64, failure: &Failure) -> Header {
        Header {
            revision: self.revision.clone(),
            seed: self.seed,
            execution: number + 1,
            failure: Some(failure.record()),
            choices: record::choices(&self.config),
            ..Header::new(self.scenario.clone(), record::runtime(runtime), self.strategy.clone())
        }
    }
}

/// What the executions so far came to.
#[derive(Debug, Default)]
struct Tally {
    executions: u64,
    events: u64,
    cut: u64,
    cut_off: u64,
    proves: bool,
    hasher: behaviour::Hasher,
    coverage: Coverage,
    guarantee: Option<Guarantee>,
    explored: Option<f64>,
    failure: Option<Failure>,
    trace: Option<Trace>,
    /// What may fail, and the execution that shows it.
    suspicion: Option<(Failure, Trace)>,
}

impl Tally {
    fn count(&mut self, exploration: &Exploration, ended: Ended<'_>) {
        let number = self.executions;
        self.executions += 1;
        self.events += ended.execution.events().len() as u64;
        self.proves = ended.strategy.is_exhaustive();
        self.cut_off = ended.strategy.cut_off();
        self.guarantee = ended.strategy.guarantee();
        self.explored = ended.strategy.explored();
        if exploration.figures && ended.strategy.samples() {
            self.coverage.add(self.hasher.behaviour(ended.execution.events()));
        }
        if self.failure.is_some() {
            return;
        }
        if let Some(failure) = ended.failure {
            if failure.is_suspected() && self.suspicion.is_some() {
                return;
            }
            let header = exploration.header(ended.execution.runtime(), number, &failure);
            let trace = Trace { header, events: record::events_until(ended.execution.view(), ended.length) };
            if failure.is_suspected() {
                self.suspicion = Some((failure, trace));
            } else {
                (self.failure, self.trace) = (Some(failure), Some(trace));
            }
        } else if ended.execution.was_cut() {
            self.cut += 1;
        }
    }

    fn progress(&self) -> Progress {
        let unseen = self.coverage.unseen();
        let behaviours = unseen.map(|_| self.coverage.behaviours());
        Progress { executions: self.executions, behaviours, unseen, explored: self.explored }
    }

    /// A suspicion counts if nothing failed, and nothing proves that nothing does.
    fn settled(mut self, complete: bool) -> Self {
        if self.failure.is_none() && self.verdict(complete) != Verdict::Verified {
            (self.failure, self.trace) = self.suspicion.take().unzip();
        }
        self
    }

    /// The foreign runtime gave up on its own account.
    fn gave_up(&mut self, exploration: &Exploration, searches: &Searches, message: String) {
        let failure = Failure::new("runtime", format!("{} gave up: {message}", searches.runtime().name()));
        let header = exploration.header(searches.runtime(), self.executions, &failure);
        self.trace = Some(Trace::new(header));
        self.failure = Some(failure);
    }

    const fn verdict(&self, complete: bool) -> Verdict {
        if self.failure.is_some() {
            Verdict::Failed
        } else if !complete || self.cut > 0 {
            Verdict::Passed
        } else if self.proves {
            Verdict::Verified
        } else {
            Verdict::Exhausted
        }
    }
}
