//! A queue whose producer and consumer should take turns: who finds that it is not its turn loses it.
//!
//! The producer notes what it put in at which turn; the consumer compares with what it takes out at its own.

use std::collections::VecDeque;

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

const SIZE: usize = 20;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "queue",
    summary: "a queue's turns are lost, so that its log and its consumer are out of step",
    expectations: &[(REPORTED, fails("another element"))],
    run,
    ..Scenario::USUAL
};

struct State {
    queue: VecDeque<usize>,
    /// What was put in, by the producer's turn.
    stored: [Option<usize>; SIZE],
    /// Whether it is the producer's turn.
    enqueues: bool,
}

fn run(_: &str) {
    let state = State { queue: VecDeque::new(), stored: [None; SIZE], enqueues: true };
    let state = Arc::new(Mutex::new(state));
    let thread = |name, body: fn(&Mutex<State>)| {
        let state = state.clone();
        spawn(name, move || body(&state))
    };
    join([thread("producer", produce), thread("consumer", consume)]);
}

fn produce(state: &Mutex<State>) {
    // The first one is put in without a turn.
    state.lock().unwrap().enqueue(0);
    for turn in 1..SIZE {
        let mut state = state.lock().unwrap();
        if state.enqueues {
            state.enqueue(turn);
            state.enqueues = false;
        }
    }
}

fn consume(state: &Mutex<State>) {
    for turn in 0..SIZE {
        let mut state = state.lock().unwrap();
        if !state.enqueues {
            let element = state.queue.pop_front();
            assert_eq!(element, state.stored[turn], "another element was due");
            state.enqueues = true;
        }
    }
}

impl State {
    fn enqueue(&mut self, turn: usize) {
        self.queue.push_back(turn);
        self.stored[turn] = Some(turn);
    }
}
