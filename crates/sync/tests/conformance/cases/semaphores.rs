//! Semaphores.

use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{AcquireTimeoutError, Arc, Mutex, Semaphore, TryAcquireError, thread};

use super::mutexes::WOULD_HANG;
use crate::case::{Budget, Case};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a semaphore lets no more in than it has permits",
        program: || {
            let (semaphore, inside, most) = (Semaphore::new(1), AtomicU32::new(0), AtomicU32::new(0));
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        let _permit = semaphore.acquire().unwrap();
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            });
            format!("{} at once, {} left", most.load(Ordering::SeqCst), semaphore.available_permits())
        },
        outcomes: &["1 at once, 1 left"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "permits that are there for two are not waited for",
        program: || {
            let (semaphore, together) = (Arc::new(Semaphore::new(2)), Arc::new(AtomicU32::new(0)));
            let other = thread::spawn({
                let (semaphore, together) = (semaphore.clone(), together.clone());
                move || {
                    let _permit = semaphore.acquire().unwrap();
                    together.load(Ordering::SeqCst)
                }
            });
            let _permit = semaphore.acquire().unwrap();
            together.store(1, Ordering::SeqCst);
            other.join().unwrap().to_string()
        },
        outcomes: &["0", "1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "whoever waits for many is not overtaken by who comes later for one",
        program: not_overtaken,
        outcomes: &["few, many", "many, few"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "permits that wait for more are kept, so that a try finds none",
        program: || {
            let semaphore = Arc::new(Semaphore::new(1));
            let other = thread::spawn({
                let semaphore = semaphore.clone();
                move || semaphore.acquire_many(2).unwrap().forget()
            });
            let found = match semaphore.try_acquire() {
                Ok(permit) => {
                    permit.forget();
                    "one"
                }
                Err(TryAcquireError::NoPermits) => "kept",
                Err(TryAcquireError::Closed) => "closed",
            };
            semaphore.add_permits(2);
            other.join().unwrap();
            format!("{found}, {} left", semaphore.available_permits())
        },
        outcomes: &["kept, 1 left", "one, 0 left"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a semaphore that is closed refuses those who wait and those who come",
        program: || {
            let semaphore = Arc::new(Semaphore::new(0));
            let other = thread::spawn({
                let semaphore = semaphore.clone();
                move || semaphore.acquire().is_err()
            });
            semaphore.close();
            semaphore.add_permits(1);
            let tried = semaphore.try_acquire().unwrap_err();
            format!("{} {tried:?} {}", other.join().unwrap(), semaphore.is_closed())
        },
        outcomes: &["true Closed true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "nobody adds the permit that a task waits for",
        program: || {
            let semaphore = Semaphore::new(1);
            let _one = semaphore.acquire().unwrap();
            let _ = semaphore.acquire();
            "acquired".to_owned()
        },
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "permits that are forgotten are gone",
        program: || {
            let semaphore = Semaphore::new(3);
            semaphore.acquire().unwrap().forget();
            let forgotten = [semaphore.forget_permits(1), semaphore.forget_permits(5)];
            format!("{forgotten:?} {:?}", semaphore.try_acquire().unwrap_err())
        },
        outcomes: &["[1, 1] NoPermits"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a wait for permits that times out gives back what it had got",
        program: || {
            let semaphore = Semaphore::new(1);
            let end = semaphore.acquire_many_timeout(2, Duration::from_millis(1)).unwrap_err();
            format!("{end:?}, {} left", semaphore.available_permits())
        },
        outcomes: &["TimedOut, 1 left"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "what a timeout gives back is enough for the next in the line",
        program: || {
            let semaphore = Arc::new(Semaphore::new(1));
            let other = thread::spawn({
                let semaphore = semaphore.clone();
                move || semaphore.acquire().map(drop).is_ok()
            });
            let many = semaphore.acquire_many_timeout(2, Duration::from_millis(1)).map(drop);
            format!("{many:?} {}", other.join().unwrap())
        },
        outcomes: &["Err(TimedOut) true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a wait for permits may time out although they are coming, where that is allowed",
        program: || {
            let semaphore = Arc::new(Semaphore::new(0));
            let other = thread::spawn({
                let semaphore = semaphore.clone();
                move || semaphore.add_permits(1)
            });
            let got = semaphore.acquire_many_timeout(1, Duration::from_micros(1)).map(drop);
            other.join().unwrap();
            format!(
                "{:?}, {} left",
                got.map_err(|error| error == AcquireTimeoutError::TimedOut),
                semaphore.available_permits()
            )
        },
        outcomes: &["Err(true), 1 left", "Ok(()), 1 left"],
        budget: Budget::ONE_TIMEOUT,
        limits: &[],
    },
    Case {
        name: "a permit that a panic drops is given back",
        program: || {
            let semaphore = Arc::new(Semaphore::new(1));
            let other = thread::spawn({
                let semaphore = semaphore.clone();
                move || {
                    let _permit = semaphore.acquire().unwrap();
                    panic!("on purpose");
                }
            });
            let acquired = semaphore.acquire().is_ok();
            format!("{acquired} {}", other.join().is_err())
        },
        outcomes: &["true true"],
        budget: Budget::NONE,
        limits: &[],
    },
];

/// One has both permits, and gives them back; then come one who wants both and one who wants one.
fn not_overtaken() -> String {
    let (semaphore, order) = (Arc::new(Semaphore::new(2)), Arc::new(Mutex::new(Vec::new())));
    let both = semaphore.acquire_many(2).unwrap();
    let [many, few] = [("many", 2), ("few", 1)].map(|(name, permits)| {
        let (semaphore, order) = (semaphore.clone(), order.clone());
        thread::spawn(move || {
            let _permits = semaphore.acquire_many(permits).unwrap();
            order.lock().unwrap().push(name);
        })
    });
    drop(both);
    many.join().unwrap();
    few.join().unwrap();
    order.lock().unwrap().join(", ")
}
