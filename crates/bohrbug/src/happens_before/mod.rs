//! Which events of an execution happen before which, by vector clocks over the reported events.
//!
//! The relation is C11's: the order within each task, and the edges from what releases to what acquires, listed in
//! [`HappensBefore::step`]. Relaxed accesses make none, nor does the order of sequentially consistent ones (only that a
//! load reads what a store wrote); fences do by C11's rules, and a release sequence is a store and the
//! read-modify-writes that follow it. Clocks and their rules are Fidge's and Mattern's; how little must be kept of each
//! access, which is for the users of this module to do, is Flanagan and Freund's (FastTrack, PLDI 2009).
//!
//! What it cannot know:
//!
//! 1. What orders tasks and is no event: the counter of an `Arc`, locks and atomics that are not of `bohrbug_sync`.
//! 2. Memory that is used again for another atomic passes for the same atomic, whose writes then still release.
//! 3. A task that unwinds takes a lock whether it is free or not; it is taken to have waited.
//! 4. The end of a scope waits for the destructors of thread-local values here, and not in std.

mod clock;

use bohrbug_sync::control::{Event, Runtime, View};
use bohrbug_trace::{MemoryOrder, ObjectId, Operation, Outcome, StepIdx, TaskId};

pub(crate) use clock::Clock;

/// What happens before each task's next event.
#[derive(Clone, Debug, Default)]
pub(crate) struct HappensBefore {
    /// How many events have been taken in.
    steps: usize,
    tasks: Vec<Task>,
    objects: Vec<Object>,
}

#[derive(Clone, Debug, Default)]
struct Task {
    now: Clock,
    /// At its last release fence: what its relaxed writes release.
    fence: Clock,
    /// What its relaxed reads have read from: its next acquire fence acquires that.
    read: Clock,
    /// The barriers that it has arrived at and not left, each with the round.
    arrived: Vec<(ObjectId, usize)>,
}

/// What was released through an object, by what it is released for; see the constants below.
#[derive(Clone, Debug, Default)]
struct Object {
    released: Vec<Clock>,
    /// How many of `released` are of this execution.
    used: usize,
    /// How often something happened to it: an atomic's writes, a barrier's arrivals.
    count: usize,
}

/// A lock's releases by writers, an initialisation's ends, an atomic's last write.
const WHOLE: usize = 0;
/// A reader-writer lock's releases by readers.
const READERS: usize = 1;
/// A thread's spawn, end, and unparks.
const SPAWN: usize = 0;
const END: usize = 1;
const UNPARKS: usize = 2;
/// A channel's lost ends, and a rendezvous's offers; then each message by number, and that it was taken.
const SENDERS: usize = 0;
const RECEIVER: usize = 1;
const OFFERS: usize = 2;
const fn message(number: usize) -> usize {
    1 + 2 * number
}
const fn taken(number: usize) -> usize {
    2 + 2 * number
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
}

