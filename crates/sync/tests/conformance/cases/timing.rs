//! Time.

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::time::{Duration, Instant};
use bohrbug_sync::{Arc, thread};

use crate::case::Limit::Misses;
use crate::case::{Budget, Case, On};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "at least as much time passes as a thread sleeps",
        program: || {
            let start = Instant::now();
            thread::sleep(Duration::from_millis(2));
            (start.elapsed() >= Duration::from_millis(2)).to_string()
        },
        outcomes: &["true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "sleeping orders nothing",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let other = thread::spawn({
                let flag = flag.clone();
                move || flag.store(1, Ordering::SeqCst)
            });
            thread::sleep(Duration::from_millis(1));
            let seen = flag.load(Ordering::SeqCst);
            other.join().unwrap();
            seen.to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a long time may pass between two looks at the clock, where that is allowed",
        program: || {
            let start = Instant::now();
            (start.elapsed() > Duration::from_secs(60)).to_string()
        },
        outcomes: &["false", "true"],
        budget: Budget::ONE_TIMEOUT,
        limits: &[(On::Loom, Misses(&["true"]), "loom's search makes no choices of ours")],
    },
];
