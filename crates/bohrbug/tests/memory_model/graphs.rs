//! `dpor` under RC11 beyond straight lines: loops that wait, what it leaves to `dfs`, threads that threads spawn, choices.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bohrbug::{Exception, Exploration, FailureKind, MemoryModel, Program, Report, Verdict};
use bohrbug_sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use bohrbug_sync::atomic::{AtomicBool, AtomicU32};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::{Arc as Shared, hint, mpsc, thread};

fn explore(strategy: &str, program: &Program) -> Report {
    let mut exploration = Exploration::new("a program", strategy);
    exploration.config.memory = MemoryModel::Rc11;
    exploration.budget.executions = Some(200_000);
    exploration.run(program, |_| ()).unwrap()
}

/// What a program returns under a strategy that verifies it, and in how many executions.
fn returned<T: Ord + Send + 'static>(
    strategy: &str,
    body: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, u64) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let program = {
        let seen = seen.clone();
        Program::new(move || _ = seen.lock().unwrap().insert(body()))
    };
    let report = explore(strategy, &program);
    assert_eq!(report.verdict, Verdict::Verified, "{strategy}: {}", report.basis());
    drop(program);
    (Arc::into_inner(seen).unwrap().into_inner().unwrap(), report.executions)
}

fn outcomes<T: Ord + Send + 'static>(strategy: &str, body: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    returned(strategy, body).0
}

/// Waits for a flag with that order, and reads what was written before it was raised.
fn wait_for(order: bohrbug_sync::atomic::Ordering) -> u32 {
    let shared = Shared::new((AtomicU32::new(0), AtomicBool::new(false)));
    let other = {
        let shared = shared.clone();
        thread::spawn(move || {
            shared.0.store(1, Relaxed);
            shared.1.store(true, Release);
        })
    };
    while !shared.1.load(order) {
        hint::spin_loop();
    }
    let read = shared.0.load(Relaxed);
    other.join().unwrap();
    read
}

#[test]
fn a_loop_that_waits_is_gone_through_once() {
    assert_eq!(outcomes("dpor", || wait_for(Acquire)), BTreeSet::from([1]));
    assert_eq!(outcomes("dpor", || wait_for(Relaxed)), BTreeSet::from([0, 1]));
    let report = explore("dpor", &Program::new(|| _ = wait_for(Acquire)));
    assert!(report.excepted.contains(&Exception::Loops), "{}", report.basis());
}

/// Two threads count in a critical section that a word guards; what the counter comes to.
fn count_under_a_spin_lock(release: bohrbug_sync::atomic::Ordering) -> u32 {
    let shared = Shared::new((AtomicBool::new(false), AtomicU32::new(0)));
    let count = move |shared: &(AtomicBool, AtomicU32)| {
        while shared.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
            hint::spin_loop();
        }
        let old = shared.1.load(Relaxed);
        shared.1.store(old + 1, Relaxed);
        shared.0.store(false, release);
    };
    let other = {
        let shared = shared.clone();
        thread::spawn(move || count(&shared))
    };
    count(&shared);
    other.join().unwrap();
    shared.1.load(Relaxed)
}

#[test]
fn a_spin_lock_excludes_if_it_releases() {
    let (seen, executions) = returned("dpor", || count_under_a_spin_lock(Release));
    assert_eq!(seen, BTreeSet::from([2]));
    // Each order of the two, and what it takes to see that the loops wait.
    assert!(executions < 60, "{executions}");
    assert_eq!(outcomes("dpor", || count_under_a_spin_lock(Relaxed)), BTreeSet::from([1, 2]));
}

#[test]
fn a_loop_that_nobody_ends_is_a_livelock() {
    let program = Program::new(|| {
        let flag = Shared::new(AtomicBool::new(false));
        let other = {
            let flag = flag.clone();
            thread::spawn(move || {
                while !flag.load(Acquire) {
                    hint::spin_loop();
                }
            })
        };
        other.join().unwrap();
    });
    let report = explore("dpor", &program);
    assert_eq!(report.failure().map(|failure| failure.kind), Some(FailureKind::Livelock), "{}", report.basis());
}

