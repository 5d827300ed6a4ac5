//! Two classes of threads share a resource: who comes first in a class takes it, who leaves last gives it back.
//!
//! The first one takes it while it still has the lock of the counts, which the last one of the other class needs to give it
//! back. Fixed, it lets go of the counts before it waits; that is right for a class of one thread, as here.

use bohrbug_sync::{Arc, Mutex, MutexGuard};

use super::threads::{join, spawn};
use super::{DEADLOCKS, FIXED, HOLDS, REPORTED, SYSTEM};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "carter01",
    summary: "two classes take a shared resource under the lock that they need to give it back",
    expectations: &[(REPORTED, DEADLOCKS), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

#[derive(Default)]
struct Place {
    /// How many threads of each class are in.
    counts: Mutex<[u32; 2]>,
    resource: Mutex<()>,
}

fn run(revision: &str) {
    let place = Arc::new(Place::default());
    let lets_go = revision == FIXED;
    let member = |name, class| {
        let place = place.clone();
        spawn(name, move || place.visit(class, lets_go))
    };
    // The benchmark has two threads that do nothing.
    join([member("a", 0), member("b", 1), spawn("idle", || {}), spawn("idle", || {})]);
}

impl Place {
    fn visit(&self, class: usize, lets_go: bool) {
        let resource = self.enter(class, lets_go);
        let mut counts = self.counts.lock().unwrap();
        counts[class] -= 1;
        if counts[class] == 0 {
            drop(resource);
        }
    }

    fn enter(&self, class: usize, lets_go: bool) -> Option<MutexGuard<'_, ()>> {
        let mut counts = self.counts.lock().unwrap();
        counts[class] += 1;
        let is_first = counts[class] == 1;
        if lets_go {
            drop(counts);
        }
        is_first.then(|| self.resource.lock().unwrap())
    }
}
