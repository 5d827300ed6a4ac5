//! The call that a test makes: replay what is saved, then explore.

mod ended;
mod expected;
mod saved;
mod sharded;

use std::fmt;
use std::panic::Location;
use std::path::PathBuf;
use std::time::Duration;

use bohrbug_trace::{FailureKind, Trace};

use crate::budget::Budget;
use crate::environment::Environment;
use crate::explore::{Exploration, Report, Verdict};
use crate::monitor::Monitor;
use crate::report::{self, Kept};
use crate::runtime::Program;
use crate::selection::{OwnMonitors, StrategyChoice};
use crate::shell::replay_in_test;
use crate::survive::{self, Again};
use crate::unknown::memory_model;
use crate::{Carrier, Config};

/// The default number of executions.
const EXECUTIONS: u64 = 10_000;

/// The default strategy.
const STRATEGY: &str = "portfolio";

/// Checks `f` under many interleavings, and fails with a report if one of them fails.
///
/// Call it from a `#[test]`. Everything that the interleavings share must be made inside the closure. Traces saved for
/// this test are replayed first.
///
/// ```
/// use bohrbug_sync::{Arc, Mutex, thread};
///
/// bohrbug::check(|| {
///     let total = Arc::new(Mutex::new(0));
///     let adders = [1, 2].map(|n| {
///         let total = total.clone();
///         thread::spawn(move || *total.lock().unwrap() += n)
///     });
///     for adder in adders {
///         adder.join().unwrap();
///     }
///     assert_eq!(*total.lock().unwrap(), 3);
/// });
/// ```
///
/// # Panics
///
/// If an interleaving fails; the message is the report.
#[track_caller]
pub fn check(f: impl Fn() + Send + Sync + 'static) -> Report {
    Check::new().run(f)
}

/// A check and its settings.
///
/// ```
/// use bohrbug_sync::thread;
///
/// let report = bohrbug::Check::named("nothing_happens").strategy("dfs").run(|| {
///     thread::spawn(|| ()).join().unwrap();
/// });
/// assert_eq!(report.verdict, bohrbug::Verdict::Verified);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check does nothing before `run`"]
pub struct Check {
    name: String,
    strategy: Option<StrategyChoice>,
    monitors: OwnMonitors,
    memory: Option<String>,
    carrier: Option<Carrier>,
    seed: Option<u64>,
    budget: Budget,
    config: Config,
    traces: Option<PathBuf>,
    off: Vec<String>,
    on: Vec<String>,
    jobs: usize,
    loop_time: Option<Duration>,
    #[cfg(feature = "proptest")]
    pub(crate) inputs: u32,
}

impl Check {
    /// A check named after the test that calls it, or after its place in the code.
    #[track_caller]
    pub fn new() -> Self {
        let place = Location::caller();
        Self::named(test().unwrap_or_else(|| format!("{}:{}", place.file(), place.line())))
    }