#[test]
fn a_loop_that_gives_up_is_tried_to_its_end() {
    let tries = || {
        let flag = Shared::new(AtomicBool::new(false));
        let other = {
            let flag = flag.clone();
            thread::spawn(move || flag.store(true, Release))
        };
        let tries = (0..3).find(|_| flag.load(Acquire));
        other.join().unwrap();
        tries
    };
    assert_eq!(returned("dpor", tries), (BTreeSet::from([None, Some(0), Some(1), Some(2)]), 4));
}

#[test]
fn threads_may_spawn_threads() {
    let tree = || {
        let word = Shared::new(AtomicU32::new(0));
        let branch = |word: &Shared<AtomicU32>, more: u32| {
            let word = word.clone();
            thread::spawn(move || {
                let leaf = thread::spawn({
                    let word = word.clone();
                    move || word.fetch_add(more, AcqRel)
                });
                let own = word.fetch_add(more * 10, AcqRel);
                (own, leaf.join().unwrap())
            })
        };
        let branches = [branch(&word, 1), branch(&word, 2)];
        branches.map(|branch| branch.join().unwrap())
    };
    // Four additions in every order.
    let (dpor, executions) = returned("dpor", tree);
    assert_eq!((dpor.len(), executions), (24, 24));
    assert_eq!(dpor, outcomes("dfs", tree));
}

#[test]
fn scopes_and_choices_are_covered() {
    let chosen = || {
        let word = AtomicU32::new(0);
        let first = thread::scope(|scope| {
            let other = scope.spawn(|| word.store(1 + bohrbug_sync::choice::choose(3) as u32, Release));
            let read = word.load(Acquire) + 10 * bohrbug_sync::choice::choose(2) as u32;
            other.join().unwrap();
            read
        });
        (first, word.load(Relaxed))
    };
    let (dpor, executions) = returned("dpor", chosen);
    // Read before or after, times three values, times two numbers.
    assert_eq!((dpor.len(), executions), (12, 12));
    assert_eq!(dpor, outcomes("dfs", chosen));
}

#[test]
fn what_is_not_covered_is_left_to_dfs() {
    let channel = || {
        let flag = Shared::new(AtomicU32::new(0));
        let (sender, receiver) = mpsc::channel();
        let other = {
            let flag = flag.clone();
            thread::spawn(move || {
                flag.store(1, Relaxed);
                sender.send(()).unwrap();
                flag.store(2, Relaxed);
            })
        };
        receiver.recv().unwrap();
        let read = flag.load(Relaxed);
        other.join().unwrap();
        read
    };
    assert_eq!(outcomes("dpor", channel), BTreeSet::from([1, 2]));
    assert_eq!(outcomes("dfs", channel), BTreeSet::from([1, 2]));
    let report = explore("dpor", &Program::new(move || _ = channel()));
    assert!(report.basis().contains("dfs ran instead of dpor, which does not cover "), "{}", report.basis());
}

/// A cell that threads share.
struct Common(UnsafeCell<u32>);

// SAFETY: nothing is read or written.
unsafe impl Sync for Common {}

#[test]
fn a_cell_is_covered_where_its_accesses_are_ordered_or_a_race() {
    let program = |order| {
        Program::new(move || {
            let shared = Shared::new((Common(UnsafeCell::new(0)), AtomicBool::new(false)));
            let other = {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.0.0.with_mut(|_| ());
                    shared.1.store(true, order);
                })
            };
            if shared.1.load(Acquire) {
                shared.0.0.with(|_| ());
            }
            other.join().unwrap();
        })
    };
    let holds = explore("dpor", &program(Release));
    assert_eq!((holds.verdict, holds.executions, holds.uncovered), (Verdict::Verified, 2, None));
    let races = explore("dpor", &program(Relaxed));
    assert_eq!(races.failure().map(|failure| failure.kind), Some(FailureKind::DataRace), "{}", races.basis());
}
