//! What an [`RwLock`] hands out: a guard, and the claim of a task that it stands for in an execution.
//!
//! A claim is void if its task made it while it was unwinding in an execution that was over: somebody else may hold the
//! lock and keeps it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

use bohrbug_events::{ObjectId, Operation, Outcome};

use super::RwLock;
use crate::ambient::ambient;
use crate::control::{Ctx, Inner, Pending, Turn};

/// The right to read the value of an [`RwLock`]; dropping it gives it back.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    value: NonNull<T>,
    held: Held<std::sync::RwLockReadGuard<'a, ()>>,
}

/// The right to the value of an [`RwLock`]; dropping it gives it back.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized + 'a> {
    lock: &'a RwLock<T>,
    held: Held<std::sync::RwLockWriteGuard<'a, ()>>,
}

/// What a guard stands for.
pub(super) enum Held<G> {
    /// std's guard.
    Plain(G),
    /// The lock of an execution.
    Controlled(Claim),
}

/// A lock that a task of an execution holds.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    object: ObjectId,
    /// Where it was taken: a drop has no place in the code of its own.
    site: &'static Location<'static>,
    /// Whether it stands for nothing.
    void: bool,
    /// Whether the task was already unwinding when it took the lock: then its panic is not what poisons it.
    panicking: bool,
    not_send: PhantomData<*const ()>,
}

// SAFETY: sharing a guard shares the value only.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> UnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized> UnwindSafe for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    pub(super) fn new(lock: &'a RwLock<T>, held: Held<std::sync::RwLockReadGuard<'a, ()>>) -> Self {
        // SAFETY: a cell's pointer is not null.
        Self { value: unsafe { NonNull::new_unchecked(lock.value.get()) }, held }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    pub(super) const fn new(lock: &'a RwLock<T>, held: Held<std::sync::RwLockWriteGuard<'a, ()>>) -> Self {
        Self { lock, held }
    }
}

/// The release that belongs to an acquisition.
pub(super) const fn undoing(operation: Operation) -> Operation {
    match operation {
        Operation::ReadLock | Operation::TryReadLock => Operation::ReadUnlock,
        _ => Operation::WriteUnlock,
    }
}

impl Claim {
    /// The claim of the current task, which got its turn to acquire the lock, and how it came to that; and whether the lock is
    /// poisoned.
    #[inline(always)]
    pub(super) fn new(x: Ctx, pending: &Pending, turn: Turn, outcome: Outcome) -> (Self, bool) {
        let &Pending { object, site, operation, .. } = pending;
        let void = turn == Turn::Unwinding;
        let outcome = turn.outcome(outcome);
        // SAFETY: nothing in there has a handle.
        let poisoned = unsafe { x.report_after(pending, outcome, |x| x.change_rwlock(object, operation, outcome)) };
        (Self { object, site, void, panicking: std::thread::panicking(), not_send: PhantomData }, poisoned)
    }

    fn release_read(&self) {
        self.release(Operation::ReadUnlock);
    }

    fn release_write(&self) {
        self.release(Operation::WriteUnlock);
    }

    #[inline(always)]
    fn release(&self, operation: Operation) {
        let Some(x) = ambient() else {
            return;
        };
        let pending = Pending::new(operation, self.object, self.site);
        if self.void {
            x.report(&pending, Outcome::Unwinding, None);
            return;
        }
        let (turn, _) = x.turn(pending, |twin| twin.release(operation), |_, ()| ());
        let mut outcome = turn.outcome(Outcome::Done);
        if turn == Turn::Unwinding {
            x.defer(operation, self.object);
        } else if operation == Operation::WriteUnlock && !self.panicking && std::thread::panicking() {
            outcome = Outcome::Poisoned;
        }
        // SAFETY: nothing in there has a handle.
        unsafe { x.report_after(&pending, outcome, |x| x.change_rwlock(self.object, operation, outcome)) };
    }
}

impl Inner {
    /// Does to a reader-writer lock what the current task's operation does; whether it is poisoned.
    #[inline(always)]
    fn change_rwlock(&mut self, object: ObjectId, operation: Operation, outcome: Outcome) -> bool {
        let me = self.current();
        let lock = self.state(object).rwlock();
        lock.change(me, operation, outcome);
        lock.poisoned
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if let Held::Controlled(claim) = &self.held {
            claim.release_read();
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if let Held::Controlled(claim) = &self.held {
            claim.release_write();
        }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard's task holds the lock for reading, and the lock outlives the guard.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard's task holds the lock for writing.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's task holds the lock for writing, and the guard is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
