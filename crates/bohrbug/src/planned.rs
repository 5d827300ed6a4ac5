//! One execution that is held to a plan.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::control::{Config, Runtime, View};
use bohrbug_trace::{FailureKind, TraceEvent};

use crate::failure::Failure;
use crate::record;
use crate::runtime::{Ended, Program, Search};
use crate::session::Session;
use crate::strategy::{Broken, Ordered, Plan, Strategy};

/// What came of an execution that was held to a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Planned {
    /// What happened.
    pub(crate) events: Vec<TraceEvent>,
    /// What failed.
    pub(crate) failure: Option<Failure>,
    /// The orders that could not be kept, as they broke. One whose events never came up is not among them.
    pub(crate) broken: Vec<Broken>,
}

/// Runs the program once, held to that plan, on native.
pub(crate) fn run(plan: Plan, program: &Program, config: &Config) -> Planned {
    run_on(Runtime::Native, plan, program, config)
}

/// As [`run`], on native or on shuttle; loom cannot be held to anything.
pub(crate) fn run_on(on: Runtime, plan: Plan, program: &Program, config: &Config) -> Planned {
    let kind = plan.kind;
    let strategy = Rc::new(RefCell::new(Ordered::new(plan)));
    let seen = Rc::new(RefCell::new(Planned::default()));
    let supervisor = {
        let seen = seen.clone();
        Box::new(move |ended: Ended<'_>| {
            let events = record::events(ended.execution.view());
            *seen.borrow_mut() = Planned { events, failure: ended.into_failure(), broken: Vec::new() };
            ControlFlow::Break(())
        })
    };
    let session = Session::replaying(Box::new(strategy.clone()), program, kind);
    let wanted = {
        let strategy = strategy.clone();
        move |view: View<'_>| Some(strategy.borrow_mut().next_task(view))
    };
    let search = Search::following(on, wanted).unwrap_or(Search::Native);
    let ran = search.run(session, config, program, supervisor);
    let mut planned = seen.take();
    if let Err(message) = ran {
        planned.failure = Some(Failure::new(FailureKind::Runtime, message));
    }
    planned.broken = strategy.borrow().broken().to_vec();
    planned
}

#[cfg(test)]
mod tests {
    use bohrbug_sync::{Arc, Mutex, choice, label, thread};
    use bohrbug_trace::{Before, EventKey, Operation, conflicting_pairs, keys};

    use super::*;
    use crate::strategy::Rest;

    /// Two adders, each in two sections; an order loses an addition.
    fn counter() -> Program {
        Program::new(|| {
            let total = Arc::new(Mutex::new(0));
            label(&*total, "total");
            let add = |name: &str| {
                let total = total.clone();
                let body = move || {
                    let seen = *total.lock().unwrap();
                    *total.lock().unwrap() = seen + 1;
                };
                thread::Builder::new().name(name.to_owned()).spawn(body).unwrap()
            };
            for adder in ["one", "two"].map(add) {
                adder.join().unwrap();
            }
            assert_eq!(*total.lock().unwrap(), 2, "an addition was lost");
        })
    }

    fn lock(task: &str, nth: u32) -> EventKey {
        EventKey::new(format!("main/{task}"), Operation::Lock, Some("total"), nth)
    }

    fn planned(orders: &[(EventKey, EventKey)], rest: Rest) -> Planned {
        let orders = orders.iter().map(|(first, then)| Before { first: first.clone(), then: then.clone() });
        run(Plan { orders: orders.collect(), rest, ..Plan::default() }, &counter(), &Config::default())
    }

    fn check(orders: &[(EventKey, EventKey)], fails: bool, broken: &[usize]) {
        let planned = planned(orders, Rest::InTurn);
        assert_eq!(planned.failure.is_some(), fails, "{:?}", planned.failure);
        assert_eq!(planned.broken.iter().map(|broken| broken.order).collect::<Vec<_>>(), broken);
    }

    #[test]
    fn the_orders_of_a_plan_decide_whether_it_fails() {
        check(&[], false, &[]);
        check(&[(lock("two", 2), lock("one", 1))], false, &[]);
        // Each looks before the other has added.
        check(&[(lock("one", 1), lock("two", 2)), (lock("two", 1), lock("one", 2))], true, &[]);
    }

    #[test]
    fn an_order_that_cannot_be_kept_is_named() {
        let circle = [(lock("one", 2), lock("two", 1)), (lock("two", 2), lock("one", 1))];
        check(&circle, false, &[0]);
        // Nobody has such a task: what waits for it goes on when nobody else can.
        check(&[(lock("three", 1), lock("one", 1))], false, &[0]);
        // The task has ended when it is known that it never did that.
        check(&[(lock("two", 3), lock("one", 1))], false, &[0]);
        let planned = planned(&circle, Rest::InTurn);
        assert_eq!(planned.broken[0].found.to_string().split(" (").next(), Some("main/two lock total"));
        assert_eq!(planned.events[planned.broken[0].step.0 as usize].task, "main/two");
    }

    #[test]
    fn under_the_orders_of_all_conflicts_everything_is_as_it_was_whatever_else_is_drawn() {
        for seed in 0..200 {
            let drawn = planned(&[], Rest::Random { seed });
            let keys = keys(&drawn.events);
            let orders: Vec<_> = conflicting_pairs(&drawn.events)
                .into_iter()
                .map(|(first, then)| (keys[first].clone(), keys[then].clone()))
                .collect();
            for rest in [Rest::InTurn, Rest::Random { seed: seed + 1 }] {
                let again = planned(&orders, rest);
                assert_eq!(again.broken, [], "{seed}");
                assert_eq!(again.failure, drawn.failure, "{seed}");
            }
        }
    }

    #[test]
    fn ranks_decide_where_no_order_does() {
        for seed in 0..200 {
            let drawn = planned(&[], Rest::Random { seed });
            let ranks = keys(&drawn.events).into_iter().zip(0..).collect();
            assert_eq!(planned(&[], Rest::Ranked(ranks)).events, drawn.events, "{seed}");
        }
    }

    #[test]
    fn choices_have_the_values_of_the_plan() {
        let program = Program::new(|| {
            let drawn: Vec<bool> = (0..3).map(|_| choice::fault("disk")).collect();
            assert_eq!(drawn, [false, true, false]);
            assert_eq!(choice::choose(5), 3);
        });
        let disk = EventKey::new("main", Operation::Fault, Some("disk"), 2);
        let none = run(Plan::default(), &program, &Config::default());
        let of_choice = keys(&none.events).into_iter().find(|key| key.operation == Operation::Choose);
        assert!(of_choice.is_none() && none.failure.is_some());
        let first = Plan { choices: [(disk.clone(), 1)].into(), ..Plan::default() };
        let half = run(first, &program, &Config::default());
        let chosen = keys(&half.events).into_iter().find(|key| key.operation == Operation::Choose).unwrap();
        assert!(half.failure.is_some());
        let both = Plan { choices: [(disk, 1), (chosen, 3)].into(), ..Plan::default() };
        assert_eq!(run(both, &program, &Config::default()).failure, None);
    }
}
