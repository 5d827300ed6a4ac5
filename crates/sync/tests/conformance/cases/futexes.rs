//! Futexes: in executions of native alone, and nobody's but the operating system's elsewhere.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::futex::{self, Waited};
use bohrbug_sync::{Arc, thread};

use crate::case::{Budget, Case, Limit, On};

const ALL: u32 = u32::MAX;

const NATIVE_ALONE: &[(On, Limit, &str)] = &[
    (On::Os, Limit::Skips, "outside of executions the operating system is asked"),
    (On::Shuttle, Limit::Skips, "shuttle has no futex"),
    (On::Loom, Limit::Skips, "loom has no futex"),
];

fn wait(word: &AtomicU32, expected: u32, bits: u32, timeout: Option<Duration>) -> Waited {
    // SAFETY: a word that is borrowed.
    unsafe { futex::wait(word.as_ptr(), expected, bits, timeout) }.expect("this runs in executions alone")
}

fn wake(word: &AtomicU32, most: u32, bits: u32) -> u32 {
    futex::wake(word.as_ptr(), most, bits).expect("this runs in executions alone")
}

/// Threads that wait once, for one bit each, while the word is 0.
fn waiting<const N: usize>(word: &Arc<AtomicU32>, bits: [u32; N]) -> [thread::JoinHandle<Waited>; N] {
    bits.map(|bits| {
        let word = word.clone();
        thread::spawn(move || wait(&word, 0, bits, None))
    })
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "who changes a futex's word and then wakes is not missed",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let waiter = thread::spawn({
                let word = word.clone();
                move || {
                    while word.load(Ordering::Acquire) == 0 {
                        wait(&word, 0, ALL, None);
                    }
                }
            });
            word.store(1, Ordering::Release);
            wake(&word, 1, ALL);
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's wake is for those who wait, and is not kept",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let [waiter] = waiting(&word, [ALL]);
            let woken = wake(&word, 1, ALL);
            format!("{woken}: {:?}", waiter.join().unwrap())
        },
        outcomes: &["1: Woken", "deadlock"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's wait sees a change of the word or is woken",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let [waiter] = waiting(&word, [ALL]);
            word.store(1, Ordering::Relaxed);
            let woken = wake(&word, ALL, ALL);
            format!("{woken}: {:?}", waiter.join().unwrap())
        },
        outcomes: &["0: Changed", "1: Woken"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's wakes are counted, each waiter once",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let waiters = waiting(&word, [ALL, ALL]);
            let first = wake(&word, 1, ALL);
            word.store(1, Ordering::Relaxed);
            let rest = wake(&word, ALL, ALL);
            let _ = waiters.map(|waiter| waiter.join().unwrap());
            format!("{first} {rest}")
        },
        outcomes: &["0 0", "0 1", "0 2", "1 0", "1 1"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's wake with bits is for those who wait for one of them",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let [waiter] = waiting(&word, [0b01]);
            let others = wake(&word, ALL, 0b10);
            word.store(1, Ordering::Relaxed);
            wake(&word, ALL, 0b11);
            waiter.join().unwrap();
            others.to_string()
        },
        outcomes: &["0"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's timeout fires when nobody else can act",
        program: || {
            let word = AtomicU32::new(0);
            let timeout = Some(Duration::from_millis(1));
            format!("{:?} {:?}", wait(&word, 1, ALL, timeout), wait(&word, 0, ALL, timeout))
        },
        outcomes: &["Changed TimedOut"],
        budget: Budget::NONE,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "who was woken at a futex does not time out, where timeouts may fire early",
        program: || {
            let word = Arc::new(AtomicU32::new(0));
            let waiter = thread::spawn({
                let word = word.clone();
                move || wait(&word, 0, ALL, Some(Duration::from_millis(1)))
            });
            let woken = wake(&word, 1, ALL);
            format!("{woken}: {:?}", waiter.join().unwrap())
        },
        outcomes: &["0: TimedOut", "1: Woken"],
        budget: Budget::ONE_TIMEOUT,
        limits: NATIVE_ALONE,
    },
    Case {
        name: "a futex's wait may end for no reason, where that is allowed",
        program: || {
            let word = AtomicU32::new(0);
            format!("{:?}", wait(&word, 0, ALL, None))
        },
        outcomes: &["Woken"],
        budget: Budget { spurious: 1, ..Budget::NONE },
        limits: NATIVE_ALONE,
    },
];
