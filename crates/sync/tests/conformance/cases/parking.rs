//! Parking.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, thread};

use super::mutexes::WOULD_HANG;
use crate::case::{Budget, Case, On};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a parked thread wakes when it is unparked, before or after",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let parked = thread::spawn({
                let flag = flag.clone();
                move || {
                    while flag.load(Ordering::SeqCst) == 0 {
                        thread::park();
                    }
                }
            });
            flag.store(1, Ordering::SeqCst);
            parked.thread().unpark();
            parked.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a thread that nobody unparks waits for ever",
        program: || {
            thread::spawn(thread::park).join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "two unparks before a park are one token",
        program: || {
            thread::current().unpark();
            thread::current().unpark();
            thread::park();
            thread::park();
            "woke".to_owned()
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "two unparks of a thread that parks twice may be one token",
        program: || {
            let parked = thread::spawn(|| {
                thread::park();
                thread::park();
            });
            parked.thread().unpark();
            parked.thread().unpark();
            parked.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["deadlock", "woke"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "park_timeout ends by itself when nobody else can act",
        program: || {
            thread::park_timeout(Duration::from_millis(1));
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "park may wake for no reason, where that is allowed",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let parked = thread::spawn({
                let flag = flag.clone();
                move || {
                    thread::park();
                    flag.load(Ordering::SeqCst)
                }
            });
            flag.store(1, Ordering::SeqCst);
            parked.thread().unpark();
            parked.join().unwrap().to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget { spurious: 1, ..Budget::NONE },
        limits: &[],
    },
    Case {
        name: "park does not wake for no reason, where that is not allowed",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let parked = thread::spawn({
                let flag = flag.clone();
                move || {
                    thread::park();
                    flag.load(Ordering::SeqCst)
                }
            });
            flag.store(1, Ordering::SeqCst);
            parked.thread().unpark();
            parked.join().unwrap().to_string()
        },
        outcomes: &["1"],
        budget: Budget::NONE,
        limits: &[(On::Os, crate::case::Limit::Adds(&["0"]), "std's threads may always wake for no reason")],
    },
    Case {
        name: "park_timeout may end early, where that is allowed",
        program: || {
            let flag = Arc::new(AtomicU32::new(0));
            let parked = thread::spawn({
                let flag = flag.clone();
                move || {
                    thread::park_timeout(Duration::from_millis(1));
                    flag.load(Ordering::SeqCst)
                }
            });
            flag.store(1, Ordering::SeqCst);
            parked.thread().unpark();
            parked.join().unwrap().to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget::ONE_TIMEOUT,
        limits: &[],
    },
];
