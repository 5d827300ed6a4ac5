//! What the tests of strategies share: a run of one strategy, and an outcome to compare.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::control::{Config, View};
use bohrbug_trace::TaskId;

use super::Strategy;
use crate::Failure;
use crate::runtime::{Ended, Ending, Program, Search};
use crate::session::Session;

/// Runs `program` under `strategy`; `see` is shown every execution, and says whether to go on.
pub(crate) fn run(
    strategy: impl Strategy + 'static,
    program: impl Fn() + Send + Sync + 'static,
    mut see: impl FnMut(View<'_>, Option<&Failure>) -> ControlFlow<()> + 'static,
) -> Ending {
    let supervisor = Box::new(move |ended: Ended<'_>| see(ended.execution.view(), ended.failure.as_ref()));
    let session = Session::new(Box::new(strategy), &[]);
    Search::Native.run(session, &Config::default(), &Program::new(program), supervisor).unwrap()
}

/// What every task did and saw, each in its own order: equal for executions that differ in nothing that matters.
pub(crate) fn outcome(view: View<'_>) -> String {
    let of_task = |task| {
        let events = view.events().iter().filter(move |event| event.task == TaskId(task));
        events.map(|event| format!("{} {:?} {}", event.operation, event.value(), event.outcome)).collect::<Vec<_>>()
    };
    format!("{:?}", (0..view.task_count() as u32).map(of_task).collect::<Vec<_>>())
}

/// Runs `program` under `strategy` to the end of either, and collects what `note` makes of every execution.
pub(crate) fn collect<T: 'static>(
    strategy: impl Strategy + 'static,
    program: impl Fn() + Send + Sync + 'static,
    note: impl Fn(View<'_>) -> T + 'static,
) -> Vec<T> {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let seen = notes.clone();
    let ending = run(strategy, program, move |view, _| {
        seen.borrow_mut().push(note(view));
        ControlFlow::Continue(())
    });
    assert_eq!(ending, Ending::Complete);
    notes.take()
}
