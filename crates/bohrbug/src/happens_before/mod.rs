//! Which events of an execution happen before which, by vector clocks over the reported events.
//!
//! The relation is C11's: the order within each task, and the edges from what releases to what acquires, listed in
//! [`Edges`]. Relaxed accesses make none, nor does the order of sequentially consistent ones (only that a
//! load reads what a store wrote); fences do by C11's rules, and a release sequence is a store and the
//! read-modify-writes that follow it. Clocks and their rules are Fidge's and Mattern's; how little must be kept of each
//! access, which is for the users of this module to do, is Flanagan and Freund's (FastTrack, PLDI 2009).
//!
//! What it cannot know:
//!
//! 1. What orders tasks and is no event: the counter of an `Arc`, locks and atomics that are not of `bohrbug_sync`. Where every
//!    access is told, the atomics among them are taken in beside the events (`unreported`).
//! 2. Memory that is used again for another atomic passes for the same atomic, whose writes then still release.
//! 3. A task that unwinds takes a lock whether it is free or not; it is taken to have waited.
//! 4. The end of a scope waits for the destructors of thread-local values here, and not in std.

mod clock;
mod unreported;

use std::collections::BTreeMap;

use bohrbug_sync::control::{Edge, Edges, Event, View};
use bohrbug_trace::{MemoryOrder, ObjectId, Operation, Outcome, StepIdx, TaskId};

pub(crate) use clock::{Clock, Moment};
pub(crate) use unreported::Unreported;

/// What happens before each task's next event.
#[derive(Clone, Debug, Default)]
pub(crate) struct HappensBefore {
    /// How many events have been taken in.
    steps: usize,
    tasks: Vec<Task>,
    objects: Vec<Object>,
    edges: Edges,
    /// What was released through atomics without an event, by their addresses.
    unreported: BTreeMap<usize, Clock>,
}

#[derive(Clone, Debug, Default)]
struct Task {
    now: Clock,
    /// At its last release fence: what its relaxed writes release.
    fence: Clock,
    /// What its relaxed reads have read from: its next acquire fence acquires that.
    read: Clock,
}

/// What was released through an object, by the place there; an atomic's places are its writes.
#[derive(Clone, Debug, Default)]
struct Object {
    released: Vec<Clock>,
    /// How many of `released` are of this execution.
    used: usize,
    /// How often an atomic was written.
    count: usize,
}

impl Object {
    fn slot(&mut self, slot: usize) -> &mut Clock {
        if self.released.len() <= slot {
            self.released.resize_with(slot + 1, Clock::default);
        }
        while self.used <= slot {
            self.released[self.used].clear();
            self.used += 1;
        }
        &mut self.released[slot]
    }

    /// What was released there happens before `now`; what nobody has released through tells nothing.
    fn acquire(&self, slot: usize, now: &mut Clock) {
        if slot < self.used {
            now.join(&self.released[slot]);
        }
    }
}

impl HappensBefore {
    /// An execution begins. The memory of the last one serves again.
    pub(crate) fn clear(&mut self) {
        self.steps = 0;
        self.edges.clear();
        if !self.unreported.is_empty() {
            self.unreported.clear();
        }
        for task in &mut self.tasks {
            task.now.clear();
            task.fence.clear();
            task.read.clear();
        }
        for object in &mut self.objects {
            object.used = 0;
            object.count = 0;
        }
    }

    /// How many events have been taken in.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// What happens before the task's next event.
    pub(crate) fn clock(&self, task: TaskId) -> &Clock {
        &self.tasks[task.index()].now
    }

    /// Takes in the next event.
    pub(crate) fn step(&mut self, view: View<'_>, event: &Event) {
        self.step_without(view, event, &[]);
    }

