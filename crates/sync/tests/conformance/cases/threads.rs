//! Threads and scopes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, thread};

use crate::case::{Budget, Case, message};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "join returns what the thread returned",
        program: || thread::spawn(|| 7).join().unwrap().to_string(),
        outcomes: &["7"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "join returns the panic of a thread that panicked",
        program: || message(&*thread::spawn(|| panic!("on purpose")).join().unwrap_err()),
        outcomes: &["on purpose"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a panic of main is the program's",
        program: || panic!("by main"),
        outcomes: &["panic: by main"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "is_finished is true once the thread has ended, and stays so",
        program: || {
            let other = thread::spawn(|| ());
            let (first, second) = (other.is_finished(), other.is_finished());
            other.join().unwrap();
            format!("{first} {second}")
        },
        outcomes: &["false false", "false true", "true true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "threads have names and identities",
        program: identities,
        outcomes: &["Some(\"worker\") None true true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a thread that nobody joins runs or does not, as far as main can see",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let _detached = thread::spawn({
                let flag = flag.clone();
                move || flag.store(1, Ordering::SeqCst)
            });
            flag.load(Ordering::SeqCst).to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "yield_now gives others a turn, or not",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let other = thread::spawn({
                let flag = flag.clone();
                move || flag.store(1, Ordering::SeqCst)
            });
            thread::yield_now();
            let seen = flag.load(Ordering::SeqCst);
            other.join().unwrap();
            seen.to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "scoped threads borrow, and have ended when the scope has",
        program: || {
            let mut parts = [1, 2];
            let (first, second) = parts.split_at_mut(1);
            let third = thread::scope(|s| {
                s.spawn(|| first[0] += 10);
                let handle = s.spawn(|| {
                    second[0] += 10;
                    3
                });
                handle.join().unwrap()
            });
            format!("{parts:?} {third}")
        },
        outcomes: &["[11, 12] 3"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a scoped thread can spawn another",
        program: || {
            let count = AtomicU32::new(0);
            thread::scope(|s| {
                s.spawn(|| {
                    count.fetch_add(1, Ordering::SeqCst);
                    s.spawn(|| count.fetch_add(1, Ordering::SeqCst));
                });
            });
            count.into_inner().to_string()
        },
        outcomes: &["2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a panic of a scoped thread that nobody joined is the scope's",
        program: || {
            let end = catch_unwind(AssertUnwindSafe(|| {
                thread::scope(|s| {
                    s.spawn(|| panic!("on purpose"));
                });
            }));
            message(&*end.unwrap_err())
        },
        outcomes: &["a scoped thread panicked"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a panic of a scoped thread that was joined is not",
        program: || thread::scope(|s| s.spawn(|| panic!("on purpose")).join().is_err()).to_string(),
        outcomes: &["true"],
        budget: Budget::NONE,
        limits: &[],
    },
];

fn identities() -> String {
    let named = thread::Builder::new().name("worker".to_owned());
    let named = named.spawn(|| (thread::current().name().map(str::to_owned), thread::current().id())).unwrap();
    let unnamed = thread::spawn(|| (thread::current().name().map(str::to_owned), thread::current().id()));
    let ids = (named.thread().id(), unnamed.thread().id());
    let (named, unnamed) = (named.join().unwrap(), unnamed.join().unwrap());
    let same = named.1 == ids.0 && unnamed.1 == ids.1;
    format!("{:?} {:?} {same} {}", named.0, unnamed.0, ids.0 != ids.1)
}
