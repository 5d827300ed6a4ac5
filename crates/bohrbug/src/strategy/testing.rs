//! What the tests of strategies share: a run of one strategy, and an outcome to compare.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::control::{Config, Event, View};
use bohrbug_sync::{Arc, thread};
use bohrbug_trace::{Operation, TaskId};

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
    let supervisor = Box::new(move |ended: Ended<'_>| see(ended.execution.view(), ended.failure.as_deref()));
    let program = Program::new(program);
    let session = Session::new(Box::new(strategy), &program, &[], &[]);
    Search::Native.run(session, &Config::default(), &program, supervisor).unwrap()
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

/// One task writes a variable so many times, and another reads it once: how often `strategy` lets it read the last value
/// in so many executions.
///
/// The reader has two steps, to begin and to read, and the writer one for each write and one to begin.
pub(crate) fn times_held_up(strategy: impl Strategy + 'static, writes: u32, executions: u64) -> u64 {
    let program = move || {
        let variable = Arc::new(AtomicU32::new(0));
        let reader = {
            let variable = variable.clone();
            thread::spawn(move || variable.load(SeqCst))
        };
        let writer = thread::spawn(move || (1..=writes).for_each(|value| variable.store(value, SeqCst)));
        reader.join().unwrap();
        writer.join().unwrap();
    };
    let (mut left, times) = (executions, Rc::new(RefCell::new(0)));
    let seen = times.clone();
    run(strategy, program, move |view, _| {
        let mut events = view.events().iter();
        let read = events.find(|event| event.operation == Operation::Load).and_then(Event::value);
        *seen.borrow_mut() += u64::from(read == Some(writes.into()));
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    times.take()
}
