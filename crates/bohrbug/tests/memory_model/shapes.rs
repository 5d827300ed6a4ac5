//! loom and `dpor` under RC11 on programs with loops: what both show, what one of them does.
//!
//! The judge beside the other programs (`peer`) has no loops. What `dpor` shows of programs without is held against it there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bohrbug::{Exploration, MemoryModel, Program, Verdict};

/// For each thread what it saw.
type Outcome = Vec<Vec<u64>>;

/// The programs, for a library that has what they use.
macro_rules! programs {
    ($name:ident, $atomic:path, $thread:path, $spin:path) => {
        mod $name {
            use std::sync::Arc;

            use $atomic as atomic;
            use $spin as spin;
            use $thread as thread;

            use self::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
            use self::atomic::{AtomicU64, fence};
            use super::Outcome;

            pub(super) const ALL: [fn() -> Outcome; 4] = [dekker, spin_lock, treiber, counter];

            type Words = [AtomicU64; 3];

            fn all<const T: usize>(threads: [fn(&Words) -> Vec<u64>; T]) -> Outcome {
                let words: Arc<Words> = Arc::new(std::array::from_fn(|_| AtomicU64::new(0)));
                let spawn = |body: fn(&Words) -> Vec<u64>| {
                    let words = words.clone();
                    thread::spawn(move || body(&words))
                };
                threads.map(spawn).into_iter().map(|thread| thread.join().unwrap()).collect()
            }

            /// Whether it entered.
            fn dekker() -> Outcome {
                fn enter(words: &Words, me: usize) -> Vec<u64> {
                    words[me].store(1, Relaxed);
                    fence(SeqCst);
                    vec![u64::from(words[1 - me].load(Relaxed) == 0)]
                }
                all([|words| enter(words, 0), |words| enter(words, 1)])
            }

            /// How many had the lock before, and whether it had to wait.
            fn spin_lock() -> Outcome {
                fn count(words: &Words) -> Vec<u64> {
                    let mut waited = 0;
                    while words[0].compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                        waited = 1;
                        spin();
                    }
                    let before = words[1].load(Relaxed);
                    words[1].store(before + 1, Relaxed);
                    words[0].store(0, Release);
                    vec![before, waited]
                }
                all([count, count])
            }

            /// What it popped. Word 0 is the top, and word n the one below n.
            fn treiber() -> Outcome {
                fn push_and_pop(words: &Words, me: usize) -> Vec<u64> {
                    let mut top = words[0].load(Relaxed);
                    loop {
                        words[me].store(top, Relaxed);
                        match words[0].compare_exchange(top, me as u64, Release, Relaxed) {
                            Ok(_) => break,
                            Err(other) => top = other,
                        }
                    }
                    let mut top = words[0].load(Acquire);
                    while top != 0 {
                        let below = words[top as usize].load(Relaxed);
                        match words[0].compare_exchange(top, below, AcqRel, Acquire) {
                            Ok(_) => break,
                            Err(other) => top = other,
                        }
                    }
                    vec![top]
                }
                all([|words| push_and_pop(words, 1), |words| push_and_pop(words, 2)])
            }

            /// Whether it is the last to let go, and what it then reads of the other.
            fn counter() -> Outcome {
                fn release(words: &Words, me: usize) -> Vec<u64> {
                    words[me].store(1, Relaxed);
                    if words[0].fetch_add(1, Release) == 0 {
                        return Vec::new();
                    }
                    fence(Acquire);
                    vec![words[3 - me].load(Relaxed)]
                }
                all([|words| release(words, 1), |words| release(words, 2)])
            }
        }
    };
}

programs!(ours, bohrbug_sync::atomic, bohrbug_sync::thread, bohrbug_sync::hint::spin_loop);
programs!(theirs, loom::sync::atomic, loom::thread, loom::thread::yield_now);

fn under_loom(program: fn() -> Outcome) -> BTreeSet<Outcome> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let shown = seen.clone();
    loom::model(move || _ = shown.lock().unwrap().insert(program()));
    seen.lock().unwrap().clone()
}

fn under_rc11(program: fn() -> Outcome) -> BTreeSet<Outcome> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let shown = seen.clone();
    let workload = Program::new(move || _ = shown.lock().unwrap().insert(program()));
    let mut exploration = Exploration::new("shapes", "dpor").off(["nondeterminism"]);
    exploration.config.memory = MemoryModel::Rc11;
    let report = exploration.run(&workload, |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.basis());
    seen.lock().unwrap().clone()
}

#[test]
fn loom_and_dpor_differ_on_loops_as_the_table_says() {
    // How many outcomes there are under RC11, how many of them loom misses, and how many it adds.
    let expected = [
        ("Dekker, fences", (3, 0, 0)),
        ("spin lock", (4, 0, 0)),
        ("Treiber stack 2x1", (2, 0, 0)),
        ("`Arc`'s counter", (2, 0, 0)),
    ];
    let found = ours::ALL.iter().zip(theirs::ALL).map(|(&ours, theirs)| {
        let (allowed, shown) = (under_rc11(ours), under_loom(theirs));
        (allowed.len(), allowed.difference(&shown).count(), shown.difference(&allowed).count())
    });
    let found: Vec<_> = expected.iter().map(|&(name, _)| name).zip(found).collect();
    assert_eq!(found, expected);
}
