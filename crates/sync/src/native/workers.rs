//! What carries the tasks of an execution: workers that the kernel lets go on one at a time.
//!
//! Two kinds are there, `coroutine` and `os_thread`. The kernel's functions are generic over them, so that a coroutine's
//! turn asks nothing about the other kind.

use bohrbug_events::TaskId;

use super::kernel::{Kernel, Work};
use crate::control::Ctx;

/// The workers of one execution's tasks: one for each number of a task.
pub(super) trait Workers {
    /// Whether all of them share one OS thread, and with it std's count of panics.
    const SHARE_A_THREAD: bool;

    /// How many tasks of a process may be left behind in the middle of unwinding: each keeps its stack.
    const MOST_LEFT_BEHIND: u32;

    /// The kernel's workers of this kind.
    fn of(kernel: &Kernel) -> &Self;

    /// Lets go of all workers, of which some may be in the middle of something.
    fn clear(&self);

    /// Gives the worker of that task something to run when it is resumed.
    fn assign(&self, x: Ctx, task: TaskId, work: Work);

    /// The worker of the task, which is running, will not be resumed any more; another takes its place.
    fn leave_behind(&self, task: TaskId);

    /// Lets a task run until it suspends itself, or has ended; the loop at the bottom calls this.
    fn resume(&self, task: TaskId);

    /// Suspends the calling task until it is resumed.
    fn suspend(&self);
}
