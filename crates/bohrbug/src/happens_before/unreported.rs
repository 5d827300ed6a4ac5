//! Atomic operations that are no events: those of std's generic code, as of the counts of `Arc`, where every access is told.
//!
//! They make the same edges as those that are: by C11's rules, in the order in which they happen. An atomic is known by its
//! address, for as long as its memory is not freed.

use std::ops::Range;

use bohrbug_trace::{MemoryOrder, TaskId};

use super::{HappensBefore, Moment, Task, acquires, releases};

/// What such an operation does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreported {
    pub(crate) address: usize,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) order: MemoryOrder,
}

impl HappensBefore {
    /// At which moment the task is; none if it has not begun.
    pub(crate) fn moment(&self, task: TaskId) -> Option<Moment> {
        let now = self.tasks.get(task.index()).map(|row| row.now.get(task.index())).unwrap_or_default();
        (now > Moment::default() || task == TaskId::MAIN).then_some(now)
    }

    /// Whether everything that the other task did at that moment happens before the task's next step.
    pub(crate) fn is_after(&self, task: TaskId, other: TaskId, moment: Moment) -> bool {
        task == other || self.tasks.get(task.index()).is_some_and(|row| row.now.get(other.index()) > moment)
    }

    /// Takes in an operation on an atomic.
    pub(crate) fn unreported(&mut self, task: TaskId, operation: Unreported) {
        self.reach(task);
        if operation.writes && releases(operation.order) {
            self.tick(task);
        }
        let Task { now, fence, read } = &mut self.tasks[task.index()];
        let released = self.unreported.entry(operation.address).or_default();
        if operation.reads {
            if acquires(operation.order) { now.join(released) } else { read.join(released) }
        }
        if operation.writes {
            if !operation.reads {
                released.clear();
            }
            released.join(if releases(operation.order) { now } else { fence });
        }
    }

    /// Takes in a fence.
    pub(crate) fn unreported_fence(&mut self, task: TaskId, order: MemoryOrder) {
        self.reach(task);
        if releases(order) {
            self.tick(task);
        }
        let Task { now, fence, read } = &mut self.tasks[task.index()];
        if acquires(order) {
            now.join(read);
        }
        if releases(order) {
            fence.become_like(now);
        }
    }

    /// What the task does from here on is not released by what it releases now.
    fn tick(&mut self, task: TaskId) {
        if self.moment(task).is_some() {
            let now = &mut self.tasks[task.index()].now;
            now.reach(task.index(), now.get(task.index()).next());
        }
    }

    /// The atomics in that memory are no more.
    pub(crate) fn forget(&mut self, memory: Range<usize>) {
        let gone: Vec<usize> = self.unreported.range(memory).map(|(address, _)| *address).collect();
        for address in gone {
            self.unreported.remove(&address);
        }
    }
}
