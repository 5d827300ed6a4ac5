//! The model build: every name is one of this crate's primitives, bound to whatever is exploring.

pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};

pub use crate::barrier::{Barrier, BarrierWaitResult};
pub use crate::condvar::{Condvar, WaitTimeoutResult};
pub use crate::lazy_lock::LazyLock;
pub use crate::mutex::{Mutex, MutexGuard};
pub use crate::once::{Once, OnceState};
pub use crate::once_lock::OnceLock;
pub use crate::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
