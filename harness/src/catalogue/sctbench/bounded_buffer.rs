//! A bounded buffer whose consumers let go of the lock between finding an element and taking it.
//!
//! Each side waits while it has to and signals only if it knows of somebody who waits; that part is right. But another
//! consumer may take the element in between.

use std::collections::VecDeque;

use bohrbug_sync::{Arc, Condvar, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

/// A ring of three places, one of which is always free.
const CAPACITY: usize = 2;
const PAIRS: usize = 2;
const ITEMS: usize = 4;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "boundedBuffer",
    summary: "an element is gone between finding and taking it",
    expectations: &[(REPORTED, fails("the element is gone"))],
    run,
    ..Scenario::USUAL
};

#[derive(Default)]
struct Buffer {
    state: Mutex<State>,
    not_full: Condvar,
    not_empty: Condvar,
}

#[derive(Default)]
struct State {
    items: VecDeque<usize>,
    waiting_producers: usize,
    waiting_consumers: usize,
}

fn run(_: &str) {
    let buffer = Arc::new(Buffer::default());
    let thread = |name, body: fn(&Buffer, usize)| {
        let buffer = buffer.clone();
        spawn(name, move || (0..ITEMS).for_each(|item| body(&buffer, item)))
    };
    let mut threads: Vec<_> = (0..PAIRS).map(|_| thread("producer", Buffer::put)).collect();
    threads.extend((0..PAIRS).map(|_| thread("consumer", Buffer::take)));
    join(threads);
}

impl Buffer {
    fn put(&self, item: usize) {
        let mut state = self.state.lock().unwrap();
        state.waiting_producers += 1;
        while state.items.len() == CAPACITY {
            state = self.not_full.wait(state).unwrap();
        }
        state.waiting_producers -= 1;
        state.items.push_back(item);
        if state.waiting_consumers > 0 {
            self.not_empty.notify_one();
        }
    }

    fn take(&self, _: usize) {
        self.wait_for_an_item();
        let mut state = self.state.lock().unwrap();
        assert!(state.items.pop_front().is_some(), "the element is gone");
        if state.waiting_producers > 0 {
            self.not_full.notify_one();
        }
    }

    fn wait_for_an_item(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting_consumers += 1;
        while state.items.is_empty() {
            state = self.not_empty.wait(state).unwrap();
        }
        state.waiting_consumers -= 1;
    }
}
