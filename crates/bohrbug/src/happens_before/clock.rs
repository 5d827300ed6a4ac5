//! A vector clock: for each task, up to which step its events happen before now.

use bohrbug_trace::{StepIdx, TaskId};

/// How much of every task happens before something: a [`Moment`] of each.
///
/// A step is known when all that its task did up to and with that step happens before. The entries are steps of the whole
/// execution, not of the task, so that one of them is also an event that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock(Vec<Moment>);

/// A moment of a task: after which of its events, and how often it has released something since without an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    const fn after(step: StepIdx) -> Self {
        Self((step.0 as u64 + 1) << 32)
    }

    fn step(self) -> Option<StepIdx> {
        ((self.0 >> 32) as u32).checked_sub(1).map(StepIdx)
    }
}

impl Clock {
    /// Whether that step of the task happens before.
    pub(crate) fn knows(&self, task: TaskId, step: StepIdx) -> bool {
        self.of(task) >= Moment::after(step)
    }

    /// The last step of the task that happens before, if any does.
    pub(crate) fn last(&self, task: TaskId) -> Option<StepIdx> {
        self.of(task).step()
    }

    /// Up to which moment of the task everything happens before.
    pub(crate) fn of(&self, task: TaskId) -> Moment {
        self.0.get(task.index()).copied().unwrap_or_default()
    }

    /// From now on that step of the task, and all before it, happen before.
    pub(crate) fn learn(&mut self, task: TaskId, step: StepIdx) {
        self.reach(task.index() + 1);
        let known = &mut self.0[task.index()];
        *known = (*known).max(Moment::after(step));
    }

    /// The task's next moment begins, without an event.
    pub(crate) fn tick(&mut self, task: TaskId) {
        self.reach(task.index() + 1);
        self.0[task.index()].0 += 1;
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
            self.0.resize(tasks, Moment::default());
        }
    }
}
