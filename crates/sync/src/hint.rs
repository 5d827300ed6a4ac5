//! Hints, as [`std::hint`].

pub use std::hint::{assert_unchecked, black_box, unreachable_unchecked};

use std::panic::Location;

use bohrbug_events::Operation;

use crate::ambient::ambient;

/// Says that the caller waits for another thread in a loop: in an execution, that others should have a turn.
///
/// ```
/// use bohrbug_sync::atomic::{AtomicBool, Ordering};
/// use bohrbug_sync::{hint, thread};
///
/// static READY: AtomicBool = AtomicBool::new(false);
/// let setter = thread::spawn(|| READY.store(true, Ordering::Release));
/// while !READY.load(Ordering::Acquire) {
///     hint::spin_loop();
/// }
/// setter.join().unwrap();
/// ```
#[track_caller]
#[inline]
pub fn spin_loop() {
    match ambient() {
        None => std::hint::spin_loop(),
        Some(x) => crate::thread::pause(x, Operation::Yield, Location::caller()),
    }
}
