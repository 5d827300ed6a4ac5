//! Fences.

use std::panic::Location;
use std::sync::atomic::Ordering;

use bohrbug_events::{ObjectId, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Pending, Runtime};

pub use std::sync::atomic::compiler_fence;

/// A memory fence, as [`std::sync::atomic::fence`].
///
/// ```
/// use bohrbug_sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};
///
/// let (data, ready) = (AtomicU32::new(0), AtomicBool::new(false));
/// data.store(1, Ordering::Relaxed);
/// fence(Ordering::Release);
/// ready.store(true, Ordering::Relaxed);
/// ```
///
/// # Panics
///
/// If the order is [`Ordering::Relaxed`].
#[track_caller]
pub fn fence(order: Ordering) {
    let Some(x) = ambient() else {
        return std::sync::atomic::fence(order);
    };
    assert!(order != Ordering::Relaxed, "there is no such thing as a relaxed fence");
    let pending = Pending::new(Operation::Fence, ObjectId::NONE, Location::caller()).ordered(order.into());
    let runtime = x.runtime();
    let (turn, _) = x.turn(
        pending,
        |_| match runtime {
            Runtime::Shuttle => crate::shuttle::pause(),
            _ => crate::loom::fence(order),
        },
        |_, ()| (),
    );
    x.report(&pending, turn.outcome(Outcome::Done), None);
}
