//! A popper pops whenever something was ever pushed, instead of whenever something is there.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

const SIZE: usize = 10;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "stack",
    summary: "a popper takes a flag that is never cleared for an element",
    expectations: &[(REPORTED, fails("the stack is empty"))],
    run,
    ..Scenario::USUAL
};

#[derive(Default)]
struct Stack {
    elements: Vec<usize>,
    /// Set after each push, and never cleared.
    pushed: bool,
}

fn run(_: &str) {
    let stack = Arc::new(Mutex::new(Stack::default()));
    let thread = |name, body: fn(&mut Stack, usize)| {
        let stack = stack.clone();
        spawn(name, move || (0..SIZE).for_each(|turn| body(&mut stack.lock().unwrap(), turn)))
    };
    join([thread("pusher", push), thread("popper", pop)]);
}

fn push(stack: &mut Stack, turn: usize) {
    stack.elements.push(turn);
    stack.pushed = true;
}

fn pop(stack: &mut Stack, _: usize) {
    if stack.pushed {
        assert!(stack.elements.pop().is_some(), "the stack is empty");
    }
}
