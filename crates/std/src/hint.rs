//! `std::hint`: a loop that spins gives others a turn.

pub use ::std::hint::*;

pub use bohrbug_sync::hint::spin_loop;
