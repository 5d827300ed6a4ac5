//! Numbers of executions that are known in closed form: each behaviour is run once, and nothing is given up on the way.

use std::sync::Arc as Counted;

use bohrbug_sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc, thread};

use crate::{Exploration, Program, Verdict};

/// Explores, and gives up nothing; the number of executions.
fn executions(program: impl Fn() + Send + Sync + 'static) -> u64 {
    let report = Exploration::new("closed-form", "dpor").run(&Program::new(program), |_| ()).unwrap();
    assert_eq!((&report.verdict, report.cut_off), (&Verdict::Verified, 0), "{:?}", report.failure());
    report.executions
}

/// So many threads of one body, each told its number, and then joined.
fn together<T: Send + Sync + 'static>(
    count: usize,
    shared: T,
    body: impl Fn(&T, usize) + Send + Sync + Copy + 'static,
) {
    let shared = Arc::new(shared);
    let spawn = |number| {
        let shared = shared.clone();
        thread::spawn(move || body(&shared, number))
    };
    let threads: Vec<_> = (0..count).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn words(count: usize) -> Vec<AtomicU32> {
    (0..count).map(|_| AtomicU32::new(0)).collect()
}

const fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

/// Critical sections in every order: (n k)! / k!^n.
#[test]
fn n_threads_that_take_one_mutex_k_times() {
    for (n, k) in [(2, 1), (2, 2), (2, 6), (3, 1), (3, 2), (4, 1)] {
        let found =
            executions(move || together(n, Mutex::new(()), move |lock, _| (0..k).for_each(|_| drop(lock.lock()))));
        assert_eq!(found, factorial(n as u64 * k) / factorial(k).pow(n as u32), "{n} threads, {k} times");
    }
}

/// Abdulla and others, POPL 2014: `lastzero(n)` has (n + 3) 2^(n - 2) behaviours. One thread looks for the last word that
/// is zero, and n others each set a word to one more than the word before. Of ten that makes 3,328.
#[test]
fn lastzero() {
    for n in 2..=10 {
        let found = executions(move || {
            together(n + 1, words(n + 1), move |words, number| match number {
                0 => _ = (0..=n).rev().find(|&place| words[place].load(SeqCst) == 0),
                _ => words[number].store(words[number - 1].load(SeqCst) + 1, SeqCst),
            });
        });
        assert_eq!(found, (n as u64 + 3) << (n - 2), "{n}");
    }
}

/// One writer, and n readers that each come before or after it: 2^n.
#[test]
fn readers() {
    for n in 1..=6 {
        let found = executions(move || {
            together(n + 1, AtomicU32::new(0), |word, number| match number {
                0 => word.store(1, SeqCst),
                _ => _ = word.load(SeqCst),
            });
        });
        assert_eq!(found, 1 << n, "{n}");
    }
}

#[test]
fn n_writers_of_one_variable_come_in_every_order() {
    for n in 1..=5 {
        let found = executions(move || together(n, AtomicU32::new(0), |word, _| word.store(1, SeqCst)));
        assert_eq!(found, factorial(n as u64), "{n}");
    }
}

/// A writer's w writes among a reader's k reads: (k + w)! / (k! w!). Two readers' reads are not told apart from each other.
#[test]
fn loops_of_reads_and_a_writer() {
    let explore = |readers: usize, reads: usize, writes: usize| {
        executions(move || {
            together(readers + 1, AtomicU32::new(0), move |word, number| match number {
                0 => (0..writes).for_each(|_| word.store(1, SeqCst)),
                _ => assert!((0..reads).all(|_| word.load(SeqCst) < 2)),
            });
        })
    };
    assert_eq!(explore(1, 40, 1), 41);
    assert_eq!(explore(1, 30, 2), 32 * 31 / 2);
    assert_eq!(explore(2, 20, 1), 21 * 21);
}

#[test]
fn independent_operations_have_one_order() {
    for k in [1, 10, 100] {
        let body = move |words: &Vec<AtomicU32>, number: usize| (0..k).for_each(|_| words[number].store(1, SeqCst));
        assert_eq!(executions(move || together(2, words(2), body)), 1, "{k}");
    }
}

/// Flanagan and Godefroid, POPL 2005: each thread puts four messages into a hash table of 128 places. Below 12 threads
/// no two meet; from then on each further thread meets others in three of its messages: 8, 64, 512.
#[test]
fn indexer() {
    for (threads, expected) in [(11, 1), (12, 8), (13, 64)] {
        let found = executions(move || {
            together(threads, words(128), |table, thread| {
                for message in 1..=4 {
                    let mut place = (message * 11 + thread) * 7 % 128;
                    while table[place].compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
                        place = (place + 1) % 128;
                    }
                }
            });
        });
        assert_eq!(found, expected, "{threads} threads");
    }
}