    /// A check of that name, under which traces are saved and found.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            strategy: None,
            monitors: OwnMonitors::default(),
            memory: None,
            carrier: None,
            seed: None,
            budget: Budget::default(),
            config: Config::default(),
            traces: None,
            off: Vec::new(),
            on: Vec::new(),
            jobs: 1,
            loop_time: None,
            #[cfg(feature = "proptest")]
            inputs: crate::workload::INPUTS,
        }
    }

    /// Explores with one strategy: one of Bohrbug's by name (see [`strategies`](crate::strategies())), or your own.
    pub fn strategy(mut self, strategy: impl Into<StrategyChoice>) -> Self {
        self.strategy = Some(strategy.into());
        self
    }

    /// Adds a monitor of your own: see [`Program::watched_by`].
    pub fn monitor(mut self, monitor: impl Monitor + Clone + Send + Sync + 'static) -> Self {
        self.monitors.add(monitor);
        self
    }

    /// Sets the memory model by name, `rc11` or the default `sc`; see [`MemoryModel`](crate::MemoryModel).
    ///
    /// ```
    /// use bohrbug_sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use bohrbug_sync::thread;
    ///
    /// static BOTH: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
    /// let report = bohrbug::Check::named("one_of_them_sees_the_other").memory("rc11").strategy("dfs").run(|| {
    ///     BOTH.iter().for_each(|atomic| atomic.store(0, Relaxed));
    ///     let first = thread::spawn(|| (BOTH[0].store(1, Relaxed), BOTH[1].load(Relaxed)).1);
    ///     let second = (BOTH[1].store(1, Relaxed), BOTH[0].load(Relaxed)).1;
    ///     // Under `sc` the sum is never 0; here it is, and a check of that would fail.
    ///     assert!(first.join().unwrap() + second <= 2);
    /// });
    /// assert_eq!((report.verdict, report.memory), (bohrbug::Verdict::Verified, bohrbug::MemoryModel::Rc11));
    /// ```
    pub fn memory(mut self, model: impl Into<String>) -> Self {
        self.memory = Some(model.into());
        self
    }

    /// Runs tasks on coroutines, the default, or on OS threads; see [`Carrier`].
    ///
    /// ```
    /// use bohrbug::{Carrier, Check};
    /// use bohrbug_sync::thread;
    ///
    /// Check::named("each_task_has_a_thread").carrier(Carrier::Threads).executions(10).run(|| {
    ///     let worker = thread::Builder::new().name("worker".to_owned());
    ///     let name = worker.spawn(|| std::thread::current().name().map(str::to_owned)).unwrap().join().unwrap();
    ///     assert_eq!(name.as_deref(), Some("worker"));
    /// });
    /// ```
    pub const fn carrier(mut self, carrier: Carrier) -> Self {
        self.carrier = Some(carrier);
        self
    }

    /// The seed of random numbers.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Explores in up to this many threads, as far as the strategy can: see [`Exploration`]. Default: 1, since
    /// `cargo test` already runs tests in parallel.
    ///
    /// Several threads then call the closure at a time, so its calls must share nothing.
    pub const fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// The maximum number of executions.
    pub const fn executions(mut self, executions: u64) -> Self {
        self.budget.executions = Some(executions);
        self
    }

    /// The maximum time.
    pub const fn time(mut self, time: Duration) -> Self {
        self.budget.time = Some(time);
        self
    }

    /// Allows up to this many spurious wake-ups in an execution.
    pub const fn spurious(mut self, times: u32) -> Self {
        self.config.spurious = times;
        self
    }

    /// Allows up to this many timeouts in an execution to fire although something else could run.
    pub const fn timeouts(mut self, times: u32) -> Self {
        self.config.timeouts = times;
        self
    }

    /// Allows up to this many spurious failures of weak exchanges in an execution.
    pub const fn weak_failures(mut self, times: u32) -> Self {
        self.config.weak_failures = times;
        self
    }

    /// Makes accesses to cells scheduling points.
    pub const fn cell_points(mut self) -> Self {
        self.config.cell_points = true;
        self
    }

    /// The events after which an execution counts as endless.
    pub const fn step_bound(mut self, events: u32) -> Self {
        self.config.step_bound = events;
        self
    }

    /// The processor time that a task may use without an event before it counts as an endless loop. Default: 10 s.
    ///
    /// It applies to all later checks of the process.
    pub const fn loop_time(mut self, time: Duration) -> Self {
        self.loop_time = Some(time);
        self
    }

    /// Disables a monitor, by name (see [`monitor::names`](crate::monitor::names())).
    pub fn off(mut self, monitor: impl Into<String>) -> Self {
        self.off.push(monitor.into());
        self
    }

    /// Enables a monitor that is off by default, by name: `leaked-threads`.
    pub fn on(mut self, monitor: impl Into<String>) -> Self {
        self.on.push(monitor.into());
        self
    }

    /// Where traces are saved and looked for. Default: `traces` in the package's directory.
    pub fn traces(mut self, directory: impl Into<PathBuf>) -> Self {
        self.traces = Some(directory.into());
        self
    }

    /// Replays the saved traces of this name, then explores.
    ///
    /// With the variables `BOHRBUG_SHARD` and `BOHRBUG_SHARD_OUT` it explores one part of several, and `bohrbug merge`
    /// gives the result of all.
    ///
    /// # Panics
    ///
    /// If a replay or an interleaving fails: the message is the report. If a setting names an unknown strategy, monitor
    /// or memory model, or asks for shards of what cannot be divided.
    #[track_caller]
    pub fn run(self, f: impl Fn() + Send + Sync + 'static) -> Report {
        let environment = Environment::read_aloud();
        let program = self.watched(Program::new(f));
        let exploration = self.exploration(&environment);
        let nth = survive::next_check();
        let _guard = self.guarded(nth, &environment, &exploration, &|_| program.clone());
        self.replay_saved(&environment, &|_| program.clone());
        if let Some(shard) = self.in_shard(&environment, nth) {
            return self.run_part(&shard, &exploration, &program);
        }
        let report = or_panic(exploration.run(&program, |_| ()));
        match report.verdict {
            Verdict::Failed(found) => {
                self.fail(&environment, &report.strategy, report.executions, found.trace, &program)
            }
            Verdict::Verified | Verdict::Exhausted | Verdict::Passed => {
                self.tell(&report);
                report
            }
        }
    }

    /// The program, watched by this check's own monitors.
    pub(crate) fn watched(&self, program: Program) -> Program {
        Program { monitors: self.monitors.clone(), again: again(), ..program }
    }

    /// Says what the verdict of a check that has not failed rests on.
    pub(crate) fn tell(&self, report: &Report) {
        eprintln!("bohrbug: `{}` {}", self.name, report.basis());
    }

    /// What is explored: by the settings of this check, then by the environment, then as usual.
    #[track_caller]
    pub(crate) fn exploration(&self, environment: &Environment) -> Exploration {
        let budget = Budget {
            executions: self.budget.executions.or(environment.executions),
            time: self.budget.time.or(environment.time),
            ..self.budget
        };
        let bounded = budget.executions.is_some() || budget.time.is_none();
        let executions = budget.executions.unwrap_or(EXECUTIONS);
        let asked = || environment.strategy.as_ref().map(StrategyChoice::from);
        let strategy = self.strategy.clone().or_else(asked).unwrap_or_else(|| StrategyChoice::from(STRATEGY));
        let asked = self.memory.as_ref().map(|name| or_panic(memory_model(name)));
        let memory = asked.or(environment.memory).unwrap_or_default();
        let carrier = self.carrier.or(environment.carrier).unwrap_or_default();
        Exploration {
            seed: self.seed.or(environment.seed).unwrap_or(0),
            budget: Budget { executions: bounded.then_some(executions.max(1)), ..budget },
            config: Config { memory, carrier, ..self.config.clone() },
            off: self.off.clone(),
            on: self.on.clone(),
            jobs: self.jobs,
            loop_time: self.loop_time.or(environment.loop_time).unwrap_or(survive::LOOP_TIME),
            ..Exploration::new(self.name.clone(), strategy)
        }
    }

    /// Where traces are saved and looked for.
    fn directory(&self, environment: &Environment) -> PathBuf {
        self.traces.clone().or_else(|| environment.traces.clone()).unwrap_or_else(|| PathBuf::from("traces"))
    }

    /// Ends the check with the report of a failure that was found after so many executions.
    #[track_caller]
    pub(crate) fn fail(
        &self,
        environment: &Environment,
        strategy: &str,
        executions: u64,
        trace: Trace,
        program: &Program,
    ) -> ! {
        let headline = format!("`{}` failed at execution {executions} under {strategy}", self.name);
        self.fail_with(environment, &headline, trace, program)
    }

    /// Ends the check with the report of a failure whose trace this is: minimised, and saved.
    #[track_caller]
    fn fail_with(&self, environment: &Environment, headline: &str, trace: Trace, program: &Program) -> ! {
        let (trace, kept) = self.diagnosed(environment, trace, program);
        panic!("{}", report::failure(headline, &trace, &kept, command));
    }

    /// Saves the trace where that is of use.
    #[track_caller]
    fn keep(&self, environment: &Environment, trace: &Trace) -> Kept {
        if trace.header.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Nondeterminism) {
            return Kept::Unwanted("a nondeterministic program cannot be replayed");
        }
        let is_asked_for = environment.traces.is_some();
        if environment.ci && !is_asked_for {
            return Kept::Unwanted("the variable CI is set; BOHRBUG_TRACES says where to save it all the same");
        }
        if !is_asked_for && self.traces.is_none() && expected::should_panic(Location::caller(), test().as_deref()) {
            return Kept::Unwanted("the test is expected to panic; BOHRBUG_TRACES says where to save it all the same");
        }
        match trace.save_into(self.directory(environment)) {
            Ok(saved) => Kept::Saved(saved),
            Err(error) => Kept::Lost(error),
        }
    }
}

/// What was asked for; an error ends the check. Not by a closure, since the panic is to be reported where the check was called.
#[track_caller]
pub(crate) fn or_panic<T>(result: Result<T, impl fmt::Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// The command that replays the trace at that path: in the test that runs now, whatever its checks are called.
fn command(path: &str) -> String {
    replay_in_test(path, test().as_deref())
}

/// How another process comes to the check that runs now.
fn again() -> Option<Again> {
    match test() {
        Some(test) => Again::test(&test),
        None => Again::this_program(),
    }
}

/// The test that runs now, if one does: the test runner names each test's thread after the test.
fn test() -> Option<String> {
    let thread = std::thread::current();
    thread.name().filter(|name| *name != "main").map(str::to_owned)
}

impl Default for Check {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
