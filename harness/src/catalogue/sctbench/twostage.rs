//! Writers work in two stages, each under a lock of its own; readers must not come between the two.
//!
//! A reader has to come after the first writer's first stage and before any writer's second: the more writers, the rarer.
//! Fixed, both stages are under the first lock.

use bohrbug_sync::atomic::{AtomicI32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::{Expectation, Scenario};

const HALFWAY: Expectation = fails("only one stage is done");

pub(super) const OF_2: Scenario = twostage("twostage", &[(REPORTED, HALFWAY), (FIXED, HOLDS)], |r| run(r, 1, 1));
pub(super) const OF_20: Scenario = twostage("twostage_20", &[(REPORTED, HALFWAY)], |r| run(r, 10, 10));
pub(super) const OF_100: Scenario = twostage("twostage_100", &[(REPORTED, HALFWAY)], |r| run(r, 99, 1));

const fn twostage(name: &'static str, expectations: &'static [(&'static str, Expectation)], run: fn(&str)) -> Scenario {
    let summary = "a reader comes between the first writer's stages, and before the second stage of any";
    Scenario { system: SYSTEM, name, summary, expectations, run, ..Scenario::USUAL }
}

#[derive(Default)]
struct Stages {
    /// Written under `first`; the second stage reads it without.
    one: AtomicI32,
    first: Mutex<()>,
    two: Mutex<i32>,
}

fn run(revision: &str, writers: usize, readers: usize) {
    let stages = Arc::new(Stages::default());
    let thread = |name, body: fn(&Stages, bool)| {
        let (stages, is_one) = (stages.clone(), revision == FIXED);
        spawn(name, move || body(&stages, is_one))
    };
    let mut threads: Vec<_> = (0..writers).map(|_| thread("writer", write)).collect();
    threads.extend((0..readers).map(|_| thread("reader", read)));
    join(threads);
}

/// Both stages. The first lock is kept for the second one if `is_one`, and else given back between the two.
fn write(stages: &Stages, is_one: bool) {
    let first = stages.first.lock().unwrap();
    stages.one.store(1, SeqCst);
    let _first = is_one.then_some(first);
    let mut two = stages.two.lock().unwrap();
    *two = stages.one.load(SeqCst) + 1;
}

fn read(stages: &Stages, is_one: bool) {
    let first = stages.first.lock().unwrap();
    let one = stages.one.load(SeqCst);
    if one == 0 {
        return;
    }
    let _first = is_one.then_some(first);
    let two = *stages.two.lock().unwrap();
    assert_eq!(two, one + 1, "only one stage is done");
}
