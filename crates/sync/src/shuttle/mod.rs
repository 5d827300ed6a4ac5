//! shuttle's own primitives, wrapped.
//!
//! A twin holds shuttle's primitive of `()` and the guards that our own guards stand for; the value stays with our
//! object. shuttle's scheduling point comes before each of its operations, so most of ours need none of their own.

mod lock;
mod meeting;
mod mpsc;
mod thread;

pub(crate) use lock::{Mutex, RwLock};
pub(crate) use meeting::Meeting;
pub(crate) use mpsc::Channel;
pub(crate) use thread::Thread;

use bohrbug_trace::Operation;

use crate::control::State;

/// shuttle's primitive behind one object.
#[derive(Debug)]
pub(crate) enum Twin {
    Mutex(Mutex),
    RwLock(RwLock),
    Channel(Channel),
    Thread(Thread),
    /// Nothing but scheduling points.
    Point,
}

impl Twin {
    pub(crate) fn new(state: &State) -> Self {
        match state {
            State::Mutex(_) => Self::Mutex(Mutex::default()),
            State::RwLock(_) => Self::RwLock(RwLock::default()),
            State::Channel(channel) => Self::Channel(Channel::new(channel.capacity())),
            State::Thread(_) => Self::Thread(Thread::default()),
            _ => Self::Point,
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
            _ => unreachable!("a bug in bohrbug-sync: {self:?} is no lock"),
        }
    }

    pub(crate) fn rescue(&self, operation: Operation) {
        match (self, operation) {
            (Self::Thread(thread), Operation::Park) => thread.parked().wake(),
            (Self::Channel(channel), _) => channel.rescue(operation),
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
