//! How long `dpor` takes to prove small programs under RC11, beside raw loom on the same programs, in one run: executions,
//! and the processor time of the thread until each has come to its end.
//!
//! ```text
//! cargo bench -p bohrbug --bench proofs
//! ```
//!
//! The two do not prove the same: loom takes `SeqCst` accesses for weaker ones, and misses outcomes of its own
//! (`docs/memory.md`). loom takes most of a minute for IRIW.

use std::sync::atomic::AtomicU64;

use bohrbug::{Exploration, MemoryModel, Program, Verdict};
use cpu_time::ThreadTime;

/// The programs, for a library that has what they use.
macro_rules! programs {
    ($name:ident, $atomic:path, $thread:path, $spin:path, $arc:path) => {
        mod $name {
            use $arc as Arc;
            use $atomic as atomic;
            use $spin as spin;
            use $thread as thread;

            use self::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
            use self::atomic::{AtomicUsize, fence};

            pub(super) const ALL: [(&str, fn()); 8] = [
                ("store buffering", store_buffering),
                ("message passing", message_passing),
                ("IRIW", iriw),
                ("2+2W", stores_in_two_orders),
                ("Dekker, fences", dekker),
                ("spin lock", spin_lock),
                ("Treiber stack 2x1", treiber),
                ("Arc's counter", counter),
            ];

            fn words<const N: usize>() -> Arc<[AtomicUsize; N]> {
                Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)))
            }

            type Words<const N: usize> = [AtomicUsize; N];

            /// Runs these beside each other.
            fn all<const N: usize, const T: usize>(threads: [fn(&Words<N>); T]) {
                let words = words::<N>();
                let spawn = |body: fn(&Words<N>)| {
                    let words = words.clone();
                    thread::spawn(move || body(&words))
                };
                threads.map(spawn).into_iter().for_each(|thread| thread.join().unwrap());
            }

            fn store_buffering() {
                all::<2, 2>([
                    |words| {
                        words[0].store(1, Release);
                        _ = words[1].load(Acquire);
                    },
                    |words| {
                        words[1].store(1, Release);
                        _ = words[0].load(Acquire);
                    },
                ]);
            }

            fn message_passing() {
                all::<2, 2>([
                    |words| {
                        words[0].store(1, Relaxed);
                        words[1].store(1, Release);
                    },
                    |words| {
                        if words[1].load(Acquire) == 1 {
                            assert_eq!(words[0].load(Relaxed), 1);
                        }
                    },
                ]);
            }

            fn iriw() {
                all::<2, 4>([
                    |words| words[0].store(1, Release),
                    |words| words[1].store(1, Release),
                    |words| _ = (words[0].load(Acquire), words[1].load(Acquire)),
                    |words| _ = (words[1].load(Acquire), words[0].load(Acquire)),
                ]);
            }

            fn stores_in_two_orders() {
                all::<2, 2>([
                    |words| {
                        words[0].store(1, Release);
                        words[1].store(2, Release);
                    },
                    |words| {
                        words[1].store(1, Release);
                        words[0].store(2, Release);
                    },
                ]);
            }

            fn dekker() {
                all::<3, 2>([|words| enter(words, 0), |words| enter(words, 1)]);
            }

            fn enter(words: &Words<3>, me: usize) {
                words[me].store(1, Relaxed);
                fence(SeqCst);
                if words[1 - me].load(Relaxed) == 0 {
                    assert_eq!(words[2].fetch_add(1, Relaxed), 0, "both have entered");
                }
            }

            fn count(words: &Words<2>) {
                while words[0].compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                    spin();
                }
                words[1].store(words[1].load(Relaxed) + 1, Relaxed);
                words[0].store(0, Release);
            }

            fn spin_lock() {
                all::<2, 2>([count, count]);
            }

            /// Word 0 is the top, and word n the one below n.
            fn push_and_pop(words: &Words<3>, me: usize) {
                let mut top = words[0].load(Relaxed);
                loop {
                    words[me].store(top, Relaxed);
                    match words[0].compare_exchange(top, me, Release, Relaxed) {
                        Ok(_) => break,
                        Err(other) => top = other,
                    }
                }
                let mut top = words[0].load(Acquire);
                while top != 0 {
                    let below = words[top].load(Relaxed);
                    match words[0].compare_exchange(top, below, AcqRel, Acquire) {
                        Ok(_) => return,
                        Err(other) => top = other,
                    }
                }
            }

            fn treiber() {
                all::<3, 2>([|words| push_and_pop(words, 1), |words| push_and_pop(words, 2)]);
            }

            fn release(words: &Words<3>, me: usize) {
                words[me].store(1, Relaxed);
                if words[0].fetch_add(1, Release) == 1 {
                    fence(Acquire);
                    assert_eq!(words[3 - me].load(Relaxed), 1);
                }
            }

            fn counter() {
                all::<3, 2>([|words| release(words, 1), |words| release(words, 2)]);
            }
        }
    };
}

programs!(ours, bohrbug_sync::atomic, bohrbug_sync::thread, bohrbug_sync::hint::spin_loop, std::sync::Arc);
programs!(theirs, loom::sync::atomic, loom::thread, loom::thread::yield_now, loom::sync::Arc);

/// Proves the program; the executions that it takes.
fn prove(program: &Program) -> u64 {
    let off = vec!["nondeterminism".to_owned()];
    let mut exploration = Exploration::new("proofs", "dpor").off(off);
    exploration.config.memory = MemoryModel::Rc11;
    let report = exploration.run(program, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.basis());
    report.executions
}

fn with_loom(program: fn()) -> u64 {
    static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
    EXECUTIONS.store(0, std::sync::atomic::Ordering::Relaxed);
    loom::model(move || {
        EXECUTIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        program();
    });
    EXECUTIONS.load(std::sync::atomic::Ordering::Relaxed)
}

fn main() {
    println!("{:<20} {:>16} {:>10} {:>16} {:>12}", "program", "dpor: executions", "us", "loom: executions", "us");
    for ((name, program), (_, theirs)) in ours::ALL.into_iter().zip(theirs::ALL) {
        let program = Program::new(program);
        let executions = prove(&program);
        let rounds = 20;
        let start = ThreadTime::now();
        (0..rounds).for_each(|_| _ = prove(&program));
        let ours = start.elapsed().as_secs_f64() / f64::from(rounds);
        let start = ThreadTime::now();
        let theirs_executions = with_loom(theirs);
        let theirs = start.elapsed().as_secs_f64();
        println!(
            "{name:<20} {executions:>16} {:>10.0} {theirs_executions:>16} {:>12.0} {:>8.0}x",
            ours * 1e6,
            theirs * 1e6,
            theirs / ours
        );
    }
}