/// Flanagan and Godefroid, POPL 2005: threads give a block to their inode of 32, out of 26. Two threads meet if their
/// inodes need the same block: from 14 threads on.
#[test]
fn file_system() {
    for (threads, expected) in [(13, 1), (14, 2), (16, 8), (18, 32)] {
        let found = executions(move || {
            let inodes: Vec<_> = (0..32).map(|_| Mutex::new(0)).collect();
            let blocks: Vec<_> = (0..26).map(|_| Mutex::new(false)).collect();
            together(threads, (inodes, blocks), |(inodes, blocks), thread| {
                let mut inode = inodes[thread % 32].lock().unwrap();
                if *inode != 0 {
                    return;
                }
                let mut block = thread * 2 % 26;
                loop {
                    let mut busy = blocks[block].lock().unwrap();
                    if !*busy {
                        *busy = true;
                        *inode = block + 1;
                        return;
                    }
                    block = (block + 1) % 26;
                }
            });
        });
        assert_eq!(found, expected, "{threads} threads");
    }
}

/// Numbers that are chosen in the same order or in another: 2 * 3 * 4.
#[test]
fn choices_multiply() {
    assert_eq!(executions(|| _ = (choose(2), choose(3), choose(4))), 24);
    assert_eq!(executions(|| together(3, (), |(), number| _ = choose(number + 2))), 24);
    // The second is only there if the first comes to 1.
    assert_eq!(executions(|| _ = choose(2) == 1 && choose(3) == 0), 4);
}

/// n readers and a writer of a reader-writer lock: each reader's section comes before or after the writer's: 2^n.
#[test]
fn readers_of_a_lock_do_not_see_each_other() {
    for n in 1..=4 {
        let found = executions(move || {
            together(n + 1, RwLock::new(()), |lock, number| match number {
                0 => drop(lock.write()),
                _ => drop(lock.read()),
            });
        });
        assert_eq!(found, 1 << n, "{n}");
    }
}

/// The parties arrive in every order, and in which they leave makes no difference: n!.
#[test]
fn parties_of_a_barrier() {
    for n in 1..=4 {
        let found = executions(move || together(n, Barrier::new(n), |barrier, _| _ = barrier.wait()));
        assert_eq!(found, factorial(n as u64), "{n}");
    }
}

/// A message is looked for after it was sent, or before: 2. Two senders' messages come in two orders, each received in
/// the order of sending; as long as a place in the queue is not told from another, a message is sent before or after the
/// first is received: with `a` and `b` the sends and `1`, `2` the receives, a b 1 2, a 1 b 2, and both with a and b
/// exchanged: 4.
#[test]
fn messages() {
    let found = executions(|| {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || sender.send(1).unwrap());
        _ = receiver.try_recv();
        std::mem::forget(receiver);
        thread.join().unwrap();
    });
    assert_eq!(found, 2 + 1, "nothing there, then the message; or nothing and no sender, which is told apart");
    let found = executions(|| {
        let (sender, receiver) = mpsc::channel();
        let senders = std::mem::ManuallyDrop::new([sender.clone(), sender]);
        let receiver = std::mem::ManuallyDrop::new(receiver);
        thread::scope(|scope| {
            for sender in senders.iter() {
                scope.spawn(|| sender.send(1).unwrap());
            }
            _ = (receiver.recv(), receiver.recv());
        });
    });
    assert_eq!(found, 4);
}

