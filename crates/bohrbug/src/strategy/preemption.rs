//! What counts as a preemption: the scheduler overrules a task.
//!
//! The `bounded` search bounds these, and whoever says that a schedule has the fewest counts the same. At a decision:
//!
//! 1. The task that ran last can go on: to switch away from it is a preemption.
//! 2. It cannot go on, has ended, or has just begun to wait (a timeout or a spurious wake-up could end that at once):
//!    every switch is free.
//! 3. It yields or sleeps: every switch is free, and so is to stay. But when it does so *again* and nobody has acted in
//!    between, to stay is what counts while others can run: else a spin loop had an endless supply of schedules without
//!    a preemption.

use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};

/// Counts the preemptions of one execution; told of every decision, in their order.
#[derive(Clone, Debug, Default)]
pub struct Preemptions {
    count: u32,
    /// The task that yielded last, as long as nobody else has acted since.
    yielded: Option<TaskId>,
}

/// What can be decided without a preemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Free {
    /// Everything.
    All,
    /// Only to stay with the task that ran last.
    Staying,
    /// Everything but to stay with it.
    Leaving,
}

impl Preemptions {
    /// Before the first decision of an execution.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there have been.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Takes note of a decision: that `chosen`, one of `view.ready()`, acts next.
    pub fn decided(&mut self, view: View<'_>, chosen: TaskId) {
        let stays = chosen == view.current();
        let counts = match self.free(view) {
            Free::All => false,
            Free::Staying => !stays,
            Free::Leaving => stays && view.ready().only().is_none(),
        };
        self.count += u32::from(counts);
    }

    /// What is free at this decision. To be asked at every one of an execution.
    pub(crate) fn free(&mut self, view: View<'_>) -> Free {
        let current = view.current();
        if self.yielded != Some(current) {
            self.yielded = None;
        }
        if !view.current_is_ready() {
            return Free::All;
        }
        match view.pending(current).operation {
            Operation::Wake => Free::All,
            Operation::Yield | Operation::Sleep => match self.yielded.replace(current) {
                Some(_) => Free::Leaving,
                None => Free::All,
            },
            _ => Free::Staying,
        }
    }
}
