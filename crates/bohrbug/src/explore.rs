//! Exploring a program: executions until one fails, nothing is left, or the budget ends.

mod blind;
mod deal;
mod jobs;
mod merge;
mod observer;
mod outcome;
mod shard;
mod statics;
mod tally;
mod tree;
mod worker;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use bohrbug_sync::control::{Carrier, Config};
use bohrbug_trace::{Header, Trace};

use self::observer::{Listeners, Observer};
pub use self::outcome::{Found, Progress, Report, Verdict};
use self::tally::{Recorder, Tally};
use crate::basis::Exception;
use crate::budget::{Budget, Stopwatch};
use crate::determinism::{self, Events};
use crate::failure::Failure;
use crate::record;
use crate::runtime::{Ended, Ending, Program};
use crate::search::Searches;
use crate::selection::StrategyChoice;
use crate::session::Session;
use crate::survive::{self, About};
use crate::unknown::{UnknownName, refuse_unknown_monitors};

/// What is explored, and how.
///
/// ```
/// use bohrbug::{Budget, Exploration, Program, Verdict};
///
/// let exploration = Exploration::new("nothing", "pct").seed(7).budget(Budget::default().executions(10));
/// let report = exploration.run(&Program::new(|| ()), |_| ())?;
/// assert_eq!(report.verdict, Verdict::Passed);
/// # Ok::<(), bohrbug::UnknownName>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exploration {
    /// What is run: `system/name`, or the name of a test.
    pub scenario: String,
    /// Which revision of the system.
    pub revision: Option<String>,
    /// The strategy.
    pub strategy: StrategyChoice,
    /// The seed of its random numbers; a strategy of your own has its own.
    pub seed: u64,
    /// When to end.
    pub budget: Budget,
    /// Bounds and choices of each execution.
    pub config: Config,
    /// The disabled monitors; `nondeterminism` counts as one.
    pub off: Vec<String>,
    /// The monitors enabled beyond the usual ones.
    pub on: Vec<String>,
    /// Whether the [behaviours](Report::behaviours) of executions that are drawn at random are counted, which costs a
    /// tenth to a quarter of an execution on native. Default: yes. Never under a weak memory model, where the order of
    /// events does not determine what is read.
    pub figures: bool,
    /// How many OS threads run executions; 0 counts as 1. The result does not depend on it, unless the budget is one of
    /// time: the first failure is the one with the smallest number, and no execution after it counts.
    ///
    /// Executions that are drawn are dealt out by their numbers. Threads of `dpor` take parts of its search from each other;
    /// of `portfolio` one thread runs those of its exhaustive search, a third of all, and so three threads are most of what can be
    /// gained. One thread does everything under `dfs` and `bounded`, on a foreign runtime, where the allocator
    /// [`Quarantine`](crate::memory::Quarantine) is watched, and where executions are seen to share something: a static of
    /// `bohrbug_sync`, or a failure that does not come again when its execution is repeated alone.
    pub jobs: usize,
    /// How much processor time a task may use without an event before it counts as an endless loop, and how long it may
    /// wait for something not controlled. The exploration that began last sets it for the whole process.
    pub loop_time: Duration,
    /// Whether decisions are recorded where they outlive the process, so that a failure that ends it is not lost.
    /// Default: yes.
    pub journal: bool,
    /// What another process has to be told to run the program ([`Program::started_again_by`]).
    pub workload: Option<serde_json::Value>,
    /// Where that process saves the trace of a failure that ends this one.
    pub traces: Option<PathBuf>,
    /// What nobody sees of a program that was built as this one, and so what a proof does not cover if it has more than one
    /// task, beside the counts of `Arc`s. Nothing tells that by itself: whoever builds the program says it.
    pub blind_to: BTreeSet<Exception>,
}

