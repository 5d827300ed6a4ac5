//! A mutex: who holds it, and whether it is poisoned.

use bohrbug_events::{Operation, Outcome, TaskId};

use super::model::{Asked, Model, Tasks};
use crate::control::Event;

#[derive(Debug, Default)]
pub(crate) struct Mutex {
    owner: Option<TaskId>,
    pub(crate) poisoned: bool,
}

impl Mutex {
    pub(crate) const fn is_free(&self) -> bool {
        self.owner.is_none()
    }

    pub(crate) const fn owner(&self) -> Option<TaskId> {
        self.owner
    }

    /// What an event of the task does; in line, so that nothing but the change is left where the operation is known.
    #[inline(always)]
    pub(crate) const fn change(&mut self, task: TaskId, operation: Operation, outcome: Outcome) {
        match (operation, outcome) {
            // A task that unwinds in an execution that is over acts on what others have, which they keep.
            (Operation::Lock | Operation::TryLock | Operation::Wake, Outcome::WouldBlock | Outcome::Unwinding)
            | (Operation::Wait, Outcome::Unwinding) => {}
            (Operation::Lock | Operation::TryLock | Operation::Wake, _) => self.owner = Some(task),
            (Operation::Unlock, _) => {
                self.poisoned |= matches!(outcome, Outcome::Poisoned);
                self.owner = None;
            }
            (Operation::Wait, _) => self.owner = None,
            _ => {}
        }
    }
}

impl Model for Mutex {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::default()
    }

    fn admits(&self, _: &Asked<'_>) -> bool {
        self.is_free()
    }

    fn apply(&mut self, event: &Event) {
        self.change(event.task, event.operation, event.outcome);
    }

    fn holders(&self, _: &Asked<'_>) -> Tasks {
        self.owners()
    }

    fn owners(&self) -> Tasks {
        self.owner.into_iter().collect()
    }
}
