//! A one-time initialisation: not begun, running, complete, or given up in a panic.

use bohrbug_events::{Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::model::{Asked, Model, Tasks};
use crate::control::Event;

/// What a caller waits for, as the stamp of its pending operation: nobody runs the initialisation.
pub(crate) const IDLE: u64 = 0;
/// It is complete or poisoned.
pub(crate) const SETTLED: u64 = 1;
/// It is complete.
pub(crate) const COMPLETE: u64 = 2;

#[derive(Debug)]
pub(crate) struct Once {
    /// Whether it was complete from the start.
    already: bool,
    runner: Option<TaskId>,
    pub(crate) complete: bool,
    pub(crate) poisoned: bool,
    /// The tasks that know it to be complete: what they find can no longer change.
    witnesses: SmallVec<[TaskId; 4]>,
}

impl Once {
    /// One that has been complete from the start, or has not begun.
    pub(crate) const fn new(complete: bool) -> Self {
        Self { already: complete, runner: None, complete, poisoned: false, witnesses: SmallVec::new_const() }
    }

    /// Whether nobody is running it.
    pub(crate) const fn is_idle(&self) -> bool {
        self.runner.is_none()
    }

    const fn end(&mut self, completed: bool, poisoned: bool) {
        self.runner = None;
        self.complete = completed;
        self.poisoned = poisoned;
    }

    /// The task sees whether it is complete.
    fn look(&mut self, task: TaskId) {
        if self.complete && !self.is_witness(task) {
            self.witnesses.push(task);
        }
    }

    /// Whether the task has seen it complete.
    pub(crate) fn is_witness(&self, task: TaskId) -> bool {
        self.witnesses.contains(&task)
    }
}

impl Model for Once {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::new(self.already)
    }

    /// Whether what the caller waits for has come.
    fn admits(&self, asked: &Asked<'_>) -> bool {
        match asked.pending.stamp() {
            SETTLED => self.complete || self.poisoned,
            COMPLETE => self.complete,
            _ => self.is_idle(),
        }
    }

    fn apply(&mut self, event: &Event) {
        match (event.operation, event.outcome) {
            (Operation::OnceBegin, Outcome::Leader) => self.runner = Some(event.task),
            // In an execution that is over it is not waited for who runs it.
            (Operation::OnceBegin, Outcome::Unwinding) if self.is_idle() && !self.complete => {
                self.runner = Some(event.task);
            }
            (Operation::OnceEnd, Outcome::Poisoned) => self.end(false, true),
            // Whether one that unwinds had completed is its event's value.
            (Operation::OnceEnd, outcome) => self.end(outcome == Outcome::Done || event.value() == Some(1), false),
            _ => {}
        }
        self.look(event.task);
    }

    fn holders(&self, _: &Asked<'_>) -> Tasks {
        self.runner.into_iter().collect()
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}
