//! Histories that some order explains, and histories that none does.

use std::collections::VecDeque;

use bohrbug::history::{History, Specification};
use bohrbug::{Exploration, Program};
use bohrbug_sync::{Arc, Mutex, thread};

use crate::kind_of;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Push(u32),
    Pop,
}

/// A first-in, first-out queue.
struct Queue;

impl Specification for Queue {
    type State = VecDeque<u32>;
    type Operation = Call;
    type Outcome = Option<u32>;

    fn apply(&self, state: &mut VecDeque<u32>, call: &Call) -> Option<u32> {
        match call {
            Call::Push(value) => {
                state.push_back(*value);
                None
            }
            Call::Pop => state.pop_front(),
        }
    }
}

/// How an implementation takes the first element out.
type Pop = fn(&Mutex<VecDeque<u32>>) -> Option<u32>;

fn pop_at_once(queue: &Mutex<VecDeque<u32>>) -> Option<u32> {
    queue.lock().unwrap().pop_front()
}

/// Somebody may take it in between.
fn look_then_pop(queue: &Mutex<VecDeque<u32>>) -> Option<u32> {
    let first = queue.lock().unwrap().front().copied();
    queue.lock().unwrap().pop_front();
    first
}

fn two_poppers(pop: Pop) {
    let shared = Arc::new((Mutex::new(VecDeque::new()), History::new()));
    for value in [1, 2] {
        shared.1.call(Call::Push(value), || {
            shared.0.lock().unwrap().push_back(value);
            None
        });
    }
    let threads = ["a", "b"].map(|name| {
        let shared = shared.clone();
        let body = move || _ = shared.1.call(Call::Pop, || pop(&shared.0));
        thread::Builder::new().name(name.to_owned()).spawn(body).unwrap()
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared.1.call(Call::Pop, || pop(&shared.0));
    shared.1.assert_linearizable(&Queue);
}

fn explored(program: fn()) -> bohrbug::Report {
    Exploration::new("history", "dfs").run(&Program::new(program), |_| ()).unwrap()
}

#[test]
fn a_queue_that_is_one_is_linearizable_under_every_schedule() {
    assert_eq!(kind_of(&explored(|| two_poppers(pop_at_once))), "verified");
}

#[test]
fn what_two_calls_both_took_is_explained_by_no_order_and_the_prefix_ends_there() {
    let failure = explored(|| two_poppers(look_then_pop)).failure().cloned().unwrap();
    assert_eq!(failure.kind, bohrbug::FailureKind::Panic);
    insta::assert_snapshot!(failure.message);
}

/// Calls by moments: which operation, what it returned, from when to when.
#[track_caller]
fn check(calls: &[(Call, Option<u32>)], overlap: bool, explained: bool) {
    let history = History::new();
    let make = |history: &History<Call, Option<u32>>, rest: &[(Call, Option<u32>)]| {
        // Each call is made within the one before, or after it.
        fn nested(history: &History<Call, Option<u32>>, rest: &[(Call, Option<u32>)], overlap: bool) {
            let Some(((call, outcome), rest)) = rest.split_first() else { return };
            history.call(*call, || {
                if overlap {
                    nested(history, rest, true);
                }
                *outcome
            });
            if !overlap {
                nested(history, rest, false);
            }
        }
        nested(history, rest, overlap);
    };
    make(&history, calls);
    assert_eq!(history.check(&Queue).is_ok(), explained, "{calls:?}");
}

#[test]
fn calls_that_overlap_may_come_in_any_order_and_others_may_not() {
    check(&[], false, true);
    check(&[(Call::Push(1), None), (Call::Pop, Some(1))], false, true);
    check(&[(Call::Pop, Some(1)), (Call::Push(1), None)], false, false);
    check(&[(Call::Pop, Some(1)), (Call::Push(1), None)], true, true);
    check(&[(Call::Pop, Some(2)), (Call::Push(1), None), (Call::Push(2), None)], true, true);
    check(&[(Call::Push(1), None), (Call::Push(2), None), (Call::Pop, Some(2))], false, false);
    check(&[(Call::Pop, Some(1)), (Call::Pop, Some(1)), (Call::Push(1), None)], true, false);
}

#[test]
fn a_call_that_never_returned_may_have_taken_effect_or_not() {
    for popped in [Some(1), None] {
        let history = History::new();
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            history.call(Call::Push(1), || std::panic::resume_unwind(Box::new(())))
        }));
        assert!(panics.is_err());
        history.call(Call::Pop, || popped);
        assert_eq!(history.check(&Queue), Ok(()));
    }
}
