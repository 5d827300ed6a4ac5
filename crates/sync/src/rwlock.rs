//! A reader-writer lock, as [`std::sync::RwLock`].
//!
//! Laid out as the mutex is: the value beside a lock of `()`, std's or the ambient runtime's.
//!
//! Two departures, both inside what std leaves open. A reader is not held back by a writer that waits, on any runtime;
//! and a task that reads may read again, on shuttle and loom, too, which refuse that by themselves.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use bohrbug_trace::{ObjectId, ObjectKind, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, State, Turn};
use crate::mutex::or_poisoned;
use crate::native;
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
enum Held<G> {
    /// std's guard.
    Plain(G),
    /// The lock of an execution.
    Controlled(Claim),
}

/// A lock that a task of an execution holds.
#[derive(Clone, Copy)]
struct Claim {
    object: ObjectId,
    /// Where it was taken: a drop has no place in the code of its own.
    site: &'static Location<'static>,
    /// Whether it stands for nothing: a task that unwinds cannot wait for a lock, so it goes in without one.
    void: bool,
    not_send: PhantomData<*const ()>,
}

// SAFETY: sharing a guard shares the value only.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> UnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized> UnwindSafe for RwLockWriteGuard<'_, T> {}

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
            return match self.plain.read() {
                Ok(guard) => Ok(self.reader(Held::Plain(guard))),
                Err(poisoned) => Err(PoisonError::new(self.reader(Held::Plain(poisoned.into_inner())))),
            };
        };
        let claim = self.lock(x, Operation::ReadLock, Location::caller());
        or_poisoned(self.reader(Held::Controlled(claim)), self.is_poisoned())
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
            return match self.plain.try_read() {
                Ok(guard) => Ok(self.reader(Held::Plain(guard))),
                Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                Err(TryLockError::Poisoned(poisoned)) => {
                    Err(PoisonError::new(self.reader(Held::Plain(poisoned.into_inner()))).into())
                }
            };
        };
        let claim = self.try_lock(x, Operation::TryReadLock, Location::caller()).ok_or(TryLockError::WouldBlock)?;
        Ok(or_poisoned(self.reader(Held::Controlled(claim)), self.is_poisoned())?)
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
            return match self.plain.write() {
                Ok(guard) => Ok(self.writer(Held::Plain(guard))),
                Err(poisoned) => Err(PoisonError::new(self.writer(Held::Plain(poisoned.into_inner())))),
            };
        };
        let claim = self.lock(x, Operation::WriteLock, Location::caller());
        or_poisoned(self.writer(Held::Controlled(claim)), self.is_poisoned())
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
            return match self.plain.try_write() {
                Ok(guard) => Ok(self.writer(Held::Plain(guard))),
                Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                Err(TryLockError::Poisoned(poisoned)) => {
                    Err(PoisonError::new(self.writer(Held::Plain(poisoned.into_inner()))).into())
                }
            };
        };
        let claim = self.try_lock(x, Operation::TryWriteLock, Location::caller()).ok_or(TryLockError::WouldBlock)?;
        Ok(or_poisoned(self.writer(Held::Controlled(claim)), self.is_poisoned())?)
    }

    /// Whether a writer has panicked while it held the lock.
    pub fn is_poisoned(&self) -> bool {
        match ambient() {
            None => self.plain.is_poisoned(),
            Some(x) => x.state(self.object(x)).rwlock().poisoned,
        }
    }

    /// Forgets that a writer has panicked while it held the lock.
    pub fn clear_poison(&self) {
        match ambient() {
            None => self.plain.clear_poison(),
            Some(x) => x.state(self.object(x)).rwlock().poisoned = false,
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
        self.slot.object(x, ObjectKind::RwLock, || State::RwLock(native::rwlock::RwLock::default()))
    }

    fn lock(&self, x: Ctx, operation: Operation, site: &'static Location<'static>) -> Claim {
        let pending = Pending::new(operation, self.object(x), site);
        let (turn, _) = x.turn(pending, |twin| twin.acquire(operation), |twin, ()| twin.release(undoing(operation)));
        Claim::new(x, &pending, turn)
    }

    fn try_lock(&self, x: Ctx, operation: Operation, site: &'static Location<'static>) -> Option<Claim> {
        let pending = Pending::new(operation, self.object(x), site);
        let (turn, taken) = x.turn(
            pending,
            |twin| twin.try_acquire(operation),
            |twin, taken| {
                if taken {
                    twin.release(undoing(operation));
                }
            },
        );
        if !taken.unwrap_or_else(|| x.state(pending.object).rwlock().admits(operation)) {
            x.report(&pending, Outcome::WouldBlock, None);
            return None;
        }
        Some(Claim::new(x, &pending, turn))
    }

    fn reader<'a>(&'a self, held: Held<std::sync::RwLockReadGuard<'a, ()>>) -> RwLockReadGuard<'a, T> {
        // SAFETY: a cell's pointer is not null.
        RwLockReadGuard { value: unsafe { NonNull::new_unchecked(self.value.get()) }, held }
    }

    fn writer<'a>(&'a self, held: Held<std::sync::RwLockWriteGuard<'a, ()>>) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard { lock: self, held }
    }
}

/// The release that belongs to an acquisition.
const fn undoing(operation: Operation) -> Operation {
    match operation {
        Operation::ReadLock | Operation::TryReadLock => Operation::ReadUnlock,
        _ => Operation::WriteUnlock,
    }
}

impl Claim {
    /// The claim of the current task, which got its turn to acquire the lock.
    fn new(x: Ctx, pending: &Pending, turn: Turn) -> Self {
        let void = turn == Turn::Unwinding;
        if void {
            x.report(pending, Outcome::Unwinding, None);
        } else {
            let lock = x.state(pending.object).rwlock();
            match undoing(pending.operation) {
                Operation::ReadUnlock => lock.acquire_read(x.current()),
                _ => lock.acquire_write(x.current()),
            }
            x.report(pending, Outcome::Done, None);
        }
        Self { object: pending.object, site: pending.site, void, not_send: PhantomData }
    }

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
        let mut outcome = Outcome::Done;
        if turn == Turn::Unwinding {
            x.defer(operation, self.object);
            outcome = Outcome::Unwinding;
            if operation == Operation::WriteUnlock && !x.stopping() {
                x.state(self.object).rwlock().poisoned = true;
                outcome = Outcome::Poisoned;
            }
        }
        let lock = x.state(self.object).rwlock();
        match operation {
            Operation::ReadUnlock => lock.release_read(x.current()),
            _ => lock.release_write(),
        }
        x.report(&pending, outcome, None);
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if let Held::Controlled(claim) = &self.held {
            claim.release(Operation::ReadUnlock);
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if let Held::Controlled(claim) = &self.held {
            claim.release(Operation::WriteUnlock);
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
