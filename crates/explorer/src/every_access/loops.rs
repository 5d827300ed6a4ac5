//! Loops without an event: a task that waits for plain memory to change lets the others go on now and then.
//!
//! It is a yield, at each [`LONG`] accesses without an event. What the loop waits for then happens, and is a race. A loop that has no
//! end all the same is left to the watchdog after [`MOST`] of these.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use bohrbug_sync::control::Position;

/// So many accesses without an event, and others may go on.
const LONG: u32 = 100_000;

/// How often that is, in an execution.
const MOST: u32 = 16;

/// The task and the events before, and how many accesses there were since.
static MOMENT: AtomicU64 = AtomicU64::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// How often others have gone on.
static DONE: AtomicU32 = AtomicU32::new(0);

/// An execution begins.
pub(super) fn begin() {
    MOMENT.store(0, Relaxed);
    COUNT.store(0, Relaxed);
    DONE.store(0, Relaxed);
}

/// Whether others are to go on before that access.
pub(super) fn is_long(at: Position) -> bool {
    let moment = (u64::from(at.task.0) << 32) | u64::from(at.steps.0);
    if MOMENT.load(Relaxed) != moment {
        MOMENT.store(moment, Relaxed);
        COUNT.store(0, Relaxed);
    }
    let count = COUNT.load(Relaxed) + 1;
    COUNT.store(count % LONG, Relaxed);
    if count < LONG || DONE.load(Relaxed) == MOST {
        return false;
    }
    DONE.fetch_add(1, Relaxed);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use bohrbug::trace::{StepIdx, TaskId};

    #[test]
    fn others_go_on_where_nothing_happens_for_long_and_not_for_ever() {
        let at = |steps| Position { task: TaskId(1), steps: StepIdx(steps) };
        let long = |steps, times: u32| (0..times).filter(|_| is_long(at(steps))).count();
        begin();
        assert_eq!(long(1, LONG - 1), 0);
        assert_eq!(long(2, LONG - 1), 0, "something has happened");
        assert_eq!(long(2, 1), 1);
        assert_eq!(long(3, LONG * (MOST + 2)), MOST as usize - 1);
        begin();
        assert_eq!(long(3, LONG), 1);
    }
}
