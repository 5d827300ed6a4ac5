//! A mutual-exclusion lock, as [`std::sync::Mutex`].
//!
//! The value lies in our own cell beside a lock of `()`: std's when nothing is exploring, the ambient runtime's
//! otherwise. A mutex that outlives an execution is unlocked and not poisoned in the next, and keeps its value.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Inner, Pending, State, Turn};
use crate::native;
use crate::poison::{self, or_poisoned};
use crate::slot::Slot;

/// A mutual-exclusion lock, as [`std::sync::Mutex`].
///
/// ```
/// use bohrbug_sync::{Arc, Mutex, thread};
///
/// let total = Arc::new(Mutex::new(0));
/// let adder = thread::spawn({
///     let total = total.clone();
///     move || *total.lock().unwrap() += 1
/// });
/// adder.join().unwrap();
/// assert_eq!(*total.lock().unwrap(), 1);
/// ```
pub struct Mutex<T: ?Sized> {
    slot: Slot,
    plain: std::sync::Mutex<()>,
    value: UnsafeCell<T>,
}

// SAFETY: as std's: the lock, on every runtime, gives one thread at a time access to the value.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}
impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

/// The right to the value of a locked [`Mutex`]; dropping it unlocks.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    pub(crate) mutex: &'a Mutex<T>,
    held: Held<'a>,
    /// Whether the task was already unwinding when it took the lock: then its panic is not what poisons it.
    panicking: bool,
    /// Whether it stands for nothing: see [`MutexGuard::is_void`].
    void: bool,
    not_send: PhantomData<*const ()>,
}

/// What a guard stands for.
enum Held<'a> {
    /// std's guard.
    Plain(std::sync::MutexGuard<'a, ()>),
    /// The lock of an execution, and where it was taken: a drop has no place in the code of its own.
    Controlled(ObjectId, &'static Location<'static>),
}

// SAFETY: sharing a guard shares the value only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// A new, unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self { slot: Slot::new(), plain: std::sync::Mutex::new(()), value: UnsafeCell::new(value) }
    }

    /// Consumes the mutex and returns the value.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error has the value.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        or_poisoned(self.value.into_inner(), poisoned)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// If another task panicked while it held the lock; the error has the guard all the same.
    #[inline(always)]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        // The guard is made here, out of registers and in the caller's frame, where it stays: to be moved it would have to be
        // read as a whole when it was just written in parts.
        let (held, panicking, void, poisoned) = match ambient() {
            None => {
                let guard = self.lock_plain();
                (Held::Plain(guard), std::thread::panicking(), false, self.plain.is_poisoned())
            }
            Some(x) => {
                let site = Location::caller();
                let Taken { object, panicking, void, poisoned } = lock_controlled(x, self.object(x), site);
                (Held::Controlled(object, site), panicking, void, poisoned)
            }
        };
        or_poisoned(MutexGuard { mutex: self, held, panicking, void, not_send: PhantomData }, poisoned)
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if it is not; [`TryLockError::Poisoned`], with the guard, as for [`Mutex::lock`].
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match ambient() {
            None => self.try_lock_plain(),
            Some(x) => self.try_lock_controlled(x, Location::caller()),
        }
    }

    /// Whether a task has panicked while it held the lock.
    pub fn is_poisoned(&self) -> bool {
        match ambient() {
            None => self.plain.is_poisoned(),
            Some(x) => x.mutex(self.object(x), |mutex| mutex.poisoned),
        }
    }

    /// Forgets that a task has panicked while it held the lock.
    pub fn clear_poison(&self) {
        match ambient() {
            None => self.plain.clear_poison(),
            Some(x) => x.mutex(self.object(x), |mutex| mutex.poisoned = false),
        }
    }

    /// The value, which needs no lock: the borrow shows that nobody else has it.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        or_poisoned(self.value.get_mut(), poisoned)
    }

    #[inline(always)]
    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        match self.slot.known(x) {
            Some(object) => object,
            None => self.bind(x),
        }
    }

    /// As [`Mutex::object`], at the first use in an execution.
    #[cold]
    #[inline(never)]
    fn bind(&self, x: Ctx) -> ObjectId {
        x.keep_static(std::ptr::from_ref(self).addr(), size_of_val(self));
        object(&self.slot, x)
    }

    /// Takes std's lock.
    #[inline(never)]
    fn lock_plain(&self) -> std::sync::MutexGuard<'_, ()> {
        self.slot.assert_uncontrolled();
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_lock_plain(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.slot.assert_uncontrolled();
        poison::try_map(self.plain.try_lock(), |guard| self.guard_plain(guard))
    }

    fn try_lock_controlled(&self, x: Ctx, site: &'static Location<'static>) -> TryLockResult<MutexGuard<'_, T>> {
        let object = self.object(x);
        let pending = Pending::new(Operation::TryLock, object, site);
        let (turn, taken) = x.turn(
            pending,
            |twin| twin.try_acquire(Operation::TryLock),
            |twin, taken| {
                if taken {
                    twin.release(Operation::Unlock)
                }
            },
        );
        if !taken.unwrap_or_else(|| x.mutex(object, |mutex| mutex.is_free())) {
            x.report(&pending, Outcome::WouldBlock, None);
            return Err(TryLockError::WouldBlock);
        }
        x.happen(&pending, turn.outcome(Outcome::Done), None);
        Ok(self.hand_out(x, object, site, turn == Turn::Unwinding)?)
    }

    /// The guard of a lock that the current task has just been given.
    #[inline(always)]
    pub(crate) fn hand_out(
        &self,
        x: Ctx,
        object: ObjectId,
        site: &'static Location<'static>,
        void: bool,
    ) -> LockResult<MutexGuard<'_, T>> {
        let poisoned = x.mutex(object, |mutex| mutex.poisoned);
        or_poisoned(self.guard(Held::Controlled(object, site), void), poisoned)
    }

    /// The guard of std's lock.
    fn guard_plain<'a>(&'a self, guard: std::sync::MutexGuard<'a, ()>) -> MutexGuard<'a, T> {
        self.guard(Held::Plain(guard), false)
    }

    #[inline(always)]
    fn guard<'a>(&'a self, held: Held<'a>, void: bool) -> MutexGuard<'a, T> {
        MutexGuard { mutex: self, held, panicking: std::thread::panicking(), void, not_send: PhantomData }
    }
}

