//! A one-time initialisation: not begun, running, complete, or given up in a panic.

use bohrbug_trace::TaskId;

#[derive(Debug, Default)]
pub(crate) struct Once {
    runner: Option<TaskId>,
    pub(crate) complete: bool,
    pub(crate) poisoned: bool,
}

impl Once {
    /// Whether nobody is running it, so that a caller need not wait.
    pub(crate) const fn is_idle(&self) -> bool {
        self.runner.is_none()
    }

    pub(crate) const fn runner(&self) -> Option<TaskId> {
        self.runner
    }

    pub(crate) const fn begin(&mut self, task: TaskId) {
        self.runner = Some(task);
    }

    pub(crate) const fn end(&mut self, completed: bool) {
        self.runner = None;
        self.complete = completed;
        self.poisoned = !completed;
    }
}
