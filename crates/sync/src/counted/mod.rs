//! `Arc` and `Weak` whose counts are events, for code whose outcome depends on them.
//!
//! std's counts are not seen: which of two tasks drops the last `Arc`, what `strong_count`, `get_mut` or `try_unwrap`
//! return, and whether `increment_strong_count` comes too late is not explored. Here each of these is an operation on
//! an atomic, with std's own orders: explored, recorded and monitored. Without the model both are std's.
//!
//! ```
//! use bohrbug_sync::counted::Arc;
//! use bohrbug_sync::thread;
//!
//! let one = Arc::new(5);
//! let other = Arc::clone(&one);
//! let task = thread::spawn(move || Arc::into_inner(other));
//! let [one, other] = [Arc::into_inner(one), task.join().unwrap()];
//! assert_eq!(one.xor(other), Some(5));
//! ```
//!
//! Limits:
//!
//! 1. The value is `Sized`: an `Arc<dyn Trait>` or `Arc<[T]>` stays std's, since no other type can be coerced to it.
//! 2. Two clones do not commute, though their order makes no difference: a search tries both.
//! 3. A method is not a receiver: there is no `self: Arc<Self>`.
//! 4. An overflow of a count ends in a panic, where std's aborts.

mod count;
mod strong;
mod traits;
mod weak;

pub use strong::Arc;
pub use weak::Weak;