/// What came of a lock operation.
struct Taken {
    object: ObjectId,
    /// As the guard has them.
    panicking: bool,
    void: bool,
    poisoned: bool,
}

fn lock_controlled(x: Ctx, object: ObjectId, site: &'static Location<'static>) -> Taken {
    let pending = Pending::new(Operation::Lock, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.acquire(Operation::Lock), |twin, ()| twin.release(Operation::Unlock));
    let void = turn == Turn::Unwinding;
    let outcome = turn.outcome(Outcome::Done);
    // SAFETY: nothing in there has a handle.
    let poisoned = unsafe { x.report_after(&pending, outcome, |x| x.change_mutex(object, Operation::Lock, outcome)) };
    Taken { object, panicking: std::thread::panicking(), void, poisoned }
}

#[inline]
fn object(slot: &Slot, x: Ctx) -> ObjectId {
    slot.object(x, ObjectKind::Mutex, || State::Mutex(native::mutex::Mutex::default()))
}

impl Inner {
    /// Does to a mutex what the current task's operation does; whether it is poisoned.
    #[inline(always)]
    fn change_mutex(&mut self, object: ObjectId, operation: Operation, outcome: Outcome) -> bool {
        let me = self.current();
        let mutex = self.state(object).mutex();
        mutex.change(me, operation, outcome);
        mutex.poisoned
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The lock's object, if an execution holds it.
    pub(crate) const fn object(&self) -> Option<ObjectId> {
        match self.held {
            Held::Plain(_) => None,
            Held::Controlled(object, _) => Some(object),
        }
    }

    /// Whether the guard stands for nothing: a task made it while it was unwinding in an execution that was over. Somebody
    /// else may hold the lock and keeps it, so the guard's drop must not release it.
    pub(crate) const fn is_void(&self) -> bool {
        self.void
    }

    /// Takes the guard apart without unlocking.
    pub(crate) fn into_parts(self) -> (&'a Mutex<T>, Option<std::sync::MutexGuard<'a, ()>>) {
        let this = std::mem::ManuallyDrop::new(self);
        let mutex = this.mutex;
        // SAFETY: `this` is not dropped and not used again.
        let held = unsafe { std::ptr::read(&raw const this.held) };
        match held {
            Held::Plain(guard) => (mutex, Some(guard)),
            Held::Controlled(..) => (mutex, None),
        }
    }

    /// Puts a plain guard together again.
    pub(crate) fn from_plain(mutex: &'a Mutex<T>, guard: std::sync::MutexGuard<'a, ()>) -> Self {
        mutex.guard_plain(guard)
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Held::Controlled(object, site) = self.held
            && let Some(x) = ambient()
        {
            unlock_controlled(x, object, site, self.panicking, self.void);
        }
    }
}

/// Gives a lock back that a guard stands for, if it does: one that was `panicking` when it was made, or is `void`.
fn unlock_controlled(x: Ctx, object: ObjectId, site: &'static Location<'static>, panicking: bool, void: bool) {
    let pending = Pending::new(Operation::Unlock, object, site);
    if void {
        x.report(&pending, Outcome::Unwinding, None);
        return;
    }
    let (turn, _) = x.turn(pending, |twin| twin.release(Operation::Unlock), |_, ()| ());
    let mut outcome = turn.outcome(Outcome::Done);
    if turn == Turn::Unwinding {
        x.defer(Operation::Unlock, object);
    } else if !panicking && std::thread::panicking() {
        outcome = Outcome::Poisoned;
    }
    // SAFETY: nothing in there has a handle.
    unsafe { x.report_after(&pending, outcome, |x| x.change_mutex(object, Operation::Unlock, outcome)) };
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard's task holds the lock.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's task holds the lock, and the guard is borrowed mutably.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => d.field("data", &&*guard),
            Err(TryLockError::Poisoned(poisoned)) => d.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => d.field("data", &format_args!("<locked>")),
        };
        d.field("poisoned", &self.is_poisoned());
        d.finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
