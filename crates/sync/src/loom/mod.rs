//! loom's own primitives, wrapped.
//!
//! loom's mutex, reader-writer lock, atomics and threads are used as they are. What loom lacks, or has only in part, is
//! built here from those: a task that has to wait for anything but a lock *meets* the others at an atomic of its object
//! and parks until the object's own state lets it go on. The atomic tells loom's search that operations on one object
//! depend on each other. It also orders them all, so that a missing release or acquire around a channel, a barrier or a
//! condition variable is not seen under loom.

mod atomic;
mod lock;
mod thread;

pub(crate) use ::loom::MAX_THREADS;
pub(crate) use ::loom::sync::atomic::fence;
pub(crate) use ::loom::thread::yield_now;
pub(crate) use atomic::Atomic;
pub(crate) use lock::{Mutex, RwLock};
pub(crate) use thread::{Meeting, Thread, reported, unpark_ready};

use std::fmt;

use bohrbug_events::{Operation, TaskId};

use crate::control::State;

/// loom's primitive behind one object.
pub(crate) enum Twin {
    Mutex(Mutex),
    RwLock(RwLock),
    Thread(Thread),
    /// An object that loom does not have, or has only in part.
    Meeting(Meeting),
    Atomic(Atomic),
}

impl Twin {
    pub(crate) fn new(state: &State) -> Self {
        match state {
            State::Mutex(_) => Self::Mutex(Mutex::default()),
            State::RwLock(_) => Self::RwLock(RwLock::default()),
            State::Thread(_) => Self::Thread(Thread::default()),
            State::Stateless => Self::Atomic(Atomic::default()),
            State::Condvar(_)
            | State::Barrier(_)
            | State::Once(_)
            | State::Channel(_)
            | State::Semaphore(_)
            // Futexes are native's alone.
            | State::Futex(_) => Self::Meeting(Meeting::default()),
        }
    }

    pub(crate) fn acquire(&self, operation: Operation) {
        match self {
            Self::Mutex(mutex) => mutex.lock(),
            Self::RwLock(rwlock) => rwlock.acquire(operation),
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no lock"),
        }
    }

    pub(crate) fn try_acquire(&self, operation: Operation) -> bool {
        match self {
            Self::Mutex(mutex) => mutex.try_lock(),
            Self::RwLock(rwlock) => rwlock.try_acquire(operation),
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no lock"),
        }
    }

    pub(crate) fn release(&self, operation: Operation) {
        match self {
            Self::Mutex(mutex) => mutex.unlock(),
            Self::RwLock(rwlock) => rwlock.release(operation),
            // Put off by a task that was unwinding; who waits here has been told by the report of it.
            Self::Meeting(_) => {}
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no lock"),
        }
    }

    /// Tells loom that this task operates on the object: a scheduling point, and a dependency.
    pub(crate) fn touch(&self) {
        match self {
            Self::Meeting(meeting) => meeting.touch(),
            Self::Thread(thread) => thread.meeting().touch(),
            _ => {}
        }
    }

    /// The atomic behind an object that is known by its address.
    pub(crate) fn atomic(&self) -> &Atomic {
        match self {
            Self::Atomic(atomic) => atomic,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no atomic"),
        }
    }

    pub(crate) fn rescue(&self, _: Operation) {
        // Whoever waits here is parked; `unpark_ready` wakes all of them once the execution is stopping.
    }

    /// The meeting point of an object that is no lock and no atomic.
    pub(crate) fn meeting(&self) -> &Meeting {
        match self {
            Self::Meeting(meeting) => meeting,
            Self::Thread(thread) => thread.meeting(),
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no meeting point"),
        }
    }

    pub(crate) fn free(&self, task: TaskId) {
        match self {
            Self::Mutex(mutex) => mutex.unlock(),
            Self::RwLock(rwlock) => rwlock.free(task),
            _ => {}
        }
    }

    /// The twin of a mutex.
    pub(crate) fn mutex(&self) -> &Mutex {
        match self {
            Self::Mutex(mutex) => mutex,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no mutex"),
        }
    }

    /// The twin of a thread.
    pub(crate) fn thread(&self) -> &Thread {
        match self {
            Self::Thread(thread) => thread,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no thread"),
        }
    }
}

impl fmt::Debug for Twin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mutex(_) => "loom Mutex",
            Self::RwLock(_) => "loom RwLock",
            Self::Thread(_) => "loom Thread",
            Self::Meeting(_) => "loom meeting point",
            Self::Atomic(_) => "loom atomic",
        })
    }
}
