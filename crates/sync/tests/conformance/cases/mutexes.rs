//! Mutexes.

use bohrbug_sync::{Arc, Mutex, TryLockError, thread};

use crate::case::Limit::{self, Misses, Skips};
use crate::case::{Budget, Case, On};

pub(crate) const WOULD_HANG: &[(On, Limit, &str)] = &[(On::Os, Skips, "a real deadlock never ends")];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "two increments under a lock are both kept",
        program: || increments(false),
        outcomes: &["2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "two increments in two critical sections each may lose one",
        program: || increments(true),
        outcomes: &["1", "2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "try_lock succeeds or fails as the other thread is",
        program: try_lock,
        outcomes: &["free", "held"],
        budget: Budget::NONE,
        limits: &[(On::Loom, Misses(&["held"]), "loom has no scheduling point before an unlock")],
    },
    Case {
        name: "a panic under the lock poisons it, and the poison can be cleared",
        program: poison,
        outcomes: &["lock poisoned with 1, try_lock poisoned, cleared"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a panic after the lock poisons nothing",
        program: no_poison,
        outcomes: &["false"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "locks taken in opposite orders may deadlock",
        program: opposite_orders,
        outcomes: &["deadlock", "done"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "a lock taken twice by one thread deadlocks",
        program: locked_twice,
        outcomes: &["deadlock"],
        budget: Budget::NONE,
        limits: WOULD_HANG,
    },
    Case {
        name: "get_mut and into_inner need no lock",
        program: || {
            let mut mutex = Mutex::new(1);
            *mutex.get_mut().unwrap() += 1;
            mutex.into_inner().unwrap().to_string()
        },
        outcomes: &["2"],
        budget: Budget::NONE,
        limits: &[],
    },
];

fn increments(in_two_sections: bool) -> String {
    let total = Arc::new(Mutex::new(0));
    let increment = move |total: &Mutex<i32>| {
        if in_two_sections {
            let old = *total.lock().unwrap();
            *total.lock().unwrap() = old + 1;
        } else {
            *total.lock().unwrap() += 1;
        }
    };
    let other = thread::spawn({
        let total = total.clone();
        move || increment(&total)
    });
    increment(&total);
    other.join().unwrap();
    total.lock().unwrap().to_string()
}

fn try_lock() -> String {
    let mutex = Arc::new(Mutex::new(()));
    let other = thread::spawn({
        let mutex = mutex.clone();
        move || drop(mutex.lock().unwrap())
    });
    let outcome = match mutex.try_lock() {
        Ok(_) => "free",
        Err(TryLockError::WouldBlock) => "held",
        Err(TryLockError::Poisoned(_)) => "poisoned",
    };
    other.join().unwrap();
    outcome.to_owned()
}

fn poison() -> String {
    let mutex = Arc::new(Mutex::new(0));
    let other = thread::spawn({
        let mutex = mutex.clone();
        move || {
            *mutex.lock().unwrap() += 1;
            let _guard = mutex.lock().unwrap();
            panic!("while it is held");
        }
    });
    assert!(other.join().is_err());
    let lock = match mutex.lock() {
        Ok(_) => "lock fine".to_owned(),
        Err(poisoned) => format!("lock poisoned with {}", *poisoned.into_inner()),
    };
    let try_lock = matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_)));
    mutex.clear_poison();
    let cleared = !mutex.is_poisoned() && mutex.lock().is_ok();
    format!(
        "{lock}, try_lock {}, {}",
        if try_lock { "poisoned" } else { "fine" },
        if cleared { "cleared" } else { "not cleared" }
    )
}

fn no_poison() -> String {
    let mutex = Arc::new(Mutex::new(0));
    let other = thread::spawn({
        let mutex = mutex.clone();
        move || {
            drop(mutex.lock().unwrap());
            panic!("after it was held");
        }
    });
    assert!(other.join().is_err());
    mutex.is_poisoned().to_string()
}

fn opposite_orders() -> String {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let other = thread::spawn({
        let locks = locks.clone();
        move || {
            let _first = locks.1.lock().unwrap();
            let _second = locks.0.lock().unwrap();
        }
    });
    {
        let _first = locks.0.lock().unwrap();
        let _second = locks.1.lock().unwrap();
    }
    other.join().unwrap();
    "done".to_owned()
}

fn locked_twice() -> String {
    let mutex = Mutex::new(());
    let _first = mutex.lock().unwrap();
    let _second = mutex.lock().unwrap();
    "done".to_owned()
}
