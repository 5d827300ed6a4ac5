//! The names of `std::sync` at the same place below this crate, for code whose imports say `sync`.
//!
//! ```
//! use bohrbug_sync::sync::atomic::{AtomicU32, Ordering};
//! use bohrbug_sync::sync::{Mutex, mpsc};
//!
//! let (sender, receiver) = mpsc::channel();
//! sender.send(1).unwrap();
//! let sum = Mutex::new(receiver.recv().unwrap());
//! *sum.lock().unwrap() += AtomicU32::new(2).load(Ordering::Relaxed);
//! assert_eq!(sum.into_inner().unwrap(), 3);
//! ```

pub use crate::{
    Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once, OnceLock, OnceState,
    PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult, Weak,
    atomic, mpsc,
};

/// A [`Once`] that has not run.
#[allow(
    clippy::declare_interior_mutable_const,
    reason = "std has it; in the plain build it is std's, which clippy knows"
)]
#[deprecated(note = "as in std: `Once::new` is a const fn")]
pub const ONCE_INIT: Once = Once::new();
