//! Two threads take two locks in opposite order around an update of a counter.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{DEADLOCKS, FIXED, HOLDS, REPORTED, SYSTEM};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "deadlock01",
    summary: "two locks are taken in opposite order",
    expectations: &[(REPORTED, DEADLOCKS), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let locks = Arc::new((Mutex::new(()), Mutex::new(0)));
    let is_ordered = revision == FIXED;
    let up = {
        let locks = locks.clone();
        spawn("up", move || {
            let _a = locks.0.lock().unwrap();
            *locks.1.lock().unwrap() += 1;
        })
    };
    let down = spawn("down", move || {
        if is_ordered {
            let _a = locks.0.lock().unwrap();
            *locks.1.lock().unwrap() -= 1;
        } else {
            let mut count = locks.1.lock().unwrap();
            let _a = locks.0.lock().unwrap();
            *count -= 1;
        }
    });
    join([up, down]);
}
