//! Random programs that panic, catch it, and lock, notify and join in destructors: brute force, `dpor` and OS threads agree.
//!
//! `cargo test` compares 300 programs. For a longer run:
//!
//! ```text
//! BOHRBUG_TEST_PANICKING=4000 cargo test --release -p bohrbug --test panicking -- --nocapture
//! ```

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::panicking;

use bohrbug::{Budget, Carrier, Exploration, Program, Report, Verdict};
use bohrbug_sync::{Arc, Condvar, Mutex, label, thread};

/// The variable that asks for more programs.
const PROGRAMS: &str = "BOHRBUG_TEST_PANICKING";

/// A program with more executions by brute force is not compared.
const MANY: u64 = 3_000;

/// Brute force on OS threads is for the smallest programs.
const FEW: u64 = 6;

/// What a task does.
#[derive(Clone, Debug)]
enum Step {
    /// Adds to one of the numbers.
    Add(usize),
    /// Does something with the lock of one of the numbers held.
    Hold(usize, Vec<Step>),
    /// Catches what panics in there.
    Catch(Vec<Step>),
    Panic,
    /// Does something, and then, in a destructor, its duty.
    Guard(Duty, Vec<Step>),
    Notify,
    /// Waits until the first number is not zero.
    Wait,
}

/// What a destructor does.
#[derive(Clone, Copy, Debug)]
enum Duty {
    Add(usize),
    Notify,
    /// Joins a child, if there is one left.
    Join,
}

#[derive(Clone, Debug)]
struct Tasks {
    main: Vec<Step>,
    child: Vec<Step>,
}

/// Knuth's generator: the same programs on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// One of the numbers, and not the one whose lock is held, which would be a deadlock with itself.
    fn number(&mut self, held: Option<usize>) -> usize {
        let drawn = self.below(2);
        held.map_or(drawn, |held| 1 - held)
    }

    fn duty(&mut self, held: Option<usize>) -> Duty {
        match self.below(5) {
            0..3 => Duty::Add(self.number(held)),
            3 => Duty::Notify,
            _ => Duty::Join,
        }
    }

    /// At most so many steps, those inside of others counted.
    fn steps(&mut self, room: &mut usize, held: Option<usize>) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..1 + self.below(3) {
            if *room == 0 {
                break;
            }
            *room -= 1;
            steps.push(self.step(room, held));
        }
        steps
    }

    fn step(&mut self, room: &mut usize, held: Option<usize>) -> Step {
        match self.below(12) {
            0..3 => Step::Add(self.number(held)),
            3 if held.is_none() => {
                let number = self.below(2);
                Step::Hold(number, self.steps(room, Some(number)))
            }
            3..8 => {
                let mut steps = self.steps(room, held);
                steps.push(Step::Panic);
                Step::Catch(vec![Step::Guard(self.duty(held), steps)])
            }
            8 => Step::Guard(self.duty(held), self.steps(room, held)),
            9 => Step::Panic,
            10 if held.is_none() => Step::Wait,
            _ => Step::Notify,
        }
    }
}

fn tasks(seed: u64) -> Tasks {
    let mut numbers = Numbers(seed);
    numbers.below(2);
    Tasks { main: numbers.steps(&mut 4, None), child: numbers.steps(&mut 3, None) }
}

/// What the tasks share.
#[derive(Clone)]
struct Shared {
    numbers: Arc<[Mutex<u32>; 2]>,
    changed: Arc<Condvar>,
}

/// What a task knows, and what it has seen.
struct Task {
    shared: Shared,
    child: RefCell<Option<thread::JoinHandle<String>>>,
    seen: RefCell<String>,
}

/// Does its duty when it is dropped.
struct Guard<'a>(&'a Task, Duty);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        match self.1 {
            Duty::Add(number) => self.0.add(number),
            Duty::Notify => self.0.shared.changed.notify_one(),
            Duty::Join => self.0.join(),
        }
    }
}

impl Task {
    fn note(&self, what: std::fmt::Arguments<'_>) {
        let unwinds = if panicking() { "!" } else { "" };
        let _ = write!(self.seen.borrow_mut(), "{what}{unwinds} ");
    }

    fn add(&self, number: usize) {
        let lock = self.shared.numbers[number].lock();
        let poison = if lock.is_err() { "p" } else { "" };
        let mut guard = lock.unwrap_or_else(|poisoned| poisoned.into_inner());
        *guard += 1;
        self.note(format_args!("{number}={}{poison}", *guard));
    }

    fn join(&self) {
        let child = self.child.take();
        if let Some(child) = child {
            let seen = child.join().unwrap_or_else(|_| "panicked".to_owned());
            self.note(format_args!("[{}]", seen.trim_end()));
        }
    }

    fn wait(&self) {
        let lock = self.shared.numbers[0].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let waited = self.shared.changed.wait_while(lock, |number| *number == 0);
        let guard = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        self.note(format_args!("waited={}", *guard));
    }

