//! Two threads take a lock twice each, and let go of it once: the second one waits for ever in every execution.
//!
//! Fixed, they let go of it twice.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{DEADLOCKS, FIXED, HOLDS, REPORTED, SYSTEM};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "phase01",
    summary: "a lock is never given back",
    expectations: &[(REPORTED, DEADLOCKS), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let gives_back = revision == FIXED;
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let threads = [(); 2].map(|()| {
        let locks = locks.clone();
        spawn("phase", move || phase(&locks.0, &locks.1, gives_back))
    });
    join(threads);
}

fn phase(x: &Mutex<()>, y: &Mutex<()>, gives_back: bool) {
    drop(x.lock().unwrap());
    let second = x.lock().unwrap();
    if gives_back {
        drop(second);
    } else {
        std::mem::forget(second);
    }
    for _ in 0..2 {
        drop(y.lock().unwrap());
    }
}
