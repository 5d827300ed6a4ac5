//! `std::sync`: everything that waits. `Arc` and `Weak` are the real ones.

pub use ::std::sync::*;

#[expect(deprecated, reason = "std keeps it")]
pub use bohrbug_sync::sync::ONCE_INIT;
pub use bohrbug_sync::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, OnceState, RwLock,
    RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult,
};

pub use bohrbug_sync::mpsc;

/// `std::sync::atomic`.
pub mod atomic {
    pub use ::std::sync::atomic::*;

    pub use bohrbug_sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicUsize, compiler_fence, fence,
    };
    #[cfg(target_has_atomic = "64")]
    pub use bohrbug_sync::atomic::{AtomicI64, AtomicU64};

    #[expect(deprecated, reason = "std keeps them")]
    pub use bohrbug_sync::atomic::{ATOMIC_BOOL_INIT, ATOMIC_ISIZE_INIT, ATOMIC_USIZE_INIT, spin_loop_hint};
}
