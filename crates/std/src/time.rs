//! `std::time`: moments are those of the execution. A `SystemTime` is the real one, since files have them, too.

pub use ::std::time::*;

pub use bohrbug_sync::time::Instant;
