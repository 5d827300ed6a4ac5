//! Two threads add to a sum, and a third one must not see it complete: it does whenever it comes last.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "lazy01",
    summary: "a checker must not come last",
    expectations: &[(REPORTED, fails("the sum is complete"))],
    run,
    ..Scenario::USUAL
};

fn run(_: &str) {
    let data = Arc::new(Mutex::new(0));
    let thread = |name, body: fn(&mut i32)| {
        let data = data.clone();
        spawn(name, move || body(&mut data.lock().unwrap()))
    };
    let checker: fn(&mut i32) = |data| assert!(*data < 3, "the sum is complete");
    join([thread("one", |data| *data += 1), thread("two", |data| *data += 2), thread("checker", checker)]);
}