    fn perform(&self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Add(number) => self.add(*number),
                Step::Hold(number, steps) => {
                    let _held = self.shared.numbers[*number].lock();
                    self.perform(steps);
                }
                Step::Catch(steps) => self.catch(steps),
                Step::Panic => panic!("on purpose"),
                Step::Guard(duty, steps) => {
                    let _guard = Guard(self, *duty);
                    self.perform(steps);
                }
                Step::Notify => self.shared.changed.notify_one(),
                Step::Wait => self.wait(),
            }
        }
    }

    fn catch(&self, steps: &[Step]) {
        let caught = catch_unwind(AssertUnwindSafe(|| self.perform(steps))).is_err();
        self.note(format_args!("{}", if caught { "caught" } else { "through" }));
    }

    fn run(self, steps: &[Step]) -> String {
        self.catch(steps);
        self.join();
        self.seen.into_inner()
    }
}

fn run(tasks: &Tasks) -> String {
    let shared = Shared { numbers: Arc::default(), changed: Arc::default() };
    // Names that do not depend on which is used first.
    label(&shared.numbers[0], "first");
    label(&shared.numbers[1], "second");
    label(&*shared.changed, "changed");
    let child = thread::spawn({
        let task = Task { shared: shared.clone(), child: RefCell::default(), seen: RefCell::default() };
        let steps = tasks.child.clone();
        move || task.run(&steps)
    });
    let task = Task { shared, child: RefCell::new(Some(child)), seen: RefCell::default() };
    task.run(&tasks.main)
}

/// What a search has found.
struct Found {
    outcomes: BTreeSet<String>,
    report: Report,
    executions: u64,
}

fn explore(tasks: &Tasks, strategy: &str, carrier: Carrier) -> Found {
    let outcomes = Arc::new(StdMutex::new(BTreeSet::new()));
    let outcome = Arc::new(StdMutex::new(None));
    let executions = Arc::new(AtomicU64::new(0));
    let program = Program::new({
        let (tasks, outcome) = (tasks.clone(), outcome.clone());
        move || *outcome.lock().unwrap() = Some(run(&tasks))
    });
    let seen = {
        let (outcomes, executions) = (outcomes.clone(), executions.clone());
        move |failure: Option<&bohrbug::Failure>| {
            executions.fetch_add(1, Relaxed);
            // Whoever catches panics may come to an end in an execution that is over, too.
            let ended = outcome.lock().unwrap().take();
            let failed = failure.map(|failure| format!("{}: {}", failure.kind, failure.message));
            outcomes.lock().unwrap().insert(failed.or(ended).expect("an end"));
            ControlFlow::Continue(())
        }
    };
    let exploration = Exploration::new("panicking", strategy).carrier(carrier).figures(false);
    let report = exploration.budget(Budget::default().executions(MANY)).explore(&program, seen).unwrap();
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    Found { outcomes, report, executions: executions.load(Relaxed) }
}

/// Whether both saw the same, and failed first in the same execution.
fn agree(seed: u64, tasks: &Tasks, expected: &Found, found: &Found) {
    assert_eq!(found.outcomes, expected.outcomes, "program {seed}: {tasks:#?}");
    assert_eq!(found.executions, expected.executions, "program {seed}: {tasks:#?}");
    let events = |found: &Found| found.report.trace().map(|trace| trace.events.clone());
    assert_eq!(events(found), events(expected), "program {seed}: {tasks:#?}");
    let verdict = |found: &Found| (found.report.verdict.name(), found.report.doubts.clone());
    assert_eq!(verdict(found), verdict(expected), "program {seed}: {tasks:#?}");
}

#[test]
fn random_programs_that_panic_have_the_same_outcomes_by_brute_force_and_on_os_threads() {
    let programs = std::env::var(PROGRAMS).ok().map_or(300, |programs| programs.parse().expect("a number of programs"));
    let (mut compared, mut on_threads, mut outcomes, mut unwound, mut failed) = (0, 0, 0, 0, 0);
    for seed in 0..programs {
        let tasks = tasks(seed);
        let all = explore(&tasks, "dfs", Carrier::Coroutines);
        if !all.report.is_complete {
            continue;
        }
        let reduced = explore(&tasks, "dpor", Carrier::Coroutines);
        assert_eq!(reduced.outcomes, all.outcomes, "program {seed}, dpor and brute force: {tasks:#?}");
        agree(seed, &tasks, &reduced, &explore(&tasks, "dpor", Carrier::Threads));
        if all.executions <= FEW {
            agree(seed, &tasks, &all, &explore(&tasks, "dfs", Carrier::Threads));
            on_threads += 1;
        }
        compared += 1;
        outcomes += all.outcomes.len();
        unwound += u64::from(all.outcomes.iter().any(|outcome| outcome.contains('!')));
        failed += u64::from(matches!(all.report.verdict, Verdict::Failed(_)));
    }
    println!(
        "{compared} of {programs} programs with {outcomes} outcomes, {unwound} of them with locks taken while unwinding, \
         {failed} with failures; {on_threads} by brute force on OS threads, too"
    );
    assert!(compared * 2 >= programs, "most are too large for brute force: {compared} of {programs}");
    assert!(unwound * 3 >= compared && failed * 50 >= compared && failed * 2 <= compared, "the programs are too tame");
    assert!(on_threads * 20 >= compared, "too few are small enough for brute force on OS threads: {on_threads}");
}
