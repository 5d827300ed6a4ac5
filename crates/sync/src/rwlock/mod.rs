//! A reader-writer lock, as [`std::sync::RwLock`].
//!
//! Laid out as the mutex is: the value beside a lock of `()`, std's or the ambient runtime's. What it hands out is in
//! `guards`.
//!
//! std leaves open whether a reader that comes after a waiting writer has to wait. On native it may: a task that reads
//! already and reads again is let in or held back by choice, and tasks that wait for each other by way of a waiting writer
//! are a deadlock. On shuttle and loom a reader is always let in, also one that reads already, which these two refuse by
//! themselves. `try_read` never fails for a writer that only waits.

mod guards;

pub use guards::{RwLockReadGuard, RwLockWriteGuard};

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use guards::{Claim, Held, undoing};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime, State, Turn};
use crate::native;
use crate::poison::{self, or_poisoned};
use crate::slot::Slot;

/// A reader-writer lock, as [`std::sync::RwLock`].
///
/// ```
/// use bohrbug_sync::RwLock;
///
/// let lock = RwLock::new(5);
/// {
///     let r1 = lock.read().unwrap();
///     let r2 = lock.read().unwrap();
///     assert_eq!(*r1 + *r2, 10);
/// }
/// *lock.write().unwrap() += 1;
/// assert_eq!(*lock.read().unwrap(), 6);
/// ```
pub struct RwLock<T: ?Sized> {
    slot: Slot,
    plain: std::sync::RwLock<()>,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: the lock, on every runtime, gives access to one writer or to readers.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above; readers on several threads share the value, so it must be `Sync`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}
impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    /// A new, unlocked lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self { slot: Slot::new(), plain: std::sync::RwLock::new(()), value: UnsafeCell::new(value) }
    }

    /// Consumes the lock and returns the value.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error has the value.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        or_poisoned(self.value.into_inner(), poisoned)
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock, and reads.
    ///
    /// # Errors
    ///
    /// If a writer panicked while it held the lock; the error has the guard all the same.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let Some(x) = ambient() else {
            self.slot.assert_uncontrolled();
            return poison::map(self.plain.read(), |guard| RwLockReadGuard::new(self, Held::Plain(guard)));
        };
        let (claim, poisoned) = lock_to_read(x, self.object(x), Location::caller());
        or_poisoned(RwLockReadGuard::new(self, Held::Controlled(claim)), poisoned)
    }

    /// Reads if no writer holds the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if one does; [`TryLockError::Poisoned`], with the guard, as for [`RwLock::read`].
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let Some(x) = ambient() else {
            self.slot.assert_uncontrolled();
            return poison::try_map(self.plain.try_read(), |guard| RwLockReadGuard::new(self, Held::Plain(guard)));
        };
        let claim = try_lock(x, self.object(x), Operation::TryReadLock, Location::caller());
        let (claim, poisoned) = claim.ok_or(TryLockError::WouldBlock)?;
        Ok(or_poisoned(RwLockReadGuard::new(self, Held::Controlled(claim)), poisoned)?)
    }

    /// Waits until nobody holds the lock, and writes.
    ///
    /// # Errors
    ///
    /// If another writer panicked while it held the lock; the error has the guard all the same.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let Some(x) = ambient() else {
            self.slot.assert_uncontrolled();
            return poison::map(self.plain.write(), |guard| RwLockWriteGuard::new(self, Held::Plain(guard)));
        };
        let (claim, poisoned) = lock_to_write(x, self.object(x), Location::caller());
        or_poisoned(RwLockWriteGuard::new(self, Held::Controlled(claim)), poisoned)
    }

    /// Writes if nobody holds the lock.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody does; [`TryLockError::Poisoned`], with the guard, as for
    /// [`RwLock::write`].
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let Some(x) = ambient() else {
            self.slot.assert_uncontrolled();
            return poison::try_map(self.plain.try_write(), |guard| RwLockWriteGuard::new(self, Held::Plain(guard)));
        };
        let claim = try_lock(x, self.object(x), Operation::TryWriteLock, Location::caller());
        let (claim, poisoned) = claim.ok_or(TryLockError::WouldBlock)?;
        Ok(or_poisoned(RwLockWriteGuard::new(self, Held::Controlled(claim)), poisoned)?)
    }

    /// Whether a writer has panicked while it held the lock.
    pub fn is_poisoned(&self) -> bool {
        match ambient() {
            None => self.plain.is_poisoned(),
            Some(x) => x.rwlock(self.object(x), |lock| lock.poisoned),
        }
    }

    /// Forgets that a writer has panicked while it held the lock.
    pub fn clear_poison(&self) {
        match ambient() {
            None => self.plain.clear_poison(),
            Some(x) => x.rwlock(self.object(x), |lock| lock.poisoned = false),
        }
    }

    /// The value, which needs no lock: the borrow shows that nobody else has it.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        or_poisoned(self.value.get_mut(), poisoned)
    }

    #[inline]
    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        match self.slot.known(x) {
            Some(object) => object,
            None => self.bind(x),
        }
    }

    /// As [`RwLock::object`], at the first use in an execution.
    #[cold]
    #[inline(never)]
    fn bind(&self, x: Ctx) -> ObjectId {
        x.keep_static(std::ptr::from_ref(self).addr(), size_of_val(self));
        self.slot.object(x, ObjectKind::RwLock, || State::RwLock(native::rwlock::RwLock::default()))
    }
}

