//! A semaphore: its permits, and who waits for some in which order.
//!
//! Who comes first is decided when a task stands in line, and not again: no choice is left to the schedule when permits come.

use bohrbug_events::{Operation, Outcome, TaskId};

use super::model::{Asked, Model, Tasks};
use crate::control::Event;
use crate::semaphore::line::Line;

#[derive(Debug)]
pub(crate) struct Semaphore {
    /// What it began with.
    initial: usize,
    /// Elsewhere, since every object has room for the largest state.
    line: Box<Line<TaskId>>,
}

impl Semaphore {
    pub(crate) fn new(permits: usize) -> Self {
        Self { initial: permits, line: Box::new(Line::new(permits)) }
    }

    pub(crate) fn line(&self) -> &Line<TaskId> {
        &self.line
    }
}

impl Model for Semaphore {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::new(self.initial)
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        asked.by_itself || self.line.answer(asked.task).is_some()
    }

    /// How many permits it is about is the event's value.
    fn apply(&mut self, event: &Event) {
        let permits = event.value().unwrap_or(0) as usize;
        match (event.operation, event.outcome) {
            // A task that unwinds in an execution that is over has its permits in name only.
            (Operation::AcquirePermits | Operation::TryAcquirePermits, Outcome::Unwinding) => {}
            (Operation::AcquirePermits, _) => _ = self.line.take_or_wait(event.task, permits),
            (Operation::TryAcquirePermits, _) => _ = self.line.try_take(permits),
            (Operation::TakePermits, _) => self.line.leave(event.task),
            (Operation::ReleasePermits, _) => self.line.add(permits),
            (Operation::ForgetPermits, _) => _ = self.line.forget(permits),
            (Operation::CloseSemaphore, _) => self.line.close(),
            _ => {}
        }
    }

    /// Anybody may add permits.
    fn holders(&self, _: &Asked<'_>) -> Tasks {
        Tasks::new()
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}
