//! Exploring a program: executions until one fails, nothing is left, or the budget ends.

use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use bohrbug_sync::control::Config;
use bohrbug_trace::{Header, Trace};

use crate::budget::{Budget, Stopwatch};
use crate::failure::Failure;
use crate::runtime::{Ended, Ending, Program};
use crate::search::{Searches, UnknownStrategy};
use crate::session::Session;
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
    /// How long it took. Shown, never recorded.
    pub elapsed: Duration,
    /// The failure.
    pub failure: Option<Failure>,
    /// The failing execution.
    pub trace: Option<Trace>,
}

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
        }
    }

    /// Explores. `progress` is told the number of executions now and then.
    ///
    /// # Errors
    ///
    /// If no strategy has that name.
    pub fn run(&self, program: &Program, progress: impl Fn(u64) + 'static) -> Result<Report, UnknownStrategy> {
        let mut executions = 0;
        self.explore(program, move |failure| {
            executions += 1;
            if executions % 1024 == 0 {
                progress(executions);
            }
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
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
        let searches = Searches::named(&self.strategy, self.seed)?;
        let watch = Stopwatch::start();
        if let Some((failure, trace)) = determinism::check(self, program) {
            let mut report = self.report(Verdict::Failed, watch);
            (report.failure, report.trace, report.executions) = (Some(failure), Some(trace), 2);
            return Ok(report);
        }
        Ok(self.search(searches, program, watch, seen))
    }

    fn search(
        &self,
        mut searches: Searches,
        program: &Program,
        watch: Stopwatch,
        seen: impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static,
    ) -> Report {
        let tally = Rc::new(RefCell::new(Tally::default()));
        let seen = Rc::new(RefCell::new(seen));
        let mut complete = true;
        while let Some((search, strategy)) = searches.next() {
            let proves = strategy.is_exhaustive();
            let session = Session::new(strategy, &self.on, &self.off);
            let supervisor = {
                let (this, tally, seen) = (self.clone(), tally.clone(), seen.clone());
                Box::new(move |ended: Ended<'_>| {
                    let failed = ended.failure.as_ref().filter(|failure| !failure.is_suspected());
                    let verdict = (seen.borrow_mut())(failed);
                    let mut tally = tally.borrow_mut();
                    tally.count(&this, ended);
                    if this.budget.is_spent(tally.executions, tally.events, watch) {
                        ControlFlow::Break(())
                    } else {
                        verdict
                    }
                })
            };
            tally.borrow_mut().proves = proves;
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
    proves: bool,
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
        if self.failure.is_some() {
            return;
        }
        if let Some(failure) = ended.failure {
            if failure.is_suspected() && self.suspicion.is_some() {
                return;
            }
            let header = exploration.header(ended.execution.runtime(), number, &failure);
            let trace = Trace { header, events: record::events(ended.execution.view()) };
            if failure.is_suspected() {
                self.suspicion = Some((failure, trace));
            } else {
                (self.failure, self.trace) = (Some(failure), Some(trace));
            }
        } else if ended.execution.was_cut() {
            self.cut += 1;
        }
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
