//! The plain build: every name is the standard library's own.

pub use std::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once, OnceLock, OnceState,
    PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult, Weak, mpsc,
};
pub use std::{hint, thread};

/// `std::sync::atomic`.
pub mod atomic {
    pub use std::sync::atomic::*;
}

/// `std::cell`, and a way to say whether an access to an `UnsafeCell` reads or writes.
pub mod cell {
    pub use crate::access::Access;
    pub use std::cell::*;
}

/// `Arc` and `Weak` of std, whose counts are events in the model build.
pub mod counted {
    pub use std::sync::{Arc, Weak};
}

/// `std::time`.
pub mod time {
    pub use std::time::{Duration, Instant};
}

pub use std::thread_local;
