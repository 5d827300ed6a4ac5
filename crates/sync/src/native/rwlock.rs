//! A reader-writer lock: its readers, its writer, and whether it is poisoned.
//!
//! std leaves open whether a reader that comes after a waiting writer has to wait. Who is let in at once may as well have
//! come before the writer, so to hold a reader back makes a difference only where the writer waits for that reader: then
//! it is a deadlock. A task that reads already and reads again is held back by choice ([`RwLock::hold_back`]), and a cycle
//! of waiting tasks may go by way of a writer that waits.

use bohrbug_trace::{Operation, TaskId};
use smallvec::SmallVec;

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
    pub(crate) fn hold_back(&mut self, task: TaskId) {
        self.held_back.push(task);
    }

    /// Lets the task in after all.
    pub(crate) fn let_in(&mut self, task: TaskId) {
        self.held_back.retain(|held_back| *held_back != task);
    }

    /// Whether the task is not let in again.
    pub(crate) fn holds_back(&self, task: TaskId) -> bool {
        self.held_back.contains(&task)
    }

    /// Who has to leave before the operation can happen.
    pub(crate) fn holders(&self, operation: Operation) -> Vec<TaskId> {
        let readers = if operation == Operation::WriteLock { self.readers.as_slice() } else { &[] };
        self.writer.into_iter().chain(readers.iter().copied()).collect()
    }

    pub(crate) fn acquire_read(&mut self, task: TaskId) {
        self.readers.push(task);
    }

    pub(crate) fn release_read(&mut self, task: TaskId) {
        if let Some(place) = self.readers.iter().position(|&reader| reader == task) {
            self.readers.remove(place);
        }
    }

    pub(crate) const fn acquire_write(&mut self, task: TaskId) {
        self.writer = Some(task);
    }

    pub(crate) const fn release_write(&mut self) {
        self.writer = None;
    }
}
