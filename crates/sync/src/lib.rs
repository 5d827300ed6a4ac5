//! std's synchronisation primitives under another name: what code imports to be checked.
//!
//! Without features every name *is* the standard library's: `bohrbug_sync::Mutex` and `std::sync::Mutex` are one type,
//! and this crate has no dependencies. With the feature `model`, which `bohrbug` turns on, each primitive binds to
//! whatever explores the OS thread that uses it: a scheduler then decides its every step. Without one it behaves as
//! std's, so the feature does no harm where Cargo turns it on for everybody.
//!
//! To port code is to change its imports: `std::sync::…`, `std::thread`, `std::thread_local!`, `std::cell::UnsafeCell`,
//! `std::hint::spin_loop` and `std::time::Instant` have the same names and places here, poison, `const fn new` and all.
//!
//! ```
//! use bohrbug_sync::atomic::{AtomicBool, Ordering};
//! use bohrbug_sync::{Mutex, thread};
//!
//! static CLOSED: AtomicBool = AtomicBool::new(false);
//!
//! let orders = Mutex::new(Vec::new());
//! thread::scope(|scope| {
//!     scope.spawn(|| orders.lock().unwrap().push("tea"));
//!     scope.spawn(|| CLOSED.store(true, Ordering::Release));
//! });
//! assert!(CLOSED.load(Ordering::Acquire));
//! assert_eq!(orders.into_inner().unwrap(), ["tea"]);
//! ```
//!
//! Beyond std there are [`choice`] (values and faults that the scheduler decides), [`Shared`] (state that is shared
//! without a lock, safely), [`Semaphore`] (as tokio's, for threads), [`label`] (names in traces), [`note`] (remarks in
//! traces), and `control`, in the model build only, on which `bohrbug` is written.
//!
//! # Limits
//!
//! 1. What does not come from here is not controlled: std's own locks and threads, clocks, random numbers, files.
//! 2. All tasks of an execution run on one OS thread, or each on its own, one at a time. A task that unwinds is
//!    scheduled like any other; only if the execution is stopped early its destructors act at once, on whatever they
//!    find.
//! 3. On shuttle memory is sequentially consistent, and on native unless the memory model RC11 is asked for.
//! 4. A plain static keeps its value from one execution to the next; `LazyLock`, `OnceLock`, `Once` and thread-locals begin
//!    anew.
//! 5. `Arc` and `Weak` are std's own in both builds: their counts are not events. Those of [`counted`] are.
//!
//! Each module says what else its primitives cannot do.

#[cfg(not(feature = "model"))]
mod plain;
#[cfg(not(feature = "model"))]
pub use plain::*;

/// The model build: what `bohrbug` turns on.
#[cfg(feature = "model")]
#[macro_use]
mod model;
#[cfg(feature = "model")]
pub use model::*;

mod access;
pub mod choice;
mod label;
mod note;
mod semaphore;
mod shared;

/// What the macros of this crate mean by std, wherever they are used: a crate can be given another one under that name.
#[doc(hidden)]
pub use ::std as __std;
pub use label::{Labelled, label};
pub use note::note;
pub use semaphore::{AcquireError, AcquireTimeoutError, Semaphore, SemaphorePermit, TryAcquireError};
pub use shared::Shared;

#[cfg(feature = "model")]
mod ambient;
#[cfg(feature = "model")]
pub mod atomic;
#[cfg(feature = "model")]
mod barrier;
#[cfg(feature = "model")]
pub mod cell;
#[cfg(feature = "model")]
mod condvar;
#[cfg(feature = "model")]
pub mod control;
#[cfg(feature = "model")]
pub mod counted;
#[cfg(feature = "model")]
pub mod futex;
#[cfg(feature = "model")]
pub mod hint;
#[cfg(feature = "model")]
mod latch;
#[cfg(feature = "model")]
mod lazy;
#[cfg(feature = "model")]
mod lazy_lock;
#[cfg(feature = "model")]
mod live;
#[cfg(feature = "model")]
mod local;
#[cfg(feature = "model")]
#[cfg_attr(not(feature = "loom"), path = "absent/loom.rs")]
mod loom;
#[cfg(feature = "model")]
mod luggage;
#[cfg(feature = "model")]
pub mod mpsc;
#[cfg(feature = "model")]
mod mutex;
#[cfg(feature = "model")]
mod native;
#[cfg(feature = "model")]
mod once;
#[cfg(feature = "model")]
mod once_lock;
#[cfg(feature = "model")]
mod panic_count;
#[cfg(feature = "model")]
mod panics;
#[cfg(feature = "model")]
mod poison;
#[cfg(feature = "model")]
mod rwlock;
#[cfg(feature = "model")]
mod scope;
#[cfg(feature = "model")]
#[cfg_attr(not(feature = "shuttle"), path = "absent/shuttle.rs")]
mod shuttle;
#[cfg(feature = "model")]
mod slot;
pub mod sync;
#[cfg(feature = "model")]
pub mod thread;
#[cfg(feature = "model")]
pub mod time;
#[cfg(feature = "model")]
mod twin;
