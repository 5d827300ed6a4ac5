//! A one-time initialisation: not begun, running, complete, or given up in a panic.

use bohrbug_trace::TaskId;
use smallvec::SmallVec;

/// What a caller waits for, as the stamp of its pending operation: nobody runs the initialisation.
pub(crate) const IDLE: u64 = 0;
/// It is complete or poisoned.
pub(crate) const SETTLED: u64 = 1;
/// It is complete.
pub(crate) const COMPLETE: u64 = 2;

#[derive(Debug)]
pub(crate) struct Once {
    runner: Option<TaskId>,
    pub(crate) complete: bool,
    pub(crate) poisoned: bool,
    /// The tasks that know it to be complete: what they find can no longer change.
    witnesses: SmallVec<[TaskId; 4]>,
}

impl Once {
    /// One that has been complete from the start, or has not begun.
    pub(crate) const fn new(complete: bool) -> Self {
        Self { runner: None, complete, poisoned: false, witnesses: SmallVec::new_const() }
    }

    /// Whether what the caller waits for has come.
    pub(crate) const fn admits(&self, awaited: u64) -> bool {
        match awaited {
            SETTLED => self.complete || self.poisoned,
            COMPLETE => self.complete,
            _ => self.is_idle(),
        }
    }

    /// Whether nobody is running it.
    pub(crate) const fn is_idle(&self) -> bool {
        self.runner.is_none()
    }

    pub(crate) const fn runner(&self) -> Option<TaskId> {
        self.runner
    }

    pub(crate) const fn begin(&mut self, task: TaskId) {
        self.runner = Some(task);
    }

    pub(crate) const fn end(&mut self, completed: bool, poisoned: bool) {
        self.runner = None;
        self.complete = completed;
        self.poisoned = poisoned;
    }

    /// The task looks; whether it is complete.
    pub(crate) fn look(&mut self, task: TaskId) -> bool {
        if self.complete && !self.is_witness(task) {
            self.witnesses.push(task);
        }
        self.complete
    }

    /// Whether the task has seen it complete.
    pub(crate) fn is_witness(&self, task: TaskId) -> bool {
        self.witnesses.contains(&task)
    }
}
