//! std's synchronisation primitives by another name.

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
mod shared;

pub use label::{Labelled, label};
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
mod loom;
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
mod panics;
#[cfg(feature = "model")]
mod rwlock;
#[cfg(feature = "model")]
mod scope;
#[cfg(feature = "model")]
mod shuttle;
#[cfg(feature = "model")]
mod slot;
#[cfg(feature = "model")]
pub mod thread;
#[cfg(feature = "model")]
pub mod time;
#[cfg(feature = "model")]
mod twin;
