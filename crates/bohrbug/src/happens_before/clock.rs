//! A vector clock: for each task, up to which step its events happen before now.

use bohrbug_trace::{StepIdx, TaskId};

/// How much of every task happens before something: a number of steps of the execution, by task.
///
/// A step is known when all that its task did up to and with that step happens before. The entries are steps of the whole
/// execution, not of the task, so that one of them is also an event that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock(Vec<u32>);

impl Clock {
    /// Whether that step of the task happens before.
    pub(crate) fn knows(&self, task: TaskId, step: StepIdx) -> bool {
        self.0.get(task.index()).is_some_and(|&known| known > step.0)
    }

    /// The last step of the task that happens before, if any does.
    pub(crate) fn last(&self, task: TaskId) -> Option<StepIdx> {
        self.0.get(task.index()).and_then(|known| known.checked_sub(1)).map(StepIdx)
    }

    /// From now on that step of the task, and all before it, happen before.
    pub(crate) fn learn(&mut self, task: TaskId, step: StepIdx) {
        self.reach(task.index() + 1);
        let known = &mut self.0[task.index()];
        *known = (*known).max(step.0 + 1);
    }

    /// From now on what happens before `other` happens before this, too.
    pub(crate) fn join(&mut self, other: &Self) {
        self.reach(other.0.len());
        for (known, other) in self.0.iter_mut().zip(&other.0) {
            *known = (*known).max(*other);
        }
    }

    /// Becomes `other`.
    pub(crate) fn become_like(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }

    /// Nothing happens before.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn reach(&mut self, tasks: usize) {
        if self.0.len() < tasks {
            self.0.resize(tasks, 0);
        }
    }
}
