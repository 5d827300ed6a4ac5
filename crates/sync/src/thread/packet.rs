//! What a thread returns, on its way to whoever joins it.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::thread::Result;

use crate::ambient::ambient;
use crate::control::Ctx;

/// What a thread returns, on its way to whoever joins it: one end is the task's, the other the handle's.
///
/// It is not counted atomically: while an execution is under way only its own OS thread may touch it.
pub(super) struct Packet<T>(ManuallyDrop<Rc<Cell<Option<Result<T>>>>>, u64);

impl<T> Packet<T> {
    /// Both ends, for an execution of that epoch.
    pub(super) fn pair(epoch: u64) -> (Self, Self) {
        let result = Rc::new(Cell::new(None));
        (Self(ManuallyDrop::new(result.clone()), epoch), Self(ManuallyDrop::new(result), epoch))
    }

    /// The result is there.
    pub(super) fn put(&self, result: Result<T>) {
        self.0.set(Some(result));
    }

    /// Takes the result, if it is there.
    pub(super) fn take(&self) -> Option<Result<T>> {
        self.0.take()
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        let here = ambient().map(Ctx::epoch) == Some(self.1);
        // A handle that was carried to a thread outside of the execution must not count there while the task may: then
        // it is forgotten.
        if here || !crate::live::is_live(self.1) {
            // SAFETY: dropped here only.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}
