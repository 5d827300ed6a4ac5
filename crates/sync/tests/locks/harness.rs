//! Runs one program under every runtime and gathers what came of it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use bohrbug_events::TaskId;
use bohrbug_sync::control::{Carrier, Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Schedule, Scheduler, Task};

/// What came of a program's executions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What the program returned, of the executions in which it did.
    pub(crate) outcomes: BTreeSet<String>,
    /// The incidents, by kind.
    pub(crate) incidents: BTreeSet<&'static str>,
    pub(crate) executions: usize,
}

/// A program and how it is to be run.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) config: Config,
    /// Whether a panic ends the execution.
    pub(crate) stops_at_panics: bool,
    pub(crate) run: Arc<dyn Fn() -> String + Send + Sync>,
    /// After how many executions an exhaustive search ends, exhaustive or not.
    pub(crate) many: usize,
    /// Whether it is small enough for loom.
    pub(crate) for_loom: bool,
}

impl Program {
    pub(crate) fn new(run: impl Fn() -> String + Send + Sync + 'static) -> Self {
        let run = Arc::new(run);
        Self { config: Config::default(), stops_at_panics: true, run, many: 10_000, for_loom: true }
    }

    /// What every runtime finds when it looks everywhere, which must be one and the same; and what the random ones find,
    /// which must be part of that.
    #[track_caller]
    pub(crate) fn expect(&self, outcomes: &[&str], incidents: &[&'static str]) {
        let outcomes: BTreeSet<String> = outcomes.iter().map(ToString::to_string).collect();
        let incidents: BTreeSet<&'static str> = incidents.iter().copied().collect();
        self.draw(&outcomes, &incidents);
        self.compare(&outcomes, &incidents);
        if self.for_loom && !only_os_threads() {
            let seen = self.loom();
            assert!(seen.executions < self.many, "too many executions on loom");
            assert_eq!(seen.outcomes, outcomes, "on loom, after {} executions", seen.executions);
            assert_eq!(seen.incidents, incidents, "on loom, after {} executions", seen.executions);
        }
    }

    /// As [`Self::expect`], where loom's search is known to miss some.
    #[track_caller]
    pub(crate) fn expect_loom_part(&self, outcomes: &[&str], incidents: &[&'static str]) {
        let outcomes: BTreeSet<String> = outcomes.iter().map(ToString::to_string).collect();
        let incidents: BTreeSet<&'static str> = incidents.iter().copied().collect();
        self.draw(&outcomes, &incidents);
        self.compare(&outcomes, &incidents);
        if only_os_threads() {
            return;
        }
        let seen = self.loom();
        assert!(!seen.outcomes.is_empty() && seen.outcomes.is_subset(&outcomes), "on loom: {:?}", seen.outcomes);
        assert!(seen.incidents.is_subset(&incidents), "on loom: {:?}", seen.incidents);
    }

    #[track_caller]
    fn compare(&self, outcomes: &BTreeSet<String>, incidents: &BTreeSet<&'static str>) {
        if only_os_threads() {
            return;
        }
        let complete = [("native", self.native(None)), ("shuttle", self.shuttle(None))];
        for (runtime, seen) in complete {
            assert!(seen.executions < self.many, "too many executions on {runtime}");
            assert_eq!(&seen.outcomes, outcomes, "on {runtime}, after {} executions", seen.executions);
            assert_eq!(&seen.incidents, incidents, "on {runtime}, after {} executions", seen.executions);
        }
    }

    /// What random searches find, which must be part of what there is.
    #[track_caller]
    fn draw(&self, outcomes: &BTreeSet<String>, incidents: &BTreeSet<&'static str>) {
        let mut drawn = vec![("OS threads", self.on_os_threads().native(Some(100)))];
        if !only_os_threads() {
            drawn.push(("native", self.native(Some(200))));
            drawn.push(("shuttle", self.shuttle(Some(200))));
        }
        for (runtime, seen) in drawn {
            assert!(seen.outcomes.is_subset(outcomes), "{runtime} at random found {:?}", seen.outcomes);
            assert!(seen.incidents.is_subset(incidents), "{runtime} at random found {:?}", seen.incidents);
        }
    }

    /// The same, with tasks that are OS threads on native.
    pub(crate) fn on_os_threads(&self) -> Self {
        let mut program = self.clone();
        program.config.carrier = Carrier::Threads;
        program
    }

    /// All schedules, or that many random ones, on native.
    pub(crate) fn native(&self, random: Option<usize>) -> Seen {
        let mut session = Session::new(self, Runtime::Native);
        session.watch.borrow_mut().random = random.map(|_| 0x1234_5678);
        let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
        let run = self.run.clone();
        let f = || {
            let outcome = run();
            outcomes.lock().unwrap().insert(outcome);
        };
        loop {
            session.watch.borrow_mut().depth = 0;
            let mut driver = Watching(session.watch.clone());
            match self.config.carrier {
                Carrier::Coroutines => session.execution.run(&mut driver, &f),
                Carrier::Threads => session.execution.run_on_os_threads(&mut driver, &f),
            }
            session.seen.executions += 1;
            assert_eq!(session.execution.unfinished_tasks(), 0, "a task did not end");
            let enough = random.map_or(session.seen.executions >= self.many, |n| session.seen.executions >= n);
            if enough || random.is_none() && !session.watch.borrow_mut().next_path() {
                break;
            }
        }
        session.finish(&outcomes)
    }

    /// All schedules, or that many random ones, on shuttle.
    pub(crate) fn shuttle(&self, random: Option<usize>) -> Seen {
        let scheduler: Box<dyn Scheduler + Send> = match random {
            Some(executions) => Box::new(RandomScheduler::new_from_seed(7, executions)),
            None => Box::new(DfsScheduler::new(Some(self.many), false)),
        };
        self.foreign(Runtime::Shuttle, |f| {
            let mut config = shuttle::Config::new();
            config.stack_size = 0x20000;
            config.failure_persistence = shuttle::FailurePersistence::None;
            shuttle::Runner::new(Staying(scheduler), config).run(f);
        })
    }

    /// loom's search.
    pub(crate) fn loom(&self) -> Seen {
        self.loom_at_most(self.many)
    }

    /// loom's search, which ends after about that many executions.
    pub(crate) fn loom_at_most(&self, executions: usize) -> Seen {
        self.foreign(Runtime::Loom, move |f| {
            let mut builder = loom::model::Builder::new();
            builder.max_branches = 20_000;
            builder.checkpoint_interval = 100;
            builder.max_permutations = Some(executions);
            builder.check(f);
        })
    }

    fn foreign(&self, runtime: Runtime, run: impl FnOnce(Box<dyn Fn() + Send + Sync>)) -> Seen {
        let mut session = Session::new(self, runtime);
        let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
        let place = Place(&raw mut session);
        let program = self.run.clone();
        let found = outcomes.clone();
        run(Box::new(move || {
            // SAFETY: the session outlives the run, which happens on this thread.
            let session = unsafe { &mut *place.get() };
            session.end();
            session.seen.executions += 1;
            session.begun = true;
            session.execution.begin();
            Execution::main(&|| {
                let outcome = program();
                found.lock().unwrap().insert(outcome);
            });
        }));
        session.end();
        session.finish(&outcomes)
    }
}

/// Whether only what runs on OS threads is to be run: coroutines are not for valgrind.
pub(crate) fn only_os_threads() -> bool {
    std::env::var_os("BOHRBUG_TEST_OS_THREADS").is_some()
}

struct Session {
    execution: Box<Execution>,
    watch: Rc<RefCell<Watch>>,
    seen: Seen,
    begun: bool,
}

impl Session {
    fn new(program: &Program, runtime: Runtime) -> Self {
        let watch = Watch { stops_at_panics: program.stops_at_panics, ..Watch::default() };
        let watch = Rc::new(RefCell::new(watch));
        let mut execution = Execution::new(runtime, program.config.clone());
        execution.own(Box::new(Watching(watch.clone())));
        Self { execution, watch, seen: Seen::default(), begun: false }
    }

    fn end(&mut self) {
        if self.begun {
            self.execution.end();
            assert_eq!(self.execution.unfinished_tasks(), 0, "a task did not end");
            self.begun = false;
        }
    }

    fn finish(self, outcomes: &Mutex<BTreeSet<String>>) -> Seen {
        let mut seen = self.seen;
        seen.outcomes.clone_from(&outcomes.lock().unwrap());
        seen.incidents.clone_from(&self.watch.borrow().incidents);
        seen
    }
}

struct Place(*mut Session);

// SAFETY: it is used on one thread.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

impl Place {
    fn get(&self) -> *mut Session {
        self.0
    }
}

/// Chooses, and notes the incidents.
#[derive(Default)]
struct Watch {
    stops_at_panics: bool,
    incidents: BTreeSet<&'static str>,
    /// The state of a generator, if choices are random.
    random: Option<u64>,
    /// The choices of the execution, each with the number of alternatives.
    path: Vec<(usize, usize)>,
    depth: usize,
}

impl Watch {
    fn decide(&mut self, alternatives: usize) -> usize {
        if let Some(state) = &mut self.random {
            // SplitMix64.
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            return ((z ^ (z >> 31)) % alternatives as u64) as usize;
        }
        if self.depth == self.path.len() {
            self.path.push((0, alternatives));
        }
        let (chosen, known) = self.path[self.depth];
        assert_eq!(known, alternatives, "the program behaves differently under the same schedule");
        self.depth += 1;
        chosen
    }

    /// The next path to go; whether there is one.
    fn next_path(&mut self) -> bool {
        self.path.truncate(self.depth);
        while let Some((chosen, alternatives)) = self.path.pop() {
            if chosen + 1 < alternatives {
                self.path.push((chosen + 1, alternatives));
                return true;
            }
        }
        false
    }
}

/// A driver that can be looked at while an execution owns it.
struct Watching(Rc<RefCell<Watch>>);

// SAFETY: who has the other count waits while an execution is under way, and one thread runs at a time.
unsafe impl Send for Watching {}

impl Driver for Watching {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        let ready = view.ready();
        Some(ready.nth(self.0.borrow_mut().decide(ready.len())))
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.0.borrow_mut().decide(alternatives as usize) as u32
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {}

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        let (kind, stops) = match incident {
            Incident::Panic { .. } => ("panic", self.0.borrow().stops_at_panics),
            Incident::Deadlock { .. } => ("deadlock", true),
            Incident::StepBound { .. } => ("step bound", true),
            Incident::UseAfterFree { .. } => ("use after free", true),
            Incident::Runtime { message } => panic!("{message}"),
        };
        self.0.borrow_mut().incidents.insert(kind);
        if stops { Reaction::Stop } else { Reaction::GoOn }
    }
}

/// A shuttle scheduler that goes on with the current task where the execution asks for it.
struct Staying(Box<dyn Scheduler + Send>);

impl Scheduler for Staying {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<shuttle::scheduler::TaskId>,
        is_yielding: bool,
    ) -> Option<shuttle::scheduler::TaskId> {
        let stay = Execution::with_ambient(|view| view.take_stay()) == Some(true);
        if stay && let Some(current) = current.filter(|current| runnable.iter().any(|task| task.id() == *current)) {
            return Some(current);
        }
        self.0.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Program {
    /// As [`Self::expect`], for programs with too many schedules to go through all of them.
    #[track_caller]
    pub(crate) fn expect_at_random(&self, outcomes: &[&str], incidents: &[&'static str]) {
        let outcomes: BTreeSet<String> = outcomes.iter().map(ToString::to_string).collect();
        let incidents: BTreeSet<&'static str> = incidents.iter().copied().collect();
        if only_os_threads() {
            return self.draw(&outcomes, &incidents);
        }
        let mut all = vec![("native", self.native(Some(3000))), ("shuttle", self.shuttle(Some(3000)))];
        if self.for_loom {
            all.push(("loom", self.loom()));
        }
        for (runtime, seen) in all {
            assert_eq!(seen.outcomes, outcomes, "on {runtime}, after {} executions", seen.executions);
            assert_eq!(seen.incidents, incidents, "on {runtime}, after {} executions", seen.executions);
        }
    }
}
