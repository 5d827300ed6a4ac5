//! Leaked threads: a thread that nobody joined and that had not ended when main did.
//!
//! The process's end would have cut it off in the middle of whatever it was doing. Off unless it is asked for, since much
//! correct code detaches threads on purpose: ask with `Check::on("leaked-threads")`. A thread that nobody joined and that
//! ended in time is not leaked, but another schedule may show that it can be.

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{FailureKind, Operation, TaskId};

use super::{Monitor, deadlock};
use crate::failure::Failure;
use crate::names::{Names, site};

/// Finds leaked threads.
#[derive(Clone, Copy, Debug)]
pub struct LeakedThreads;

impl Monitor for LeakedThreads {
    fn kind(&self) -> FailureKind {
        FailureKind::LeakedThreads
    }

    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        let of = |task: TaskId, operation: Operation| {
            move |event: &Event| event.operation == operation && event.object == view.task_object(task)
        };
        // An execution that was cut off says nothing about its threads.
        let ended = view.events().iter().position(of(TaskId::MAIN, Operation::End))?;
        let before = &view.events()[..ended];
        let threads = (1..view.task_count() as u32).map(TaskId);
        let leaked = threads.filter(|&task| !before.iter().any(of(task, Operation::End)));
        let task = leaked.min()?;
        let names = Names::of(view);
        let spawned = site(view.task(task).2);
        let last = before.iter().rfind(|event| event.task == task && event.operation != Operation::Begin);
        let doing = last.map_or_else(
            || "had not started".to_owned(),
            |event| format!("was last at its {} ({})", event.operation, site(event.site)),
        );
        let path = names.task(task).to_owned();
        let waiting = view.left_waiting().iter().find(|blocked| blocked.task == task);
        let end = waiting.map_or_else(
            || "it would have gone on".to_owned(),
            |blocked| format!("it would have waited for good: {}", deadlock::waits(view, &names, blocked)),
        );
        let message = format!("main ended before {path}, which was spawned at {spawned} and {doing}; {end}");
        let involved = vec![(Operation::Spawn, path.clone())];
        Some(Failure::new(self.kind(), message).in_task(path).at(Some(spawned)).of(involved))
    }
}