    /// Takes in the next event; what orders only by way of those locks does not count.
    pub(crate) fn step_without(&mut self, view: View<'_>, event: &Event, locks: &[ObjectId]) {
        let step = StepIdx(self.steps as u32);
        self.steps += 1;
        self.reach(event.task);
        // What an event releases includes the event itself.
        self.tasks[event.task.index()].now.reach(event.task.index(), Moment::after(step));
        let is_left_out = |object: ObjectId| object.is_some() && locks.contains(&object);
        if !is_left_out(event.object) && !is_left_out(event.other) {
            self.edges(view, step, event);
        }
    }

    fn edges(&mut self, view: View<'_>, step: StepIdx, event: &Event) {
        match event.operation {
            Operation::Load | Operation::Store | Operation::Rmw | Operation::CompareExchange => {
                self.atomic(view, step, event);
            }
            Operation::Fence => self.fence(event),
            _ => {
                let Self { tasks, objects, edges, .. } = self;
                let now = &mut tasks[event.task.index()].now;
                edges.of(view, event, |edge| match edge {
                    Edge::Acquire(object, slot) => row(objects, object).acquire(slot, now),
                    Edge::Release(object, slot) => row(objects, object).slot(slot).join(now),
                });
            }
        }
    }

    fn atomic(&mut self, view: View<'_>, step: StepIdx, event: &Event) {
        let failed = matches!(event.outcome, Outcome::Mismatch | Outcome::WeakFailure);
        let writes = event.operation != Operation::Load && !failed;
        let reads = event.operation != Operation::Store;
        // Where memory is not weak the last write is the one that is read, and no other is kept.
        let keeps_all = view.is_weak();
        let count = self.object(event.object).count;
        let latest = if keeps_all { count } else { 0 };
        let read = latest.checked_sub(view.age(step)).filter(|_| reads && count > 0);
        if let Some(read) = read {
            self.read_from(event, read);
        }
        if writes {
            self.write(event, if keeps_all { count + 1 } else { 0 }, read);
        }
    }

    fn read_from(&mut self, event: &Event, write: usize) {
        let (task, object) = self.both(event.task, event.object);
        let released = object.slot(write);
        if acquires(event.order_in_effect()) {
            task.now.join(released);
        } else {
            task.read.join(released);
        }
    }

    /// A write; one that read first goes on with the release sequence that it read from.
    fn write(&mut self, event: &Event, slot: usize, read: Option<usize>) {
        let (task, object) = self.both(event.task, event.object);
        object.count += 1;
        match read {
            Some(read) if read != slot => {
                let before = object.slot(read).clone();
                object.slot(slot).become_like(&before);
            }
            Some(_) => {}
            None => object.slot(slot).clear(),
        }
        let released = if releases(event.order_in_effect()) { &task.now } else { &task.fence };
        object.slot(slot).join(released);
    }

    fn fence(&mut self, event: &Event) {
        let Task { now, fence, read, .. } = &mut self.tasks[event.task.index()];
        if acquires(event.order) {
            now.join(read);
        }
        if releases(event.order) {
            fence.become_like(now);
        }
    }

    fn reach(&mut self, task: TaskId) {
        if self.tasks.len() <= task.index() {
            self.tasks.resize_with(task.index() + 1, Task::default);
        }
    }

    fn object(&mut self, object: ObjectId) -> &mut Object {
        row(&mut self.objects, object)
    }

    fn both(&mut self, task: TaskId, object: ObjectId) -> (&mut Task, &mut Object) {
        self.object(object);
        (&mut self.tasks[task.index()], &mut self.objects[object.index()])
    }
}

fn row(objects: &mut Vec<Object>, object: ObjectId) -> &mut Object {
    if objects.len() <= object.index() {
        objects.resize_with(object.index() + 1, Object::default);
    }
    &mut objects[object.index()]
}

const fn acquires(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Acquire | MemoryOrder::AcqRel | MemoryOrder::SeqCst)
}

const fn releases(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Release | MemoryOrder::AcqRel | MemoryOrder::SeqCst)
}
