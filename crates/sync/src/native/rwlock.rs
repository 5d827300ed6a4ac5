//! A reader-writer lock: its readers, its writer, and whether it is poisoned.
//!
//! std leaves open whether a reader that comes after a waiting writer has to wait. Who is let in at once may as well have
//! come before the writer, so to hold a reader back makes a difference only where the writer waits for that reader: then
//! it is a deadlock. A task that reads already and reads again is held back by choice ([`RwLock::hold_back`]), and a cycle
//! of waiting tasks may go by way of a writer that waits.

use bohrbug_events::{Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::model::{Asked, Model, Tasks};
use crate::control::Event;

#[derive(Debug, Default)]
pub(crate) struct RwLock {
    writer: Option<TaskId>,
    readers: SmallVec<[TaskId; 4]>,
    /// Those who read already, and are not let in again.
    held_back: SmallVec<[TaskId; 1]>,
    pub(crate) poisoned: bool,
}

impl RwLock {
    /// Whether a reader, or a writer, as the operation says, can come in now.
    pub(crate) fn admits(&self, operation: Operation) -> bool {
        match operation {
            Operation::ReadLock | Operation::TryReadLock => self.writer.is_none(),
            _ => self.writer.is_none() && self.readers.is_empty(),
        }
    }

    /// Whether the task reads.
    pub(crate) fn is_read_by(&self, task: TaskId) -> bool {
        self.readers.contains(&task)
    }

    /// Does not let the task in again: a writer is taken to wait, or to come. It waits for the task, so it is for good, unless
    /// none comes.
    fn hold_back(&mut self, task: TaskId) {
        self.held_back.push(task);
    }

    /// Lets the task in after all.
    pub(crate) fn let_in(&mut self, task: TaskId) {
        if !self.held_back.is_empty() {
            self.held_back.retain(|held_back| *held_back != task);
        }
    }

    /// Whether the task is not let in again.
    pub(crate) fn holds_back(&self, task: TaskId) -> bool {
        self.held_back.contains(&task)
    }

    fn release_read(&mut self, task: TaskId) {
        if let Some(place) = self.readers.iter().position(|&reader| reader == task) {
            self.readers.remove(place);
        }
    }

    /// What an event of the task does; in line, so that nothing but the change is left where the operation is known.
    #[inline(always)]
    pub(crate) fn change(&mut self, task: TaskId, operation: Operation, outcome: Outcome) {
        use Operation::{ReadLock, ReadUnlock, TryReadLock, TryWriteLock, WriteLock, WriteUnlock};
        match (operation, outcome) {
            (ReadLock, Outcome::WouldBlock) => self.hold_back(task),
            // A task that unwinds in an execution that is over has its lock in name only.
            (ReadLock | TryReadLock | WriteLock | TryWriteLock, Outcome::WouldBlock | Outcome::Unwinding) => {}
            (ReadLock | TryReadLock, _) => {
                self.let_in(task);
                self.readers.push(task);
            }
            (WriteLock | TryWriteLock, _) => self.writer = Some(task),
            (ReadUnlock, _) => self.release_read(task),
            (WriteUnlock, outcome) => {
                self.poisoned |= outcome == Outcome::Poisoned;
                self.writer = None;
            }
            _ => {}
        }
    }
}

impl Model for RwLock {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::default()
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        self.admits(asked.pending.operation) && !self.holds_back(asked.task)
    }

    fn apply(&mut self, event: &Event) {
        self.change(event.task, event.operation, event.outcome);
    }

    /// Who has to leave. A reader may have to wait for writers that wait, too, of which the lock does not know.
    fn holders(&self, asked: &Asked<'_>) -> Tasks {
        match asked.pending.operation {
            Operation::WriteLock => self.owners(),
            _ => self.writer.map_or_else(Tasks::new, |writer| Tasks::from_slice(&[writer])),
        }
    }

    fn owners(&self) -> Tasks {
        let mut owners = Tasks::from_slice(&self.readers);
        if let Some(writer) = self.writer {
            owners.insert(0, writer);
        }
        owners
    }
}
