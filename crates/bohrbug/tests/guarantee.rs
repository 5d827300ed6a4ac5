//! The guarantee of `pct` holds: a bug of a known depth is found at least as often as is printed.
//!
//! The bug shows in the last steps of the longest executions: all are as long, or few are, or some are cut off on the way.
//! How often it should be found at the least follows from the report alone.

use std::ops::ControlFlow;
use std::sync::Arc as Plain;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, thread};

/// A writer counts up to a number, and takes it back in its last step: a reader that comes just before sees it. Depth 2.
fn last_step(writes: u32, found: &AtomicU64) {
    let word = Arc::new(AtomicU32::new(0));
    let writer = thread::spawn({
        let word = word.clone();
        move || (1..=writes).chain([0]).for_each(|value| word.store(value, SeqCst))
    });
    if word.load(SeqCst) == writes {
        found.fetch_add(1, Relaxed);
    }
    writer.join().unwrap();
}

/// Spins, sometimes for so long that the execution is cut off.
fn spin() {
    let flag = Arc::new(AtomicU32::new(0));
    let setter = thread::spawn({
        let flag = flag.clone();
        move || flag.store(1, SeqCst)
    });
    while flag.load(SeqCst) == 0 {}
    setter.join().unwrap();
}

struct Case {
    name: &'static str,
    body: fn(&AtomicU64),
    /// One execution in so many is one that can have the bug.
    one_in: u32,
    executions: u64,
}

const CASES: &[Case] = &[
    Case { name: "always as long", body: |found| last_step(12, found), one_in: 1, executions: 3_000 },
    // The first sixteen executions need not show how long the others can be.
    Case {
        name: "seldom long",
        body: |found| last_step(if choose(20) == 0 { 12 } else { 4 }, found),
        one_in: 20,
        executions: 20_000,
    },
    Case {
        name: "some are cut off",
        body: |found| {
            if choose(4) == 0 {
                spin();
            }
            last_step(12, found);
        },
        one_in: 1,
        executions: 3_000,
    },
];

#[test]
fn a_bug_is_found_as_often_as_is_guaranteed() {
    for case in CASES {
        for seed in 0..3 {
            let (name, body) = (case.name, case.body);
            let found = Plain::new(AtomicU64::new(0));
            let program = Program::new({
                let found = found.clone();
                move || body(&found)
            });
            let budget = Budget::default().executions(case.executions);
            let mut exploration = Exploration::new(name, "pct:2").seed(seed).budget(budget);
            exploration.config.step_bound = 300;
            let report = exploration.explore(&program, |_| ControlFlow::Continue(())).unwrap();
            let guarantee = report.guarantee.unwrap_or_else(|| panic!("{name}: nothing is guaranteed"));
            // Not those of an execution that was cut off.
            assert!((10..300).contains(&guarantee.steps), "{name}, seed {seed}: {guarantee:?}");
            let expected = case.executions as f64 * guarantee.probability() / f64::from(case.one_in);
            let times = found.load(Relaxed);
            println!("{name}, seed {seed}: {times} times, at least {expected:.1} expected; {guarantee:?}");
            // Four standard deviations: the probability is not more than it has to be.
            let least = 4.0_f64.mul_add(-expected.sqrt(), expected);
            assert!(times > 0 && times as f64 >= least, "{name}, seed {seed}: {times} of {expected:.1}");
        }
    }
}
