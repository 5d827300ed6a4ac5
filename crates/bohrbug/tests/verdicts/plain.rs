//! What the verdicts are without anything peculiar.

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::thread;

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
];

fn add(add: fn(&AtomicU32, u32, bohrbug_sync::atomic::Ordering) -> u32) -> u32 {
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| add(&count, 1, SeqCst));
        scope.spawn(|| add(&count, 1, SeqCst));
    });
    count.into_inner()
}