/// Acquires the lock for writing when it is the current task's turn; whether it is poisoned.
fn lock_to_write(x: Ctx, object: ObjectId, site: &'static Location<'static>) -> (Claim, bool) {
    let pending = Pending::new(Operation::WriteLock, object, site);
    let turn = wait(x, pending);
    Claim::new(x, &pending, turn, Outcome::Done)
}

/// Acquires the lock for reading when it is the current task's turn; whether it is poisoned.
fn lock_to_read(x: Ctx, object: ObjectId, site: &'static Location<'static>) -> (Claim, bool) {
    let pending = Pending::new(Operation::ReadLock, object, site);
    x.queue_behind_writers(&pending);
    let turn = wait(x, pending);
    let me = x.current();
    if turn == Turn::Taken && x.runtime() == Runtime::Native && x.rwlock(object, |lock| lock.is_read_by(me)) {
        return lock_to_read_again(x, pending);
    }
    Claim::new(x, &pending, turn, Outcome::Done)
}

/// Lets the current task, which reads already and has got its turn, in again, or holds it back.
#[cold]
fn lock_to_read_again(x: Ctx, pending: Pending) -> (Claim, bool) {
    if x.choose_for(pending, 2) == 0 {
        return Claim::new(x, &pending, Turn::Taken, Outcome::Done);
    }
    x.happen(&pending, Outcome::WouldBlock, None);
    let turn = wait(x, pending);
    // No writer has come, and nothing else could happen.
    Claim::new(x, &pending, turn, Outcome::TimedOut)
}

#[inline(always)]
fn wait(x: Ctx, pending: Pending) -> Turn {
    let operation = pending.operation;
    let (turn, _) = x.turn(pending, |twin| twin.acquire(operation), |twin, ()| twin.release(undoing(operation)));
    turn
}

/// Acquires the lock, if that can be at once; whether it is poisoned.
fn try_lock(x: Ctx, object: ObjectId, operation: Operation, site: &'static Location<'static>) -> Option<(Claim, bool)> {
    let pending = Pending::new(operation, object, site);
    let (turn, taken) = x.turn(
        pending,
        |twin| twin.try_acquire(operation),
        |twin, taken| {
            if taken {
                twin.release(undoing(operation));
            }
        },
    );
    if !taken.unwrap_or_else(|| x.rwlock(pending.object, |lock| lock.admits(operation))) {
        x.report(&pending, Outcome::WouldBlock, None);
        return None;
    }
    Some(Claim::new(x, &pending, turn, Outcome::Done))
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => d.field("data", &&*guard),
            Err(TryLockError::Poisoned(poisoned)) => d.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &format_args!("<locked>")),
        };
        d.field("poisoned", &self.is_poisoned());
        d.finish_non_exhaustive()
    }
}
