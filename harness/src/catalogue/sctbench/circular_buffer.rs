//! A producer and a consumer that should take turns: who finds that it is not its turn loses it.
//!
//! Fixed, they wait for their turn.

use bohrbug_sync::{Arc, Condvar, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

const CAPACITY: usize = 10;
const TURNS: usize = 7;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "circular_buffer",
    summary: "who finds that it is not its turn loses it",
    expectations: &[(REPORTED, fails("another element")), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

struct Buffer {
    elements: [usize; CAPACITY],
    inserted: usize,
    removed: usize,
    /// Whether it is the producer's turn.
    sends: bool,
}

struct Channel {
    buffer: Mutex<Buffer>,
    turned: Condvar,
    waits: bool,
}

fn run(revision: &str) {
    let buffer = Mutex::new(Buffer { elements: [0; CAPACITY], inserted: 0, removed: 0, sends: true });
    let channel = Arc::new(Channel { buffer, turned: Condvar::new(), waits: revision == FIXED });
    let thread = |name, body: fn(&Channel, usize)| {
        let channel = channel.clone();
        spawn(name, move || (0..TURNS).for_each(|turn| body(&channel, turn)))
    };
    join([thread("producer", Channel::send), thread("consumer", Channel::receive)]);
}

impl Channel {
    fn send(&self, turn: usize) {
        self.take_turn(true, |buffer| {
            buffer.elements[buffer.inserted % CAPACITY] = turn;
            buffer.inserted += 1;
        });
    }

    fn receive(&self, turn: usize) {
        self.take_turn(false, |buffer| {
            let element = buffer.elements[buffer.removed % CAPACITY];
            buffer.removed += 1;
            assert_eq!(element, turn, "another element was due");
        });
    }

    fn take_turn(&self, sends: bool, act: impl FnOnce(&mut Buffer)) {
        let mut buffer = self.buffer.lock().unwrap();
        while self.waits && buffer.sends != sends {
            buffer = self.turned.wait(buffer).unwrap();
        }
        if buffer.sends == sends {
            act(&mut buffer);
            buffer.sends = !sends;
            if self.waits {
                self.turned.notify_one();
            }
        }
    }
}
