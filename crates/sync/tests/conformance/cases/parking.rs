//! Parking.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::mpsc::{channel, sync_channel};
use bohrbug_sync::{Arc, Mutex, thread};

use super::mutexes::WOULD_HANG;
use crate::case::{Budget, Case, Limit, On};

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
    Case {
        name: "a receive that may have waited may have taken the token",
        program: || {
            let (sender, receiver) = channel::<()>();
            let waiter = thread::spawn(move || {
                receiver.recv().unwrap();
                thread::park();
            });
            sender.send(()).unwrap();
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["deadlock", "woke"],
        budget: Budget::NONE,
        limits: TAKES,
    },
    Case {
        name: "a receive whose message was there before leaves the token",
        program: || {
            let (sender, receiver) = channel::<()>();
            sender.send(()).unwrap();
            let waiter = thread::spawn(move || {
                receiver.recv().unwrap();
                thread::park();
            });
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a receive whose message is known to have come leaves the token",
        program: || {
            let (sender, receiver) = channel::<()>();
            let sent = Arc::new(AtomicU32::new(0));
            let waiter = thread::spawn({
                let sent = sent.clone();
                move || {
                    if sent.load(Ordering::SeqCst) == 1 {
                        receiver.recv().unwrap();
                        thread::park();
                    }
                }
            });
            let _ = sender.send(());
            sent.store(1, Ordering::SeqCst);
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "who looks at a flag before it parks loses nothing to a receive",
        program: || {
            let (sender, receiver) = channel::<()>();
            let flag = Arc::new(AtomicU32::new(0));
            let waiter = thread::spawn({
                let flag = flag.clone();
                move || {
                    receiver.recv().unwrap();
                    while flag.load(Ordering::SeqCst) == 0 {
                        thread::park();
                    }
                }
            });
            sender.send(()).unwrap();
            flag.store(1, Ordering::SeqCst);
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a send that may have waited for room may have taken the token",
        program: || {
            let (sender, receiver) = sync_channel(1);
            sender.send(1).unwrap();
            let waiter = thread::spawn(move || {
                sender.send(2).unwrap();
                thread::park();
            });
            receiver.recv().unwrap();
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["deadlock", "woke"],
        budget: Budget::NONE,
        limits: TAKES,
    },
    Case {
        name: "a send with room leaves the token",
        program: || {
            let (sender, receiver) = sync_channel(2);
            sender.send(1).unwrap();
            let waiter = thread::spawn(move || {
                sender.send(2).unwrap();
                thread::park();
            });
            receiver.recv().unwrap();
            waiter.thread().unpark();
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "the end of a scope that may have waited may have taken the token",
        program: || {
            let main = thread::current();
            thread::scope(|scope| {
                scope.spawn(|| main.unpark());
            });
            thread::park();
            "woke".to_owned()
        },
        outcomes: &["deadlock", "woke"],
        budget: Budget::NONE,
        limits: TAKES,
    },
    Case {
        name: "the end of a scope whose threads were joined leaves the token",
        program: || {
            let main = thread::current();
            thread::scope(|scope| scope.spawn(|| main.unpark()).join().unwrap());
            thread::park();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a join leaves the token",
        program: || {
            let main = thread::current();
            thread::spawn(move || main.unpark()).join().unwrap();
            thread::park();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a lock that is waited for leaves the token",
        program: || {
            let lock = Arc::new(Mutex::new(()));
            let guard = lock.lock().unwrap();
            let waiter = thread::spawn({
                let lock = lock.clone();
                move || {
                    drop(lock.lock().unwrap());
                    thread::park();
                }
            });
            waiter.thread().unpark();
            drop(guard);
            waiter.join().unwrap();
            "woke".to_owned()
        },
        outcomes: &["woke"],
        budget: Budget::NONE,
        limits: &[],
    },
];

/// On real threads such a program may hang.
const TAKES: &[(On, Limit, &str)] = &[
    (On::Os, Limit::Skips, "a real thread that lost its wake-up never ends"),
    (On::Loom, Limit::Misses(&["deadlock"]), "on loom every choice is the first"),
];
