//! `std::thread`: threads are the tasks of the execution.

pub use ::std::thread::*;

pub use bohrbug_sync::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Scope, ScopedJoinHandle, Thread, ThreadId, available_parallelism,
    current, park, park_timeout, scope, sleep, spawn, yield_now,
};
#[expect(deprecated, reason = "std keeps them")]
pub use bohrbug_sync::thread::{park_timeout_ms, sleep_ms};
