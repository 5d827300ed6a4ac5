//! What an event synchronises with, by other means than atomics: locks, channels, threads and the rest.
//!
//! An event *releases* through a place of an object what its task and all that happens before it did, or *acquires* what
//! was released there. That, program order, and the rules of atomics and fences, make happens-before as C++ has it.

use bohrbug_events::{ObjectId, Operation, Outcome, TaskId};

use super::{Event, View};

/// One edge of an event: which object, and which of the places through which things are released there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// What was released there happens before.
    Acquire(ObjectId, usize),
    /// It happens before whatever acquires there.
    Release(ObjectId, usize),
}

/// The edges of the events of one execution, asked for in their order.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// For each task the barriers that it has arrived at and not left, each with the round.
    arrived: Vec<Vec<(ObjectId, usize)>>,
    /// By object, how often somebody arrived at it.
    arrivals: Vec<usize>,
}

/// A lock's releases by writers, an initialisation's ends.
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

impl Edges {
    /// An execution begins.
    pub fn clear(&mut self) {
        self.arrived.iter_mut().for_each(Vec::clear);
        self.arrivals.clear();
    }

    /// Shows `each` the edges of the next event; none of atomics and fences, which have rules of their own.
    #[inline]
    pub fn of(&mut self, view: View<'_>, event: &Event, mut each: impl FnMut(Edge)) {
        use Edge::{Acquire, Release};
        use Operation::*;
        let object = event.object;
        match (event.operation, event.outcome) {
            (_, Outcome::WouldBlock) => {}
            (Lock | TryLock | ReadLock | TryReadLock | OnceBegin, _) => each(Acquire(object, WHOLE)),
            (Unlock | WriteUnlock | OnceEnd, _) => each(Release(object, WHOLE)),
            (ReadUnlock, _) => each(Release(object, READERS)),
            (WriteLock | TryWriteLock, _) => {
                each(Acquire(object, WHOLE));
                each(Acquire(object, READERS));
            }
            // A notification orders nothing: what was done before it is seen through the mutex.
            (Wait, _) => each(Release(event.other, WHOLE)),
            (Wake, _) => each(Acquire(event.other, WHOLE)),
            (Arrive, _) => each(Release(object, self.arrive(view, event))),
            (Leave, _) => {
                // One that unwinds does not wait for the others.
                if let Some(round) = self.leave(event)
                    && event.outcome != Outcome::Unwinding
                {
                    each(Acquire(object, round));
                }
            }
            (OnceCheck, _) if event.value() == Some(1) => each(Acquire(object, WHOLE)),
            // Permits that are given back before others are taken happen before; so does what a look at them tells.
            (ReleasePermits | CloseSemaphore, _) => each(Release(object, WHOLE)),
            (AcquirePermits | TryAcquirePermits | TakePermits | CountPermits | ForgetPermits, _) => {
                each(Acquire(object, WHOLE));
            }
            (Send | TrySend | Handover | Offer | Recv | TryRecv | DropSender | DropReceiver, _) => {
                channel(view, event, each);
            }
            (Spawn, _) => each(Release(object, SPAWN)),
            (Begin, _) => each(Acquire(object, SPAWN)),
            (End, _) => each(Release(object, END)),
            (Join, _) => each(Acquire(object, END)),
            (Unpark, _) => each(Release(object, UNPARKS)),
            // Every earlier unpark happens before a park, whatever ends it.
            (Park, _) => each(Acquire(object, UNPARKS)),
            (TakeToken, _) if event.value() == Some(1) => each(Acquire(object, UNPARKS)),
            // That a thread has ended is read by a relaxed load in std.
            // What a futex's word is for is ordered by the atomic that it is.
            (OnceCheck | NotifyOne | NotifyAll | IsFinished | FutexWait | FutexReturn | FutexWake, _) => {}
            (FutexCompare | FutexRequeue, _) => {}
            (Load | Store | Rmw | CompareExchange | Fence, _) => {}
            (Yield | Sleep | Now | CellRead | CellWrite | CellGet | Choose | Fault | Note | TakeToken, _) => {}
        }
    }

    fn arrive(&mut self, view: View<'_>, event: &Event) -> usize {
        let parties = view.parties(event.object).unwrap_or(1);
        if self.arrivals.len() <= event.object.index() {
            self.arrivals.resize(event.object.index() + 1, 0);
        }
        let arrivals = &mut self.arrivals[event.object.index()];
        let round = *arrivals / parties;
        *arrivals += 1;
        self.arrived_of(event.task).push((event.object, round));
        round
    }

    fn leave(&mut self, event: &Event) -> Option<usize> {
        let arrived = self.arrived_of(event.task);
        let found = arrived.iter().position(|(object, _)| *object == event.object);
        found.map(|place| arrived.remove(place).1)
    }

    fn arrived_of(&mut self, task: TaskId) -> &mut Vec<(ObjectId, usize)> {
        if self.arrived.len() <= task.index() {
            self.arrived.resize_with(task.index() + 1, Vec::new);
        }
        &mut self.arrived[task.index()]
    }
}

fn channel(view: View<'_>, event: &Event, mut each: impl FnMut(Edge)) {
    use Edge::{Acquire, Release};
    let (object, number) = (event.object, event.value().unwrap_or(0) as usize);
    match (event.operation, event.outcome) {
        (Operation::DropSender, _) => each(Release(object, SENDERS)),
        (Operation::DropReceiver, _) => each(Release(object, RECEIVER)),
        (Operation::Offer, _) => each(Release(object, OFFERS)),
        (Operation::Recv | Operation::TryRecv, Outcome::Disconnected) => each(Acquire(object, SENDERS)),
        (_, Outcome::Disconnected) => each(Acquire(object, RECEIVER)),
        (_, Outcome::TimedOut | Outcome::Spurious) => {}
        (Operation::Recv | Operation::TryRecv, _) if number > 0 => {
            each(Acquire(object, message(number)));
            each(Release(object, taken(number)));
        }
        (Operation::Handover, _) if number > 0 => each(Acquire(object, taken(number))),
        (Operation::Send | Operation::TrySend, _) if number > 0 => {
            let capacity = view.capacity(object);
            if capacity == Some(0) && event.operation == Operation::TrySend {
                // It succeeds only if the receiver is waiting.
                each(Acquire(object, OFFERS));
            }
            if let Some(before) = capacity.filter(|capacity| (1..number).contains(capacity)) {
                // There is room because that message was taken.
                each(Acquire(object, taken(number - before)));
            }
            each(Release(object, message(number)));
        }
        _ => {}
    }
}
