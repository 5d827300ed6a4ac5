//! The clocks of happens-before, and what they count: moments of tasks.

use bohrbug_trace::StepIdx;

/// Up to which step's events those of each task happen before something.
pub(crate) type Clock = bohrbug_memory::Clock<Moment>;

/// A moment of a task: after which of its events, and how often it has released something since without an event.
///
/// The steps are those of the whole execution, not of the task, so that one of them is also an event that can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    /// Right after that step.
    pub(crate) const fn after(step: StepIdx) -> Self {
        Self((step.0 as u64 + 1) << 32)
    }

    /// The last step before, if there is one.
    pub(crate) fn step(self) -> Option<StepIdx> {
        ((self.0 >> 32) as u32).checked_sub(1).map(StepIdx)
    }

    /// Whether the task has done that step by then.
    pub(crate) fn has(self, step: StepIdx) -> bool {
        self >= Self::after(step)
    }

    /// The next moment, without an event.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