/// The flag is set before the waiter looks: 1. Or it waits, and is woken when the flag is set: then it takes the lock
/// after the setter has given it back: 1. The notification comes after the lock was given back, so in the first case it
/// comes before or after the waiter's end of looking, which it does not touch: nothing more. If the waiter waits before the
/// setter's section, the notification must come before it wakes: nothing more.
#[test]
fn a_flag_and_a_condition_variable() {
    let found = executions(|| {
        together(2, (Mutex::new(false), Condvar::new()), |(flag, changed), number| match number {
            0 => {
                let mut flag = flag.lock().unwrap();
                while !*flag {
                    flag = changed.wait(flag).unwrap();
                }
            }
            _ => {
                *flag.lock().unwrap() = true;
                changed.notify_one();
            }
        });
    });
    assert_eq!(found, 2);
}

/// Main waits, and n others notify all: each that comes after the wait has been begun comes before main goes on or after it,
/// one at least before. If none comes that late, main waits for good: (2^n - 1) for each wait that n others do not come
/// before, and so 3^n - 2^n and one more.
#[test]
fn notifications_to_all_beside_one_that_waits() {
    for n in 1..=4 {
        let body = move || {
            let shared = Arc::new((Mutex::new(()), Condvar::new()));
            let guard = shared.0.lock().unwrap();
            for _ in 0..n {
                let shared = shared.clone();
                thread::spawn(move || shared.1.notify_all());
            }
            drop(shared.1.wait(guard).unwrap());
        };
        let exploration = Exploration::new("closed-form", "dpor").off(["deadlock", "lost-wakeup", "leaked-threads"]);
        let report = exploration.run(&Program::new(body), |_| ()).unwrap();
        assert_eq!((report.executions, report.cut_off), (3_u64.pow(n) - 2_u64.pow(n) + 1, 0), "{n}");
    }
}

/// What differs from one call to the next is told, wherever it shows: a program with fewer threads than before, with
/// fewer steps, or with others.
#[test]
fn a_program_that_does_less_than_before_is_nondeterministic() {
    let bodies: [fn(u32, &AtomicU32); 3] = [
        |call, word| {
            if call == 0 {
                word.store(1, SeqCst)
            }
        },
        |call, word| (0..=3 - call.min(3)).for_each(|_| word.store(1, SeqCst)),
        |call, word| if call == 0 { word.store(1, SeqCst) } else { thread::yield_now() },
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        for threads in [2, 3] {
            let calls = std::sync::atomic::AtomicU32::new(0);
            let program = Program::new(move || {
                let call = calls.fetch_add(1, SeqCst);
                let less = if number == 0 && call > 0 { 1 } else { threads };
                together(less, AtomicU32::new(0), move |word, _| body(call, word));
            });
            let report = Exploration::new("less", "dpor").off(["nondeterminism"]).run(&program, |_| ()).unwrap();
            let kind = report.failure().map(|failure| failure.kind);
            assert_eq!(kind, Some(crate::FailureKind::Nondeterminism), "program {number}");
        }
    }
}

/// Three threads put something first, whose addresses are others in every execution: what an atomic held in an earlier one
/// says nothing.
#[test]
fn addresses_need_not_repeat() {
    fn pushes(distance: usize) -> u64 {
        // Nobody controls it: it only says which execution this is.
        let number = Counted::new(std::sync::atomic::AtomicUsize::new(1));
        executions(move || {
            let first = 8 + distance * number.fetch_add(1, SeqCst);
            together(3, AtomicPtr::new(std::ptr::null_mut::<u8>()), move |head, number| {
                let own = std::ptr::without_provenance_mut(first + 8 * number);
                let mut seen = head.load(SeqCst);
                while let Err(other) = head.compare_exchange(seen, own, SeqCst, SeqCst) {
                    seen = other;
                }
            });
        })
    }
    assert_eq!(pushes(64), pushes(0));
}
