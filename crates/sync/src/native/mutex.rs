//! A mutex: who holds it, and whether it is poisoned.

use bohrbug_trace::TaskId;

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

    pub(crate) const fn acquire(&mut self, task: TaskId) {
        self.owner = Some(task);
    }

    pub(crate) const fn release(&mut self) {
        self.owner = None;
    }
}
