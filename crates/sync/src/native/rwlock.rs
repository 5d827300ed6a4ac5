//! A reader-writer lock: its readers, its writer, and whether it is poisoned.
//!
//! A reader is not held back by a writer that waits: std leaves the priority open, so a program must be right without
//! it. A deadlock that needs a waiting writer to block a second read by the same thread is therefore not found.

use bohrbug_trace::{Operation, TaskId};
use smallvec::SmallVec;

#[derive(Debug, Default)]
pub(crate) struct RwLock {
    writer: Option<TaskId>,
    readers: SmallVec<[TaskId; 4]>,
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
