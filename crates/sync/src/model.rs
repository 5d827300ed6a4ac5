//! The model build: every name is one of this crate's primitives, bound to whatever is exploring.

pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};

pub use crate::mutex::{Mutex, MutexGuard};
