//! What goes along with a task where its OS thread changes: thread-locals of tools that belong to the execution.
//!
//! On coroutines all of an execution is on one OS thread, and whoever watches an execution may keep its books there. On OS
//! threads the books go along with the baton: they are packed on the thread that waits, and unpacked on the one that goes on.

use std::any::Any;
use std::sync::OnceLock;

/// What was packed on one OS thread.
pub type Luggage = Box<dyn Any + Send>;

type Pack = fn() -> Option<Luggage>;
type Unpack = fn(Luggage);

/// How it is packed and unpacked.
static PORTER: OnceLock<(Pack, Unpack)> = OnceLock::new();

/// Has `pack` take what belongs to an execution off the calling OS thread, and `unpack` put it on another, wherever an
/// execution goes on there; of several the first counts.
pub fn carry_by(pack: Pack, unpack: Unpack) {
    let _ = PORTER.set((pack, unpack));
}

/// Packs what there is on this OS thread.
pub(crate) fn pack() -> Option<Luggage> {
    PORTER.get().and_then(|(pack, _)| pack())
}

/// Unpacks it on this one.
pub(crate) fn unpack(luggage: Option<Luggage>) {
    if let (Some((_, unpack)), Some(luggage)) = (PORTER.get(), luggage) {
        unpack(luggage);
    }
}
