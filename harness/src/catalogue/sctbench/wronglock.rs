//! A thread counts under a lock and relies on it; three others count the same under another lock.

use bohrbug_sync::atomic::{AtomicI32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "wronglock_3",
    summary: "three threads count under the wrong lock",
    expectations: &[(REPORTED, fails("somebody else counted")), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

const OTHERS: usize = 3;

#[derive(Default)]
struct Count {
    number: AtomicI32,
    lock: Mutex<()>,
    wrong: Mutex<()>,
}

fn run(revision: &str) {
    let count = Arc::new(Count::default());
    let is_wrong = revision != FIXED;
    let mut threads = vec![{
        let count = count.clone();
        spawn("careful", move || count.add_carefully())
    }];
    threads.extend((0..OTHERS).map(|_| {
        let count = count.clone();
        spawn("other", move || {
            let _guard = if is_wrong { &count.wrong } else { &count.lock }.lock().unwrap();
            count.add();
        })
    }));
    join(threads);
}

impl Count {
    fn add(&self) {
        self.number.store(self.number.load(SeqCst) + 1, SeqCst);
    }

    fn add_carefully(&self) {
        let _guard = self.lock.lock().unwrap();
        let before = self.number.load(SeqCst);
        self.add();
        assert_eq!(self.number.load(SeqCst), before + 1, "somebody else counted");
    }
}
