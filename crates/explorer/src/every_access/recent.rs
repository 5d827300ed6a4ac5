//! Accesses that say nothing new: the same task has done the same since the last event, and been told.
//!
//! Most accesses of a loop are such. A write says what a read of the same bytes would. What releases without an event, and memory
//! that is given back, begin everything anew.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use bohrbug_sync::control::Position;

/// How many are remembered.
const ENTRIES: usize = 1024;

/// How many bytes an access that is remembered has at the most.
const MOST: usize = 16;

static RECENT: [Entry; ENTRIES] = [const { Entry::new() }; ENTRIES];

/// Counts what begins everything anew.
static ERA: AtomicU32 = AtomicU32::new(1);

struct Entry {
    /// The address, and the size.
    memory: AtomicU64,
    /// The era, and the events before.
    moment: AtomicU64,
    /// The task, and whether it wrote.
    what: AtomicU64,
}

impl Entry {
    const fn new() -> Self {
        Self { memory: AtomicU64::new(0), moment: AtomicU64::new(0), what: AtomicU64::new(0) }
    }
}

/// Everything is new again.
pub(super) fn forget() {
    ERA.fetch_add(1, Relaxed);
}

/// Whether an access says nothing new.
pub(super) fn is_known(memory: &Range<usize>, writes: bool, at: Position) -> bool {
    let Some((entry, place, moment)) = found(memory, at) else { return false };
    let known = entry.what.load(Relaxed);
    entry.memory.load(Relaxed) == place
        && entry.moment.load(Relaxed) == moment
        && known >> 1 == u64::from(at.task.0)
        && (known & 1 == 1 || !writes)
}

/// An access was told.
pub(super) fn told(memory: &Range<usize>, writes: bool, at: Position) {
    let Some((entry, place, moment)) = found(memory, at) else { return };
    entry.memory.store(place, Relaxed);
    entry.moment.store(moment, Relaxed);
    entry.what.store((u64::from(at.task.0) << 1) | u64::from(writes), Relaxed);
}

/// Where an access to that memory is remembered, and as what.
fn found(memory: &Range<usize>, at: Position) -> Option<(&'static Entry, u64, u64)> {
    let size = memory.end - memory.start;
    let entry = &RECENT[((memory.start / 4) ^ (memory.start / 4096)) % ENTRIES];
    let moment = (u64::from(ERA.load(Relaxed)) << 32) | u64::from(at.steps.0);
    (size <= MOST).then_some((entry, ((memory.start as u64) << 5) | size as u64, moment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bohrbug::trace::{StepIdx, TaskId};

    #[test]
    fn the_same_again_is_known_until_something_happens() {
        let at = |task, steps| Position { task: TaskId(task), steps: StepIdx(steps) };
        let memory = 4096..4104;
        assert!(!is_known(&memory, false, at(1, 5)));
        told(&memory, false, at(1, 5));
        assert!(is_known(&memory, false, at(1, 5)));
        assert!(!is_known(&memory, true, at(1, 5)), "a write is more than a read");
        told(&memory, true, at(1, 5));
        assert!(is_known(&memory, false, at(1, 5)));
        assert!(!is_known(&(4096..4100), false, at(1, 5)));
        assert!(!is_known(&memory, false, at(1, 6)));
        assert!(!is_known(&memory, false, at(2, 5)));
        forget();
        assert!(!is_known(&memory, false, at(1, 5)));
    }
}
