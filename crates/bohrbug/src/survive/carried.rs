//! What guards a thread, where its execution goes on on another one: tasks on OS threads have one each, and whichever runs is
//! the one that may come to an end.

use std::sync::{Arc, Mutex};

use super::guard::{self, Here};
use super::records::{self, Recorder};
use super::slot::Slot;

/// What was taken off one thread.
pub(crate) struct Carried {
    here: Here,
    slot: Option<&'static Slot>,
    recorder: Option<Arc<Mutex<Recorder>>>,
}

/// Takes it off this thread, if it is guarded.
pub(crate) fn pack() -> Option<Carried> {
    let here = guard::take_here()?;
    Some(Carried { here, slot: Slot::take_mine(), recorder: records::take() })
}

/// Puts it on this one.
pub(crate) fn unpack(carried: Carried) {
    let Carried { here, slot, recorder } = carried;
    guard::put_here(here);
    slot.into_iter().for_each(Slot::move_here);
    recorder.into_iter().for_each(records::put);
}
