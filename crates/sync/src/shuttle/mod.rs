//! shuttle's own primitives, wrapped.
//!
//! A twin holds shuttle's primitive of `()` and the guards that our own guards stand for; the value stays with our
//! object. shuttle's scheduling point comes before each of its operations, so most of ours need none of their own.
//!
//! As in shuttle, a thread's end has no scheduling point: it comes in one step with the thread's last operation, and
//! `is_finished` never finds a thread between the two. A yield at the end of the thread's closure parts them.

mod condvar;
mod lock;
mod meeting;
mod mpsc;
mod thread;

pub(crate) use ::shuttle::thread::yield_now;
pub(crate) use condvar::Condvar;
pub(crate) use lock::{Mutex, RwLock};
pub(crate) use meeting::Meeting;
pub(crate) use mpsc::Channel;
pub(crate) use thread::{Thread, spawn};

use bohrbug_events::{Operation, TaskId};

use crate::control::State;

/// shuttle's primitive behind one object.
#[derive(Debug)]
pub(crate) enum Twin {
    Mutex(Mutex),
    RwLock(RwLock),
    Channel(Channel),
    Condvar(Condvar),
    Thread(Thread),
    /// An object that shuttle does not have, or not in a form that fits.
    Meeting(Meeting),
    /// Nothing but scheduling points.
    Point,
}

impl Twin {
    #[inline(always)]
    pub(crate) fn new(state: &State) -> Self {
        match state {
            State::Mutex(_) => Self::Mutex(Mutex::default()),
            State::RwLock(_) => Self::RwLock(RwLock::default()),
            State::Channel(channel) => Self::Channel(Channel::new(channel.capacity())),
            State::Condvar(_) => Self::Condvar(Condvar::default()),
            State::Barrier(_) | State::Once(_) | State::Semaphore(_) => Self::Meeting(Meeting::default()),
            State::Thread(_) => Self::Thread(Thread::default()),
            // Futexes are native's alone.
            State::Stateless | State::Futex(_) => Self::Point,
        }
    }

    /// Lets go of shuttle's primitive. A thread's twin, of which every task has one, serves the next thread.
    pub(crate) fn retire(&mut self) {
        match self {
            Self::Thread(thread) => thread.retire(),
            other => *other = Self::Point,
        }
    }

    /// Makes this, which has been retired, the twin of an object in that state.
    pub(crate) fn renew(&mut self, state: &State) {
        if !matches!((&*self, state), (Self::Thread(_), State::Thread(_))) {
            *self = Self::new(state);
        }
    }

    #[inline]
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

    #[inline]
    pub(crate) fn release(&self, operation: Operation) {
        match self {
            Self::Mutex(mutex) => mutex.unlock(),
            Self::RwLock(rwlock) => rwlock.release(operation),
            Self::Channel(channel) => channel.catch_up(operation),
            // Put off by a task that was unwinding.
            Self::Condvar(condvar) => condvar.rescue(),
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no lock"),
        }
    }

    pub(crate) fn rescue(&self, operation: Operation) {
        match (self, operation) {
            (Self::Thread(thread), Operation::Park) => thread.parked().call(),
            (Self::Channel(channel), _) => channel.rescue(operation),
            (Self::Condvar(condvar), _) => condvar.rescue(),
            (Self::Meeting(meeting), _) => meeting.call(),
            _ => {}
        }
    }

    /// The twin of a channel.
    pub(crate) fn channel(&self) -> &Channel {
        match self {
            Self::Channel(channel) => channel,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no channel"),
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

    /// The twin of a condition variable.
    pub(crate) fn condvar(&self) -> &Condvar {
        match self {
            Self::Condvar(condvar) => condvar,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no condition variable"),
        }
    }

    /// The meeting point of an object that has no primitive of shuttle's behind it.
    pub(crate) fn meeting(&self) -> &Meeting {
        match self {
            Self::Meeting(meeting) => meeting,
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no meeting point"),
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

/// A scheduling point: shuttle's sleep lets no time pass and hints at nothing.
pub(crate) fn pause() {
    ::shuttle::thread::sleep(std::time::Duration::ZERO);
}
