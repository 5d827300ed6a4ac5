//! Code without locks, and code that spins: proved in a known number of executions, and its wrong variants fail.
//!
//! `3x1` is three threads that each do it once. The table is printed by
//!
//! ```text
//! cargo test -p bohrbug --test lock_free -- --nocapture
//! ```

mod queues;
mod spinning;

use bohrbug::{Budget, Exception, Exploration, FailureKind, Program, Report, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, thread};

/// A program: threads, and how often each does it.
type Body = fn(usize, usize);

struct Case {
    name: &'static str,
    body: Body,
    /// Threads, times, and executions.
    sizes: &'static [(usize, usize, u64)],
    /// What is wrong, and the smallest size at which it shows.
    wrong: &'static [(&'static str, Body, (usize, usize))],
}

/// So many threads of one body, each told its number, and then joined.
fn together<T: Send + Sync + 'static>(
    count: usize,
    shared: T,
    body: impl Fn(&T, usize) + Send + Copy + 'static,
) -> Arc<T> {
    let shared = Arc::new(shared);
    let spawn = |number| {
        let shared = shared.clone();
        thread::spawn(move || body(&shared, number))
    };
    let threads: Vec<_> = (0..count).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared
}

fn word() -> AtomicU32 {
    AtomicU32::new(0)
}

/// What a lock protects: without one, additions are lost.
#[derive(Default)]
struct Counter(AtomicU32);

impl Counter {
    fn add(&self) {
        self.0.store(self.0.load(SeqCst) + 1, SeqCst);
    }
}

fn explore(name: &str, body: Body, threads: usize, times: usize) -> Report {
    explore_within(100_000, name, move || body(threads, times))
}

/// Explores with that step bound; a loop is taken to wait after an eighth of it.
fn explore_within(step_bound: u32, name: &str, body: impl Fn() + Send + Sync + 'static) -> Report {
    let mut exploration = Exploration::new(name, "dpor").budget(Budget::default().executions(200_000));
    exploration.config.step_bound = step_bound;
    exploration.run(&Program::new(body), |_| ()).unwrap()
}

/// What is not as it should be, in a line each.
fn check(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for &(threads, times, executions) in case.sizes {
        let report = explore(case.name, case.body, threads, times);
        let line = format!("{} {threads}x{times}: {}", case.name, report.basis());
        println!("{line} in {:.0?}", report.elapsed);
        if (&report.verdict, report.cut_off, report.executions) != (&Verdict::Verified, 0, executions) {
            wrong.push(line);
        }
    }
    for &(what, body, (threads, times)) in case.wrong {
        let line = format!("{}, {what}: {}", case.name, explore(what, body, threads, times).basis());
        println!("{line}");
        if !line.contains("failed") {
            wrong.push(line);
        }
    }
    wrong
}

#[test]
fn spin_locks_and_seqlocks_are_proved() {
    let wrong: Vec<String> = spinning::CASES.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn stacks_and_queues_are_proved() {
    let wrong: Vec<String> = queues::CASES.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_loop_that_waits_for_good_is_a_livelock() {
    let report = explore_within(8_000, "nobody sets them", || {
        together(2, [word(), word()], |words, number| while words[number].load(SeqCst) == 0 {});
    });
    let failure = report.failure().unwrap_or_else(|| panic!("{}", report.basis()));
    assert!(matches!(failure.kind, FailureKind::Livelock | FailureKind::StepBound), "{failure}");
}

#[test]
fn a_loop_that_counts_is_not_taken_to_wait_once_it_has_come_to_its_end() {
    // It goes on for longer than is looked.
    let report = explore_within(800, "counts", || {
        together(2, word(), |word, number| match number {
            0 => assert_ne!((0..150).find(|_| word.load(SeqCst) == 2), Some(0)),
            _ => word.store(1, SeqCst),
        });
    });
    // The store comes before or after each of the loads; two executions before had shown what the loop does.
    assert!(report.is_complete && report.cut == 0, "{}", report.basis());
    assert!((151..160).contains(&report.executions), "{}", report.basis());
}

#[test]
fn a_loop_that_counts_and_is_short_is_run_to_its_end() {
    let body: Body = |_, _| {
        together(2, word(), |word, number| match number {
            0 => assert!((0..12).any(|_| word.load(SeqCst) == 1), "gave up"),
            _ => word.store(1, SeqCst),
        });
    };
    let report = explore("gives up", body, 2, 1);
    assert!(report.verdict.is_failed(), "{}", report.basis());
}

#[test]
fn what_is_assumed_of_loops_is_said() {
    let waits: Body = |_, _| {
        together(2, word(), |word, number| match number {
            0 => while word.load(SeqCst) == 0 {},
            _ => word.store(1, SeqCst),
        });
    };
    let report = explore("waits", waits, 2, 1);
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.excepted.contains(&Exception::Loops), "{}", report.basis());
}
