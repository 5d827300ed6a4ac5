//! Threads, as [`std::thread`].
//!
//! When nothing is exploring these are std's threads. In an execution they are its tasks: coroutines on native, shuttle's
//! and loom's threads on those. A thread's result lies in a packet that its handle shares; a panic is in there, too, if
//! the panic monitor lets the execution go on.

mod foreign;
mod handle;
mod identity;
mod job;
mod machine;
mod park;
#[cfg(unix)]
mod pthread;
mod spawn;

pub use crate::local::{AccessError, LocalKey};
pub use crate::scope::{Scope, ScopedJoinHandle, scope};
pub use handle::JoinHandle;
pub use identity::{Thread, ThreadId, current};
pub use machine::available_parallelism;
pub use park::{park, park_timeout, sleep, yield_now};
#[expect(deprecated, reason = "std has them")]
pub use park::{park_timeout_ms, sleep_ms};
pub use spawn::{Builder, spawn};
pub use std::thread::{Result, panicking};

pub(crate) use foreign::enter_thread;
pub(crate) use handle::{Controlled, park_for, wait_until_gone};
pub(crate) use job::Job;
pub(crate) use park::pause;
pub(crate) use spawn::start;
