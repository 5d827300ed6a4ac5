//! A thread waits until an item is gone that nobody takes: it waits for ever in every execution.
//!
//! The other one finds the item there and says that it is gone, without taking it. Fixed, it takes it.

use bohrbug_sync::{Arc, Condvar, Mutex};

use super::threads::{join, spawn};
use super::{DEADLOCKS, FIXED, HOLDS, REPORTED, SYSTEM};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "sync01",
    summary: "an item is said to be gone, and is not",
    expectations: &[(REPORTED, DEADLOCKS), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

struct Slot {
    items: Mutex<u32>,
    emptied: Condvar,
    filled: Condvar,
}

fn run(revision: &str) {
    let slot = Arc::new(Slot { items: Mutex::new(1), emptied: Condvar::new(), filled: Condvar::new() });
    let takes = revision == FIXED;
    let filler = {
        let slot = slot.clone();
        spawn("filler", move || fill(&slot))
    };
    let taker = spawn("taker", move || take(&slot, takes));
    join([filler, taker]);
}

fn fill(slot: &Slot) {
    let mut items = slot.items.lock().unwrap();
    while *items > 0 {
        items = slot.emptied.wait(items).unwrap();
    }
    *items += 1;
    slot.filled.notify_one();
}

fn take(slot: &Slot, takes: bool) {
    let mut items = slot.items.lock().unwrap();
    while *items == 0 {
        items = slot.filled.wait(items).unwrap();
    }
    if takes {
        *items -= 1;
    }
    slot.emptied.notify_one();
}
