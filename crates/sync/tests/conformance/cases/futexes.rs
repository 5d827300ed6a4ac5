//! Futexes: in executions of native, and the operating system's own where nothing explores.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::futex::{self, Waited};
use bohrbug_sync::{Arc, thread};

use crate::case::{Budget, Case, Limit, On};

const ALL: u32 = u32::MAX;

const NO_FUTEX: &[(On, Limit, &str)] =
    &[(On::Shuttle, Limit::Skips, "shuttle has no futex"), (On::Loom, Limit::Skips, "loom has no futex")];

const WOULD_HANG: &[(On, Limit, &str)] =
    &[(On::Os, Limit::Skips, "a real deadlock never ends"), NO_FUTEX[0], NO_FUTEX[1]];

/// The operating system's, where there is no execution.
mod system {
    use std::time::Duration;

    use super::Waited;

    fn call(
        word: *const u32,
        operation: i32,
        value: u32,
        second: usize,
        other: *const u32,
        third: u32,
    ) -> Result<u32, i32> {
        // SAFETY: the words are the callers', and of no wait is the time gone before it ends.
        let answer = unsafe { libc::syscall(libc::SYS_futex, word, operation, value, second, other, third) };
        u32::try_from(answer).map_err(|_| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }

    pub(super) fn wait(word: *const u32, expected: u32, bits: u32, timeout: Option<Duration>) -> Waited {
        let now = || {
            let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: a place of our own.
            unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
            Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
        };
        let end = timeout.map(|timeout| now() + timeout);
        let end = end.map(|end| libc::timespec { tv_sec: end.as_secs() as i64, tv_nsec: end.subsec_nanos().into() });
        let end = end.as_ref().map_or(0, |end| std::ptr::from_ref(end).addr());
        match call(word, libc::FUTEX_WAIT_BITSET, expected, end, std::ptr::null(), bits) {
            Ok(_) | Err(libc::EINTR) => Waited::Woken,
            Err(libc::EAGAIN) => Waited::Changed,
            Err(libc::ETIMEDOUT) => Waited::TimedOut,
            Err(other) => panic!("the system's futex fails with {other}"),
        }
    }

    pub(super) fn wake(word: *const u32, most: u32, bits: u32) -> u32 {
        let most = most.min(i32::MAX as u32);
        call(word, libc::FUTEX_WAKE_BITSET, most, 0, std::ptr::null(), bits).expect("nothing can go wrong")
    }

    /// How many were woken and moved.
    pub(super) fn requeue(word: *const u32, expected: Option<u32>, most: (u32, u32), to: *const u32) -> Option<u32> {
        let operation = expected.map_or(libc::FUTEX_REQUEUE, |_| libc::FUTEX_CMP_REQUEUE);
        let [woken, moved] = [most.0, most.1].map(|most| most.min(i32::MAX as u32));
        match call(word, operation, woken, moved as usize, to, expected.unwrap_or(0)) {
            Err(libc::EAGAIN) => None,
            counted => Some(counted.expect("nothing else can go wrong")),
        }
    }
}

fn wait(word: &AtomicU32, expected: u32, bits: u32, timeout: Option<Duration>) -> Waited {
    let word = word.as_ptr().cast_const();
    // SAFETY: a word that is borrowed.
    let ours = unsafe { futex::wait(word, expected, bits, timeout) };
    ours.unwrap_or_else(|| system::wait(word, expected, bits, timeout))
}

fn wake(word: &AtomicU32, most: u32, bits: u32) -> u32 {
    let word = word.as_ptr().cast_const();
    futex::wake(word, most, bits).unwrap_or_else(|| system::wake(word, most, bits))
}

/// How many were woken and moved; none if the word is not as expected.
fn requeue(word: &AtomicU32, expected: Option<u32>, most: (u32, u32), to: &AtomicU32) -> Option<u32> {
    let (word, to) = (word.as_ptr().cast_const(), to.as_ptr().cast_const());
    // SAFETY: a word that is borrowed.
    match unsafe { futex::requeue(word, expected, most, to) } {
        Some(ours) => ours.ok().map(|(woken, moved)| woken + moved),
        None => system::requeue(word, expected, most, to),
    }
}

/// Threads that wait once, for one bit each, while the word is 0.
fn waiting<const N: usize>(word: &Arc<AtomicU32>, bits: [u32; N]) -> [thread::JoinHandle<Waited>; N] {
    bits.map(|bits| {
        let word = word.clone();
        thread::spawn(move || wait(&word, 0, bits, None))
    })
}

fn two() -> [AtomicU32; 2] {
    [const { AtomicU32::new(0) }; 2]
}

/// A thread that waits once at the first word, while that is 0.
fn waiter(words: &Arc<[AtomicU32; 2]>, bits: u32) -> thread::JoinHandle<Waited> {
    let words = words.clone();
    thread::spawn(move || wait(&words[0], 0, bits, None))
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
        limits: NO_FUTEX,
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
        limits: WOULD_HANG,
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
        limits: NO_FUTEX,
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
        limits: NO_FUTEX,
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
        limits: NO_FUTEX,
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
        limits: NO_FUTEX,
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
        limits: NO_FUTEX,
    },
    Case {
        name: "a futex's wait may end for no reason, where that is allowed",
        program: || {
            let word = AtomicU32::new(0);
            format!("{:?}", wait(&word, 0, ALL, None))
        },
        outcomes: &["Woken"],
        budget: Budget { spurious: 1, ..Budget::NONE },
        limits: WOULD_HANG,
    },
    Case {
        name: "a requeue wakes some of those who wait at a futex, and moves others",
        program: || {
            let words = Arc::new(two());
            let [one, other] = [(), ()].map(|()| waiter(&words, ALL));
            let requeued = requeue(&words[0], None, (1, ALL), &words[1]).unwrap();
            words[0].store(1, Ordering::Relaxed);
            let woken = words.each_ref().map(|word| wake(word, ALL, ALL));
            let _ = [one, other].map(|waiter| waiter.join().unwrap());
            format!("{requeued}: {woken:?}")
        },
        outcomes: &["0: [0, 0]", "0: [1, 0]", "0: [2, 0]", "1: [0, 0]", "1: [1, 0]", "2: [0, 1]"],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
    Case {
        name: "who is moved from one futex to another is at one of them at every moment",
        program: || {
            let words = Arc::new(two());
            let waiter = waiter(&words, ALL);
            let elsewhere = Arc::new(AtomicU32::new(0));
            if requeue(&words[0], None, (0, 1), &elsewhere) != Some(1) {
                words[0].store(1, Ordering::Relaxed);
                wake(&words[0], 1, ALL);
                waiter.join().unwrap();
                return "came too late".to_owned();
            }
            let mover = thread::spawn({
                let (words, elsewhere) = (words.clone(), elsewhere.clone());
                move || requeue(&elsewhere, None, (0, 1), &words[1])
            });
            let woken = [wake(&elsewhere, 1, ALL), wake(&words[1], 1, ALL)];
            let moved = mover.join().unwrap().unwrap();
            wake(&words[1], 1, ALL);
            waiter.join().unwrap();
            format!("{moved} {woken:?}")
        },
        outcomes: &["came too late", "0 [1, 0]", "1 [0, 1]"],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
    Case {
        name: "who was moved to another futex is woken there alone",
        program: || {
            let words = Arc::new(two());
            let waiter = waiter(&words, ALL);
            let moved = requeue(&words[0], None, (0, 1), &words[1]).unwrap();
            let woken = wake(&words[0], 1, ALL);
            format!("{moved} {woken}: {:?}", waiter.join().unwrap())
        },
        outcomes: &["0 1: Woken", "deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "whoever is moved to another futex waits there for the same bits",
        program: || {
            let words = Arc::new(two());
            let waiter = waiter(&words, 0b01);
            let moved = requeue(&words[0], None, (0, 1), &words[1]).unwrap();
            words[0].store(1, Ordering::Relaxed);
            wake(&words[0], ALL, ALL);
            let woken = [0b10, 0b11].map(|bits| wake(&words[1], ALL, bits));
            waiter.join().unwrap();
            format!("{moved}: {woken:?}")
        },
        outcomes: &["0: [0, 0]", "1: [0, 1]"],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
    Case {
        name: "whoever is moved to another futex waits behind those who wait there",
        program: || {
            let words = Arc::new(two());
            let first = thread::spawn({
                let words = words.clone();
                move || wait(&words[1], 0, ALL, None)
            });
            let second = waiter(&words, ALL);
            let moved = requeue(&words[0], None, (0, 1), &words[1]).unwrap();
            let woken = wake(&words[1], 1, ALL);
            let ended = [first.is_finished(), second.is_finished()];
            words.iter().for_each(|word| word.store(1, Ordering::Relaxed));
            words.iter().for_each(|word| _ = wake(word, ALL, ALL));
            let _ = [first, second].map(|waiter| waiter.join().unwrap());
            format!("{moved} {woken} {ended:?}")
        },
        outcomes: &[
            "0 0 [false, false]",
            "0 1 [false, false]",
            "0 1 [true, false]",
            "1 1 [false, false]",
            "1 1 [false, true]",
            "1 1 [true, false]",
        ],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
    Case {
        name: "a requeue that compares sees the word and those who wait at once",
        program: || {
            let words = Arc::new(two());
            let waiter = thread::spawn({
                let words = words.clone();
                move || {
                    let _ = words[0].compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
                    wait(&words[0], 1, ALL, None)
                }
            });
            let moved = [0, 1].map(|expected| requeue(&words[0], Some(expected), (0, 1), &words[1]));
            words[0].store(2, Ordering::Relaxed);
            words.iter().for_each(|word| _ = wake(word, ALL, ALL));
            format!("{moved:?} {:?}", waiter.join().unwrap())
        },
        outcomes: &[
            "[Some(0), None] Changed",
            "[Some(0), None] Woken",
            "[Some(0), Some(0)] Changed",
            "[Some(0), Some(0)] Woken",
            "[Some(0), Some(1)] Woken",
            "[None, Some(0)] Changed",
            "[None, Some(0)] Woken",
            "[None, Some(1)] Woken",
        ],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
    Case {
        name: "who was moved to another futex may time out there",
        program: || {
            let words = Arc::new(two());
            let waiter = thread::spawn({
                let words = words.clone();
                move || wait(&words[0], 0, ALL, Some(Duration::from_millis(1)))
            });
            let moved = requeue(&words[0], None, (0, 1), &words[1]).unwrap();
            let woken = wake(&words[1], 1, ALL);
            format!("{moved} {woken} {:?}", waiter.join().unwrap())
        },
        outcomes: &["0 0 TimedOut", "1 0 TimedOut", "1 1 Woken"],
        budget: Budget::ONE_TIMEOUT,
        limits: NO_FUTEX,
    },
    Case {
        name: "a requeue to the same futex counts those who stay",
        program: || {
            let words = Arc::new(two());
            let waiters = [(), ()].map(|()| waiter(&words, ALL));
            let counted = requeue(&words[0], Some(0), (1, 1), &words[0]).unwrap();
            words[0].store(1, Ordering::Relaxed);
            let woken = wake(&words[0], ALL, ALL);
            let _ = waiters.map(|waiter| waiter.join().unwrap());
            format!("{counted} {woken}")
        },
        outcomes: &["0 0", "0 1", "0 2", "1 0", "1 1", "2 1"],
        budget: Budget::NONE,
        limits: NO_FUTEX,
    },
];
