//! Atomics, as [`std::sync::atomic`].
//!
//! Each is std's in memory: same size, alignment and bit patterns, no destructor. So zeroed, transmuted, `const` and
//! pointer-cast atomics work, and statics keep their values from one execution to the next. In an execution an atomic is
//! known by its address, and labelled by the place of its first use there. One operation is one event; it carries the
//! value read (for a store, written) if that is below 2^32 and so cannot be an address, and a pointer carries 0 for null
//! and 1 otherwise.
//!
//! Limits and departures:
//!
//! 1. On shuttle, and on native unless the memory model RC11 is asked for, every operation takes effect at once for
//!    everybody, whatever its order says. The real order is in the event.
//! 2. On loom, and on native under RC11, memory shows what was written last, and loads may read older values. An atomic in memory that was freed and is
//!    used again with an equal value is taken for the same one; on loom 64 atomics and cells can be first used after the first
//!    spawn.
//! 3. `compare_exchange_weak` fails for no reason on native and shuttle, if the configuration lets it; loom's does not.
//! 4. Memory used again is the same object in events: an address is all there is to know an atomic by.
//! 5. `Debug`, `get_mut`, `into_inner` and `as_ptr` are no events.

pub(crate) mod access;
mod boolean;
mod deprecated;
mod fence;
mod integer;
mod pointer;
mod word;

pub(crate) use access::{Seen, Word};
pub use boolean::AtomicBool;
pub use deprecated::*;
pub use fence::{compiler_fence, fence};
pub use integer::{AtomicI8, AtomicI16, AtomicI32, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicUsize};
#[cfg(target_has_atomic = "64")]
pub use integer::{AtomicI64, AtomicU64};
pub use pointer::AtomicPtr;
pub use std::sync::atomic::Ordering;
