//! How likely orders are, counted over many executions: as the numbers of interesting events say, however long the tasks
//! are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::control::Event;
use bohrbug_sync::{Arc, label, thread};

use super::super::testing::{run, times_held_up};
use super::*;
use crate::strategy::Random;

// A reader has to come after all of a writer's 40 writes. All 41 orders of these events are equally likely in every second
// execution, so it does in one of 82.
#[test]
fn a_task_with_one_event_comes_last_as_often_as_anywhere() {
    // 2,000 executions miss it with probability (81/82)^2000 = 2e-11.
    let times = times_held_up(Surw::new(1), 40, 2_000);
    // Expected are 24, with a deviation of 5.
    assert!((5..=50).contains(&times), "{times} times");
}

#[test]
fn a_random_walk_hardly_ever_lets_it() {
    // The reader loses 41 draws of one in two: in 2,000 executions with probability 2000 * 41 / 2^41 = 4e-8.
    assert_eq!(times_held_up(Random::new(1), 40, 2_000), 0);
}

/// The orders in which three tasks store twice each in one variable, execution after execution.
fn orders(surw: impl Strategy + 'static, executions: usize) -> Vec<Vec<u32>> {
    let program = || {
        let variable = Arc::new(AtomicU32::new(0));
        label(&*variable, "variable");
        let tasks = [0, 1, 2].map(|task| {
            let variable = variable.clone();
            thread::spawn(move || {
                // Many steps on a variable of its own make no order more likely.
                (0..task * 10).for_each(|_| AtomicU32::new(0).store(1, SeqCst));
                variable.store(100 + task, SeqCst);
                variable.store(100 + task, SeqCst);
            })
        });
        tasks.into_iter().for_each(|task| task.join().unwrap());
    };
    let orders = Rc::new(RefCell::new(Vec::new()));
    let seen = orders.clone();
    run(surw, program, move |view, _| {
        let stored = view.events().iter().filter_map(Event::value).filter(|&value| value >= 100);
        seen.borrow_mut().push(stored.map(|value| value as u32).collect());
        if seen.borrow().len() == executions { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    orders.take()
}

#[test]
fn all_orders_of_interesting_events_are_equally_likely() {
    // 6! / 2!^3 = 90 orders, each 50 times in 4,500 executions with a deviation of 7. Of 90 the farthest is more than
    // five deviations off once in 20,000 tries.
    let mut times = BTreeMap::new();
    let learned = LEARNING as usize;
    for order in orders(Surw::of(1, "variable"), learned + 9_000).into_iter().skip(learned).step_by(2) {
        *times.entry(order).or_insert(0) += 1;
    }
    assert_eq!(times.len(), 90);
    let (least, most) = (times.values().min().unwrap(), times.values().max().unwrap());
    assert!(*least >= 15 && *most <= 85, "between {least} and {most} times");
}

#[test]
fn interest_is_named_by_operations_or_by_a_part_of_a_label() {
    assert_eq!(Interest::parse("load,store"), Interest::Operations(vec![Operation::Load, Operation::Store]));
    assert_eq!(Interest::parse("counter"), Interest::Objects("counter".to_owned()));
}

/// A walk that leaves executions out.
struct Skipping {
    surw: Surw,
    skipped: u64,
}

impl Strategy for Skipping {
    fn begin(&mut self, execution: u64) -> bool {
        self.surw.begin(if execution < LEARNING { execution } else { execution + self.skipped })
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.surw.next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.surw.choose(view, alternatives)
    }
}

#[test]
fn what_an_execution_does_follows_from_its_number_once_it_has_learned() {
    let all = orders(Surw::new(3), 40);
    let learned = LEARNING as usize;
    for skipped in [1, 10] {
        let some = orders(Skipping { surw: Surw::new(3), skipped: skipped as u64 }, 20);
        assert_eq!(some[learned..], all[learned + skipped..][..20 - learned]);
    }
}
