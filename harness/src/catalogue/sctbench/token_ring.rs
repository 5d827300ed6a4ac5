//! Three threads copy a token around a ring, and a checker expects that all places have the same in the end.
//!
//! That depends on the order in which they come, which nothing ensures.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "token_ring",
    summary: "three copies around a ring come in any order",
    expectations: &[(REPORTED, fails("the places of the ring differ"))],
    run,
    ..Scenario::USUAL
};

struct Ring {
    places: [i32; 3],
    copied: [bool; 3],
}

fn run(_: &str) {
    let ring = Arc::new(Mutex::new(Ring { places: [1, 2, 1], copied: [false; 3] }));
    let thread = |name, body: fn(&mut Ring)| {
        let ring = ring.clone();
        spawn(name, move || body(&mut ring.lock().unwrap()))
    };
    join([
        thread("first", |ring| ring.copy(0, ring.places[2] + 1)),
        thread("second", |ring| ring.copy(1, ring.places[0])),
        thread("third", |ring| ring.copy(2, ring.places[1])),
        thread("checker", |ring| ring.check()),
    ]);
}

impl Ring {
    fn copy(&mut self, place: usize, token: i32) {
        self.places[place] = token;
        self.copied[place] = true;
    }

    fn check(&self) {
        let [first, second, third] = self.places;
        let is_done = self.copied == [true; 3];
        assert!(!is_done || first == second && second == third, "the places of the ring differ: {:?}", self.places);
    }
}
