//! Stands in for std: a crate that is given this one under the name `std` is under control without a changed line.
//!
//! `cargo bohrbug test` hands it to every crate of a graph; a manifest can do the same for one crate:
//!
//! ```toml
//! [dependencies]
//! std = { package = "bohrbug-std", path = "../bohrbug/crates/std" }
//! ```
//!
//! Without the feature `model` everything is the real std's. With it, what synchronises is `bohrbug-sync`'s and all the rest is
//! the real one, so that types which are not replaced fit those of every other crate. What is replaced, and what is not for
//! which reason, is the list of `tests/items.rs`; `docs/unmodified.md` tells what follows from it.
//!
//! What is declared here shadows what the glob brings in. The crate's own code and its dependencies mean the real std.

pub use ::std::*;

#[cfg(feature = "model")]
pub use bohrbug_sync::thread_local;

#[cfg(feature = "tests")]
#[doc(hidden)]
pub mod __bohrbug;
#[cfg(feature = "model")]
pub mod hint;
#[cfg(feature = "model")]
pub mod prelude;
#[cfg(feature = "model")]
pub mod sync;
#[cfg(feature = "model")]
pub mod thread;
#[cfg(feature = "model")]
pub mod time;
