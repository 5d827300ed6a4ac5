//! What the verdicts are without anything peculiar.

use bohrbug_sync::atomic::{AtomicU32, Ordering, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex, thread};

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case { name: "one task", program: || assert_eq!(AtomicU32::new(1).load(SeqCst), 1) },
    Case { name: "two tasks that add", program: || assert_eq!(add(AtomicU32::fetch_add), 2) },
    Case {
        name: "two tasks that load and store",
        program: || {
            assert_eq!(
                add(|count, n, order| {
                    let old = count.load(order);
                    count.store(old + n, order);
                    old
                }),
                2
            )
        },
    },
    Case {
        name: "a loop that waits for another task",
        program: || {
            let flag = AtomicU32::new(0);
            thread::scope(|scope| {
                scope.spawn(|| flag.store(1, SeqCst));
                while flag.load(SeqCst) == 0 {
                    thread::yield_now();
                }
            });
        },
    },
    Case {
        name: "a loop without a yield that waits for another task",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let child = thread::spawn({
                let flag = flag.clone();
                move || flag.store(1, Ordering::Release)
            });
            while flag.load(Ordering::Acquire) == 0 {}
            child.join().unwrap();
        },
    },
    Case {
        name: "such a loop with a mutex in it",
        program: || {
            let state = Arc::new((AtomicU32::new(0), Mutex::new(())));
            let child = thread::spawn({
                let state = state.clone();
                move || {
                    let _guard = state.1.lock();
                    state.0.store(1, Ordering::Release);
                }
            });
            while state.0.load(Ordering::Acquire) == 0 {
                drop(state.1.lock());
            }
            child.join().unwrap();
        },
    },
];

fn add(add: fn(&AtomicU32, u32, Ordering) -> u32) -> u32 {
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| add(&count, 1, SeqCst));
        scope.spawn(|| add(&count, 1, SeqCst));
    });
    count.into_inner()
}
