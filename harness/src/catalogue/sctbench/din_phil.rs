//! Dining philosophers whose last one must not finish.
//!
//! Each takes and puts down both forks in one atomic section, so that nobody starves; then it counts itself. That the count
//! is never full is asserted, and wrong in every execution: a check of the tools rather than of the search. A monitor of
//! the order of locks has to see that the forks are only taken under the lock of the table.

use bohrbug_sync::atomic::{AtomicUsize, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::{Expectation, Scenario};

pub(super) const TWO: Scenario = dinner("din_phil2", |_| dine(2));
pub(super) const THREE: Scenario = dinner("din_phil3", |_| dine(3));
pub(super) const FOUR: Scenario = dinner("din_phil4", |_| dine(4));
pub(super) const FIVE: Scenario = dinner("din_phil5", |_| dine(5));

const EXPECTED: &[(&str, Expectation)] = &[(REPORTED, fails("all have eaten"))];

const fn dinner(name: &'static str, run: fn(&str)) -> Scenario {
    let summary = "the last of the dining philosophers must not finish";
    Scenario { system: SYSTEM, name, summary, expectations: EXPECTED, run, ..Scenario::USUAL }
}

struct Table {
    /// The atomic section.
    section: Mutex<()>,
    forks: Vec<Mutex<()>>,
    fed: AtomicUsize,
}

fn dine(philosophers: usize) {
    let forks = (0..philosophers).map(|_| Mutex::new(())).collect();
    let table = Arc::new(Table { section: Mutex::new(()), forks, fed: AtomicUsize::new(0) });
    let seats: Vec<_> = (0..philosophers)
        .map(|seat| {
            let table = table.clone();
            spawn("philosopher", move || table.eat(seat))
        })
        .collect();
    join(seats);
}

impl Table {
    fn eat(&self, seat: usize) {
        {
            let _section = self.section.lock().unwrap();
            let _right = self.forks[seat].lock().unwrap();
            let _left = self.forks[(seat + 1) % self.forks.len()].lock().unwrap();
        }
        self.fed.fetch_add(1, SeqCst);
        assert_ne!(self.fed.load(SeqCst), self.forks.len(), "all have eaten");
    }
}
