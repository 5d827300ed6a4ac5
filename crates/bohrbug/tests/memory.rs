//! Resident memory is flat: executions, failing ones too, leave nothing behind.
//!
//! A short run is part of `cargo test`. The long one, a million executions on native and on shuttle and a hundred thousand
//! failing ones on each (loom gets the short run only), takes minutes in a release build:
//!
//! ```text
//! BOHRBUG_TEST_EXECUTIONS=1000000 cargo test --release -p bohrbug --test memory -- --nocapture
//! ```
//!
//! There is one test in this file, since others in the same process would use memory meanwhile. It needs Linux's `/proc`.
#![cfg(target_os = "linux")]

use std::ops::ControlFlow;
use std::sync::PoisonError;

use bohrbug::{Budget, Exploration, Program, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, mpsc, thread};

/// After so many executions everything that is kept for the next one is there: stacks, tables, the runtimes' pools.
const WARM: u64 = 1_000;

/// What may come on top. The allocator keeps freed memory in pieces whose number wavers by some dozen pages; a leak of 16
/// bytes an execution is more than this after 20,000 executions, one touched page of a stack after 80.
const TOLERANCE: u64 = 320 * 1024;

/// Resident memory in bytes.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has /proc/self/statm");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("the second number is the resident set") * PAGE
}

/// Something of everything, and it does not fail.
fn healthy() {
    static SHARED: LazyLock<Mutex<Vec<u32>>> = LazyLock::new(|| Mutex::new(Vec::new()));
    let (sender, receiver) = mpsc::sync_channel(1);
    let barrier = Arc::new(Barrier::new(2));
    let first = Arc::new(OnceLock::new());
    let workers = [1, 2].map(|n| {
        let (sender, barrier, first) = (sender.clone(), barrier.clone(), first.clone());
        let work = move || {
            SHARED.lock().unwrap().push(n);
            first.get_or_init(|| vec![n; 10]);
            barrier.wait();
            sender.send(n).unwrap();
        };
        thread::Builder::new().name(format!("worker {n}")).spawn(work).unwrap()
    });
    drop(sender);
    assert_eq!(receiver.iter().sum::<u32>(), 3);
    for worker in workers {
        worker.join().unwrap();
    }
    assert_eq!(SHARED.lock().unwrap().len(), 2);
    healthy_too();
}

/// The rest, in a scope.
fn healthy_too() {
    let (lock, once, word) = (RwLock::new(vec![0; 10]), Once::new(), AtomicU32::new(0));
    let (flag, told) = (Mutex::new(false), Condvar::new());
    let (sender, receiver) = mpsc::channel();
    let main = thread::current();
    thread::scope(|scope| {
        scope.spawn(|| {
            lock.write().unwrap().push(1);
            once.call_once(|| _ = word.fetch_add(1, SeqCst));
            *flag.lock().unwrap() = true;
            told.notify_all();
            sender.send(vec![1; 10]).unwrap();
            main.unpark();
        });
        assert!(lock.read().unwrap().len() >= 10);
        once.call_once(|| _ = word.fetch_add(1, SeqCst));
        drop(told.wait_while(flag.lock().unwrap(), |flag| !*flag).unwrap());
        thread::park();
    });
    assert_eq!((receiver.recv().unwrap().len(), word.load(SeqCst)), (10, 1));
}

/// A task that waits, with something on its stack, beside one that panics.
fn beside_a_panic(wait: impl FnOnce() + Send + 'static) {
    let waiting = thread::spawn(move || {
        let kept = vec![0_u8; 1000];
        wait();
        drop(kept);
    });
    let failing = thread::spawn(|| panic!("on purpose"));
    let _ = (waiting.join(), failing.join());
}

/// Programs that fail in every execution.
const FAILING: &[(&str, fn())] = &[
    ("a panic while a task waits for the lock", || {
        let lock = Arc::new(Mutex::new(vec![0; 100]));
        let guard = lock.lock().unwrap();
        let waiting = thread::spawn({
            let lock = lock.clone();
            move || _ = lock.lock().unwrap_or_else(PoisonError::into_inner).len()
        });
        thread::yield_now();
        assert!(guard.is_empty(), "on purpose");
        drop(guard);
        waiting.join().unwrap();
    }),
    ("a deadlock", || {
        let locks = Arc::new((Mutex::new(0), Mutex::new(0), Barrier::new(2)));
        let other = thread::spawn({
            let locks = locks.clone();
            move || {
                let _first = locks.0.lock();
                locks.2.wait();
                let _second = locks.1.lock();
            }
        });
        let _second = locks.1.lock();
        locks.2.wait();
        let _first = locks.0.lock();
        other.join().unwrap();
    }),
    ("a panic while a task waits on a condition variable", || {
        beside_a_panic(|| {
            let (mutex, condvar) = (Mutex::new(false), Condvar::new());
            drop(condvar.wait_while(mutex.lock().unwrap(), |ready| !*ready));
        });
    }),
    ("a panic while a task waits for a message", || {
        beside_a_panic(|| {
            let (_sender, receiver) = mpsc::channel::<Vec<u8>>();
            let _ = receiver.recv();
        });
    }),
    ("a panic while a task waits for room", || {
        beside_a_panic(|| {
            let (sender, _receiver) = mpsc::sync_channel(1);
            let _ = (sender.send(vec![1_u8; 100]), sender.send(vec![2]));
        });
    }),
    ("a panic while a task hands a message over", || {
        beside_a_panic(|| {
            let (sender, _receiver) = mpsc::sync_channel(0);
            let _ = sender.send(vec![1_u8; 100]);
        });
    }),
    ("a panic while a task waits at a barrier", || beside_a_panic(|| _ = Barrier::new(2).wait())),
    ("a panic while a task is parked", || beside_a_panic(thread::park)),
    ("a panic while a task waits to write", || {
        beside_a_panic(|| {
            let lock = RwLock::new(vec![0; 100]);
            thread::scope(|scope| {
                let guard = lock.read().unwrap();
                scope.spawn(|| drop(lock.write().unwrap()));
                thread::park();
                drop(guard);
            });
        });
    }),
    ("a panic while a task waits for an initialisation", || {
        beside_a_panic(|| {
            let cell = OnceLock::new();
            thread::scope(|scope| {
                scope.spawn(|| _ = cell.get_or_init(|| vec![0; 100]));
                cell.get_or_init(|| {
                    thread::park();
                    Vec::new()
                });
            });
        });
    }),
];