impl Exploration {
    /// Explores `scenario` with `strategy`, seed 0, without a bound.
    pub fn new(scenario: impl Into<String>, strategy: impl Into<StrategyChoice>) -> Self {
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
            jobs: 1,
            loop_time: survive::LOOP_TIME,
            journal: true,
            workload: None,
            traces: None,
            blind_to: BTreeSet::new(),
        }
    }

    /// Of that revision.
    #[must_use]
    pub fn revision(self, revision: impl Into<Option<String>>) -> Self {
        Self { revision: revision.into(), ..self }
    }

    /// With that seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Within that budget.
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// With those bounds and choices of each execution.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// On that carrier.
    ///
    /// ```
    /// use bohrbug::{Carrier, Exploration, Program, Verdict};
    /// use bohrbug_sync::thread;
    ///
    /// let program = Program::new(|| thread::spawn(|| ()).join().unwrap());
    /// for &carrier in Carrier::ALL {
    ///     let report = Exploration::new("spawns", "dpor").carrier(carrier).run(&program, |_| ())?;
    ///     assert_eq!(report.verdict, Verdict::Verified);
    /// }
    /// # Ok::<(), bohrbug::UnknownName>(())
    /// ```
    #[must_use]
    pub fn carrier(self, carrier: Carrier) -> Self {
        Self { config: Config { carrier, ..self.config }, ..self }
    }

    /// With those monitors enabled, too.
    #[must_use]
    pub fn on(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { on: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// With those monitors disabled.
    #[must_use]
    pub fn off(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { off: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// With or without the [count of behaviours](Report::behaviours).
    #[must_use]
    pub fn figures(self, figures: bool) -> Self {
        Self { figures, ..self }
    }

    /// Of a program that was built so that this is not seen.
    ///
    /// ```
    /// use bohrbug::{Exception, Exploration, Program};
    /// use bohrbug_sync::thread;
    ///
    /// let program = Program::new(|| thread::spawn(|| ()).join().unwrap());
    /// let exploration = Exploration::new("spawns", "dpor").blind_to([Exception::PlainMemory]);
    /// assert_eq!(exploration.run(&program, |_| ())?.conclusion(), "verified, `Arc` counts and plain memory excepted");
    /// # Ok::<(), bohrbug::UnknownName>(())
    /// ```
    #[must_use]
    pub fn blind_to(self, what: impl IntoIterator<Item = Exception>) -> Self {
        Self { blind_to: what.into_iter().collect(), ..self }
    }

    /// In that many OS threads.
    #[must_use]
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Explores, and reports to `progress` now and then.
    ///
    /// # Errors
    ///
    /// If a strategy or a monitor is unknown, or needs a feature that is off.
    pub fn run(&self, program: &Program, progress: impl Fn(Progress) + 'static) -> Result<Report, UnknownName> {
        let until_failure = |failure: Option<&Failure>| {
            if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.listened_to(program, Listeners::new(until_failure, progress).until_failure())
    }

    /// Explores, and continues after failures as long as `seen` wants to, which is shown how each execution ended.
    ///
    /// The report has the first failure.
    ///
    /// # Errors
    ///
    /// If a strategy or a monitor is unknown, or needs a feature that is off.
    pub fn explore(
        &self,
        program: &Program,
        seen: impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static,
    ) -> Result<Report, UnknownName> {
        self.listened_to(program, Listeners::new(seen, |_| ()))
    }

    /// Hands over the trace of an execution in which an earlier process came to its end while it explored this, and had no time to say
    /// so, as by `kill -9`: once, if another process fails under the same decisions. What lies there of it is removed when `keep`
    /// has come back. Nothing is found where the program does not say how it is [started again](Program::started_again_by).
    pub fn left_behind(&self, program: &Program, keep: impl FnOnce(Trace)) {
        survive::left_behind(&self.about(), program, keep);
    }

    fn listened_to(&self, program: &Program, listeners: Listeners) -> Result<Report, UnknownName> {
        let searches = self.strategy.searches(self.seed, self.config.memory)?;
        let own: Vec<_> = program.monitors.make().map(|monitor| monitor.kind().name()).collect();
        refuse_unknown_monitors(self.on.iter().chain(&self.off), &own)?;
        let watch = Stopwatch::start();
        let _guard = self.guard(program);
        let sample = match determinism::check(self, program) {
            Ok(sample) => sample,
            Err(found) => {
                let verdict = Verdict::Failed(found);
                return Ok(Report { executions: 2, ..self.report(verdict, watch) });
            }
        };
        let mut observer = Observer::new(self, watch, listeners);
        if let Some(way) = jobs::way(self, &searches, &observer) {
            if let Some((report, first)) = self.split(way, program, &mut observer) {
                return Ok(self.held_against(report, program, [sample, first]));
            }
            observer.begin_again();
        }
        let (report, first) = self.search(searches, program, observer);
        Ok(self.held_against(report, program, [sample, first]))
    }

    /// The report, unless everything was explored of a program that is no longer what it was in one of these executions.
    fn held_against(&self, report: Report, program: &Program, before: [Option<Events>; 2]) -> Report {
        if !report.is_complete || report.verdict.is_failed() || report.cut > 0 {
            return report;
        }
        match self.changed_since(program, before) {
            Some(found) => Report { verdict: Verdict::Failed(Box::new(found)), excepted: BTreeSet::new(), ..report },
            None => report,
        }
    }

    /// What is different about the program, if it is no longer what it was in one of these executions: a proof is of one
    /// program.
    fn changed_since(&self, program: &Program, before: impl IntoIterator<Item = Option<Events>>) -> Option<Found> {
        before.into_iter().flatten().find_map(|events| determinism::follow(self, program, &events))
    }

    /// In several threads, with the first execution of a search; `None` if executions share something, so that what was found is worth nothing.
    fn split(&self, way: jobs::Way, program: &Program, observer: &mut Observer) -> Option<(Report, Option<Events>)> {
        let jobs::Split { is_complete: complete, first } = way(self, program, observer)?;
        let watch = observer.watch();
        let tally = observer.take_tally().settled(complete);
        let holds = tally
            .found
            .as_ref()
            .is_none_or(|found| determinism::comes_again(self, program, &found.failure, &found.trace));
        holds.then(|| (self.report_of(tally, complete, watch), first))
    }

    /// In this thread; with the first execution, if it was on native.
    fn search(&self, mut searches: Searches, program: &Program, observer: Observer) -> (Report, Option<Events>) {
        let watch = observer.watch();
        let shared = Rc::new(RefCell::new((Recorder::new(self), observer)));
        let mut complete = true;
        while let Some((search, strategy)) = searches.next() {
            let session = Session::new(strategy, program, &self.on, &self.off);
            let supervisor = {
                let shared = shared.clone();
                Box::new(move |ended: Ended<'_>| {
                    let (recorder, observer) = &mut *shared.borrow_mut();
                    observer.see(recorder.record(observer.executions(), ended))
                })
            };
            match search.run(session, &self.config, program, supervisor) {
                Ok(Ending::Complete) => {}
                Ok(Ending::Stopped) => {
                    complete = false;
                    break;
                }
                Err(message) => {
                    shared.borrow_mut().1.gave_up(&searches, message);
                    complete = false;
                    break;
                }
            }
        }
        let (recorder, observer) = &mut *shared.borrow_mut();
        let report = self.report_of(observer.take_tally().settled(complete), complete, watch);
        (report, recorder.take_first())
    }

    fn report_of(&self, mut tally: Tally, complete: bool, watch: Stopwatch) -> Report {
        let Progress { behaviours, unseen, .. } = tally.progress();
        let Tally { executions, cut, cut_off, guarantee, uncovered, .. } = tally;
        let explored = tally.explored.filter(|_| !complete);
        let excepted = if tally.is_proof(complete) { std::mem::take(&mut tally.excepted) } else { BTreeSet::new() };
        let (left_waiting, doubts) = (tally.left_waiting.take(), std::mem::take(&mut tally.doubts));
        let verdict = tally.into_verdict(complete, !doubts.is_empty());
        Report {
            executions,
            cut,
            cut_off,
            behaviours,
            unseen,
            guarantee,
            explored,
            excepted,
            left_waiting,
            doubts,
            uncovered,
            is_complete: complete,
            ..self.report(verdict, watch)
        }
    }

    fn report(&self, verdict: Verdict, watch: Stopwatch) -> Report {
        Report {
            verdict,
            strategy: self.strategy.name().to_owned(),
            memory: self.config.memory,
            executions: 0,
            cut: 0,
            cut_off: 0,
            behaviours: None,
            unseen: None,
            guarantee: None,
            explored: None,
            elapsed: watch.elapsed(),
            excepted: BTreeSet::new(),
            doubts: BTreeSet::new(),
            left_waiting: None,
            uncovered: None,
            is_complete: false,
            inputs: 0,
            off: self.off.clone(),
        }
    }

    /// Guards this thread, unless a check does.
    fn guard(&self, program: &Program) -> Option<survive::Guard> {
        let about = self.journal.then(|| self.about())?;
        survive::Guard::begin(about, program.again.clone())
    }

    /// What is explored, for another process.
    pub(crate) fn about(&self) -> About {
        let mut about = About::new(&self.scenario, self.strategy.name());
        about.revision.clone_from(&self.revision);
        about.workload.clone_from(&self.workload);
        about.traces.clone_from(&self.traces);
        about.seed = self.seed;
        about.loop_time = survive::millis(self.loop_time);
        about.set_config(&self.config);
        about
    }

    /// The header of a trace of the execution of that number, from 0.
    pub(crate) fn header(&self, runtime: bohrbug_sync::control::Runtime, number: u64, failure: &Failure) -> Header {
        Header {
            revision: self.revision.clone(),
            seed: self.seed,
            execution: number + 1,
            failure: Some(failure.record()),
            waiting: failure.waiting.clone(),
            choices: record::choices(&self.config),
            carrier: record::carrier_on(runtime, &self.config),
            ..Header::new(self.scenario.clone(), runtime, self.strategy.name())
        }
    }
}