impl HappensBefore {
    /// An execution begins. The memory of the last one serves again.
    pub(crate) fn clear(&mut self) {
        self.steps = 0;
        for task in &mut self.tasks {
            task.now.clear();
            task.fence.clear();
            task.read.clear();
            task.arrived.clear();
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
        if self.tasks.len() <= event.task.index() {
            self.tasks.resize_with(event.task.index() + 1, Task::default);
        }
        // What an event releases includes the event itself.
        self.tasks[event.task.index()].now.learn(event.task, step);
        let is_left_out = |object: ObjectId| object.is_some() && locks.contains(&object);
        if !is_left_out(event.object) && !is_left_out(event.other) {
            self.edges(view, step, event);
        }
    }

    fn edges(&mut self, view: View<'_>, step: StepIdx, event: &Event) {
        use Operation::*;
        match (event.operation, event.outcome) {
            (_, Outcome::WouldBlock) => {}
            (Lock | TryLock, _) => self.acquire(event, event.object, WHOLE),
            (Unlock, _) => self.release(event, event.object, WHOLE),
            (ReadLock | TryReadLock, _) => self.acquire(event, event.object, WHOLE),
            (ReadUnlock, _) => self.release(event, event.object, READERS),
            (WriteLock | TryWriteLock, _) => {
                self.acquire(event, event.object, WHOLE);
                self.acquire(event, event.object, READERS);
            }
            (WriteUnlock, _) => self.release(event, event.object, WHOLE),
            // A notification orders nothing: what was done before it is seen through the mutex.
            (Wait, _) => self.release(event, event.other, WHOLE),
            (Wake, _) => self.acquire(event, event.other, WHOLE),
            (Arrive, _) => self.arrive(view, event),
            (Leave, _) => self.leave(event),
            (OnceBegin, _) => self.acquire(event, event.object, WHOLE),
            (OnceCheck, _) if event.value() == Some(1) => self.acquire(event, event.object, WHOLE),
            (OnceEnd, _) => self.release(event, event.object, WHOLE),
            (Send | TrySend | Handover | Offer | Recv | TryRecv | DropSender | DropReceiver, _) => {
                self.channel(view, event);
            }
            (Load | Store | Rmw | CompareExchange, _) => self.atomic(view, step, event),
            (Fence, _) => self.fence(event),
            (Spawn, _) => self.release(event, event.object, SPAWN),
            (Begin, _) => self.acquire(event, event.object, SPAWN),
            (End, _) => self.release(event, event.object, END),
            (Join, _) => self.acquire(event, event.object, END),
            (Unpark, _) => self.release(event, event.object, UNPARKS),
            // Every earlier unpark happens before a park, whatever ends it.
            (Park, _) => self.acquire(event, event.object, UNPARKS),
            // That a thread has ended is read by a relaxed load in std.
            (OnceCheck | NotifyOne | NotifyAll | IsFinished, _) => {}
            (Yield | Sleep | Now | CellRead | CellWrite | CellGet | Choose | Fault | Note, _) => {}
        }
    }

    fn channel(&mut self, view: View<'_>, event: &Event) {
        let number = event.value().unwrap_or(0) as usize;
        let capacity = view.capacity(event.object);
        match (event.operation, event.outcome) {
            (Operation::DropSender, _) => self.release(event, event.object, SENDERS),
            (Operation::DropReceiver, _) => self.release(event, event.object, RECEIVER),
            (Operation::Offer, _) => self.release(event, event.object, OFFERS),
            (Operation::Recv | Operation::TryRecv, Outcome::Disconnected) => {
                self.acquire(event, event.object, SENDERS);
            }
            (_, Outcome::Disconnected) => self.acquire(event, event.object, RECEIVER),
            (_, Outcome::TimedOut | Outcome::Spurious) => {}
            (Operation::Recv | Operation::TryRecv, _) if number > 0 => {
                self.acquire(event, event.object, message(number));
                self.release(event, event.object, taken(number));
            }
            (Operation::Handover, _) if number > 0 => self.acquire(event, event.object, taken(number)),
            (Operation::Send | Operation::TrySend, _) if number > 0 => {
                if capacity == Some(0) && event.operation == Operation::TrySend {
                    // It succeeds only if the receiver is waiting.
                    self.acquire(event, event.object, OFFERS);
                }
                if let Some(before) = capacity.filter(|capacity| (1..number).contains(capacity)) {
                    // There is room because that message was taken.
                    self.acquire(event, event.object, taken(number - before));
                }
                self.release(event, event.object, message(number));
            }
            _ => {}
        }
    }

    fn arrive(&mut self, view: View<'_>, event: &Event) {
        let parties = view.parties(event.object).unwrap_or(1);
        let object = self.object(event.object);
        let round = object.count / parties;
        object.count += 1;
        self.tasks[event.task.index()].arrived.push((event.object, round));
        self.release(event, event.object, round);
    }

    fn leave(&mut self, event: &Event) {
        let arrived = &mut self.tasks[event.task.index()].arrived;
        let found = arrived.iter().position(|(object, _)| *object == event.object);
        let Some(round) = found.map(|place| arrived.remove(place).1) else { return };
        // One that unwinds does not wait for the others.
        if event.outcome != Outcome::Unwinding {
            self.acquire(event, event.object, round);
        }
    }

    fn atomic(&mut self, view: View<'_>, step: StepIdx, event: &Event) {
        let failed = matches!(event.outcome, Outcome::Mismatch | Outcome::WeakFailure);
        let writes = event.operation != Operation::Load && !failed;
        let reads = event.operation != Operation::Store;
        // Elsewhere than on loom the last write is the one that is read, and no other is kept.
        let keeps_all = view.runtime() == Runtime::Loom;
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

    fn acquire(&mut self, event: &Event, object: ObjectId, slot: usize) {
        let (task, object) = self.both(event.task, object);
        // What nobody has released through tells nothing.
        if slot < object.used {
            task.now.join(&object.released[slot]);
        }
    }

    fn release(&mut self, event: &Event, object: ObjectId, slot: usize) {
        let (task, object) = self.both(event.task, object);
        object.slot(slot).join(&task.now);
    }

    fn object(&mut self, object: ObjectId) -> &mut Object {
        if self.objects.len() <= object.index() {
            self.objects.resize_with(object.index() + 1, Object::default);
        }
        &mut self.objects[object.index()]
    }

    fn both(&mut self, task: TaskId, object: ObjectId) -> (&mut Task, &mut Object) {
        self.object(object);
        (&mut self.tasks[task.index()], &mut self.objects[object.index()])
    }
}

const fn acquires(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Acquire | MemoryOrder::AcqRel | MemoryOrder::SeqCst)
}

const fn releases(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Release | MemoryOrder::AcqRel | MemoryOrder::SeqCst)
}
