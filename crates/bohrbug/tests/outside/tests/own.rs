//! A strategy and a monitor of this crate's own.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use bohrbug::monitor::{Event, Monitor};
use bohrbug::strategy::{Strategy, View};
use bohrbug::trace::{Operation, TaskId};
use bohrbug::{Check, Failure, FailureKind};
use bohrbug_sync::{Arc, thread};
use tally::Tally;

/// Main goes first, then the youngest task, in one execution.
#[derive(Clone)]
struct Youngest;

impl Strategy for Youngest {
    fn begin(&mut self, execution: u64) -> bool {
        execution == 0
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        if view.is_ready(TaskId::MAIN) { TaskId::MAIN } else { view.ready().nth(view.ready().len() - 1) }
    }

    fn choose(&mut self, _: View<'_>, _: u32) -> u32 {
        0
    }
}

/// The first task that was spawned is the first to lock anything.
#[derive(Clone, Default)]
struct InOrder {
    locked: bool,
}

impl Monitor for InOrder {
    fn kind(&self) -> FailureKind {
        FailureKind::Custom("out-of-order")
    }

    fn begin(&mut self) {
        self.locked = false;
    }

    fn watches(&self) -> bool {
        true
    }

    fn reported(&mut self, _: View<'_>, event: &Event) -> Option<Failure> {
        if event.operation != Operation::Lock || std::mem::replace(&mut self.locked, true) {
            return None;
        }
        let message = "the second task locks before the first".to_owned();
        (event.task != TaskId(1)).then(|| Failure::new(self.kind(), message))
    }
}

fn add_twice() {
    let tally = Arc::new(Tally::default());
    let adders = [(); 2].map(|()| {
        let tally = tally.clone();
        thread::spawn(move || tally.add())
    });
    for adder in adders {
        adder.join().unwrap();
    }
}

#[test]
fn a_strategy_and_a_monitor_of_ones_own_are_used_like_others() {
    let traces = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-traces");
    let _ = fs::remove_dir_all(&traces);
    let check = || Check::named("own").strategy(Youngest).traces(&traces);
    assert_eq!(check().run(add_twice).executions, 1);
    assert_eq!(check().monitor(InOrder::default()).off("out-of-order").run(add_twice).executions, 1);
    let fails = || {
        let failed = catch_unwind(|| check().monitor(InOrder::default()).run(add_twice));
        *failed.expect_err("the second task is the younger one").downcast::<String>().expect("a report")
    };
    let found = fails();
    assert!(found.starts_with("`own` failed at execution 1 under Youngest"), "{found}");
    assert!(found.contains("out-of-order: the second task locks before the first"), "{found}");
    let again = fails();
    assert!(again.starts_with("`own` fails as recorded in "), "{again}");
}

#[test]
fn a_strategy_of_a_feature_that_is_off_says_which_one() {
    let refused = catch_unwind(|| Check::named("with loom").strategy("loom").run(|| ()));
    let said = *refused.expect_err("this crate has no loom").downcast::<String>().expect("words");
    assert!(said.starts_with("the strategy `loom` needs loom, which this build does not have"), "{said}");
    assert!(said.ends_with("`cargo add --dev bohrbug --features loom`"), "{said}");
}
