//! A producer and a consumer of three items, whose sum must not be what it always is.
//!
//! It fails in every execution that ends: a check of the tools rather than of the search.

use bohrbug_sync::{Arc, Condvar, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

const ROUNDS: u32 = 3;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "arithmetic_prog",
    summary: "the sum of three rounds must not be what it always is",
    expectations: &[(REPORTED, fails("the sum of the rounds")), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    emptied: Condvar,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    items: u32,
    total: u32,
    done: bool,
}

fn run(revision: &str) {
    let slot = Arc::new(Slot::default());
    let thread = |name, body: fn(&Slot)| {
        let slot = slot.clone();
        spawn(name, move || body(&slot))
    };
    join([thread("producer", produce), thread("consumer", consume)]);
    let state = slot.state.lock().unwrap();
    let is_the_sum = state.total == ROUNDS * (ROUNDS + 1) / 2;
    assert!(!state.done || is_the_sum == (revision == FIXED), "the sum of the rounds is {}", state.total);
}

fn produce(slot: &Slot) {
    for _ in 0..ROUNDS {
        let mut state = slot.state.lock().unwrap();
        while state.items > 0 {
            state = slot.emptied.wait(state).unwrap();
        }
        state.items += 1;
        slot.filled.notify_one();
    }
}

fn consume(slot: &Slot) {
    for round in 1..=ROUNDS {
        let mut state = slot.state.lock().unwrap();
        while state.items == 0 {
            state = slot.filled.wait(state).unwrap();
        }
        state.total += round;
        state.items -= 1;
        slot.emptied.notify_one();
    }
    slot.state.lock().unwrap().done = true;
}