/// The executions of the long run, if that is wanted.
fn asked_for() -> Option<u64> {
    let text = std::env::var("BOHRBUG_TEST_EXECUTIONS").ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("BOHRBUG_TEST_EXECUTIONS is not a number: {text}")))
}

/// Measures what the executions after the first [`WARM`] leave behind.
struct Gauge {
    what: String,
    executions: u64,
    base: u64,
    /// How much more there was when last measured, and at most.
    now: u64,
    most: u64,
}

impl Gauge {
    fn new(what: String) -> Self {
        Self { what, executions: 0, base: 0, now: 0, most: 0 }
    }

    fn count(&mut self) {
        self.executions += 1;
        if self.executions == WARM {
            self.base = resident();
        } else if self.executions > WARM && self.executions.is_multiple_of(WARM) {
            self.now = resident().saturating_sub(self.base);
            self.most = self.most.max(self.now);
        }
    }

    fn is_flat(&self) {
        let Self { what, executions, base, now, most } = self;
        println!(
            "{what}: {executions} executions, {base} bytes after the first {WARM}, {now} more at the end, {most} at most"
        );
        assert!(*executions >= 2 * WARM, "{what}: too few executions to say anything");
        assert!(*now <= TOLERANCE, "{what}: {now} bytes more after {executions} executions than after {WARM}");
    }
}

fn exploration(strategy: &str, seed: u64, executions: u64) -> Exploration {
    let budget = Budget::default().executions(executions);
    Exploration::new("memory", strategy).seed(seed).budget(budget)
}

/// One long exploration of a program that does not fail.
fn one_long_exploration(strategy: &str, executions: u64) {
    let gauge = std::rc::Rc::new(std::cell::RefCell::new(Gauge::new(format!("{strategy}, passing"))));
    let counted = gauge.clone();
    let report = exploration(strategy, 1, executions).explore(&Program::new(healthy), move |failure| {
        assert_eq!(failure, None);
        counted.borrow_mut().count();
        ControlFlow::Continue(())
    });
    assert_eq!(report.unwrap().verdict, Verdict::Passed);
    gauge.borrow().is_flat();
}

/// Explorations that each stop at their first failure, as a hunt through many seeds does.
fn one_failure_after_the_other(strategy: &str, failures: u64) {
    let mut gauge = Gauge::new(format!("{strategy}, an exploration a failure"));
    let programs: Vec<Program> = FAILING.iter().map(|(_, run)| Program::new(run)).collect();
    for number in 0..failures {
        let (name, _) = FAILING[number as usize % FAILING.len()];
        let report = exploration(strategy, number, 10).run(&programs[number as usize % programs.len()], |_| ());
        let report = report.unwrap();
        assert!(report.verdict.is_failed() && report.executions == 1, "{strategy}: {name}");
        gauge.count();
    }
    gauge.is_flat();
}

/// Explorations that go on after failures.
fn many_failures_in_one_exploration(strategy: &str, failures: u64) {
    let gauge = std::rc::Rc::new(std::cell::RefCell::new(Gauge::new(format!("{strategy}, going on after failures"))));
    for round in 0..10 {
        for (name, run) in FAILING {
            let counted = gauge.clone();
            let share = failures / 10 / FAILING.len() as u64;
            let report = exploration(strategy, round, share).explore(&Program::new(run), move |failure| {
                assert!(failure.is_some(), "{name} did not fail");
                counted.borrow_mut().count();
                ControlFlow::Continue(())
            });
            assert!(report.unwrap().verdict.is_failed());
        }
    }
    gauge.borrow().is_flat();
}

#[test]
fn resident_memory_is_flat_after_the_first_thousand_executions() {
    let asked = asked_for();
    one_long_exploration("loom", 3_000);
    for (strategy, short) in [("random", 20_000), ("shuttle-random", 5_000)] {
        one_long_exploration(strategy, asked.unwrap_or(short));
        let failures = asked.map_or(2_000, |asked| asked / 10);
        one_failure_after_the_other(strategy, failures);
        many_failures_in_one_exploration(strategy, failures);
    }
}
