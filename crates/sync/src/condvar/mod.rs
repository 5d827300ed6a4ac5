//! A condition variable, as [`std::sync::Condvar`].
//!
//! A wait is two events on every runtime: `wait`, which releases the mutex and begins to wait in one step, and `wake`,
//! by which the task has been notified, has run out of time or wakes for no reason, and has the mutex again. Whom a
//! `notify_one` wakes is decided by who of those that waited then wakes first. Timeouts and wake-ups for no reason are
//! choices, within the bounds of the execution's configuration; a timeout also fires when nothing else can happen.
//!
//! What a task does from the one event to the other is in `wait`.
//!
//! Departure: on loom this is not loom's condition variable, which wakes its waiters in the order of their arrival only,
//! but is built from loom's mutex and parking.

mod wait;

use std::fmt;
use std::panic::Location;
use std::sync::LockResult;
use std::time::Duration;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use wait::Wait;

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, State, Turn, Twin};
use crate::mutex::{Mutex, MutexGuard};
use crate::native;
use crate::poison;
use crate::slot::Slot;
use crate::time::{Instant, after};

/// A condition variable, as [`std::sync::Condvar`].
///
/// ```
/// use bohrbug_sync::{Arc, Condvar, Mutex, thread};
///
/// let pair = Arc::new((Mutex::new(false), Condvar::new()));
/// let pair2 = Arc::clone(&pair);
/// thread::spawn(move || {
///     let (lock, cvar) = &*pair2;
///     *lock.lock().unwrap() = true;
///     cvar.notify_one();
/// });
/// let (lock, cvar) = &*pair;
/// let mut started = lock.lock().unwrap();
/// while !*started {
///     started = cvar.wait(started).unwrap();
/// }
/// ```
pub struct Condvar {
    slot: Slot,
    plain: std::sync::Condvar,
}

/// Whether a timed wait ended because its time ran out, as [`std::sync::WaitTimeoutResult`], which only std can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether time ran out.
    #[must_use]
    pub const fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable that nobody waits for.
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self { slot: Slot::new(), plain: std::sync::Condvar::new() }
    }

    /// Releases the mutex, waits for a notification and takes the mutex again. It may also return for no reason.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is taken again; the error has the guard all the same.
    ///
    /// # Panics
    ///
    /// Outside executions, on some platforms, if it is used with two mutexes at once.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let Some((x, lock)) = controlled(&guard) else {
            self.slot.assert_uncontrolled();
            let (mutex, guard) = into_plain(guard);
            return poison::map(self.plain.wait(guard), |guard| MutexGuard::from_plain(mutex, guard));
        };
        let mut wait = Wait::begin(x, self.object(x), guard, lock, None, Location::caller());
        wait.finish();
        wait.guard()
    }

    /// Waits while the condition is true of the value.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is taken again; the error has the guard all the same.
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`Condvar::wait`], but no longer than `duration`.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is taken again; the error has the guard all the same.
    #[track_caller]
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let Some((x, lock)) = controlled(&guard) else {
            self.slot.assert_uncontrolled();
            let (mutex, guard) = into_plain(guard);
            let both = |(guard, result): (_, std::sync::WaitTimeoutResult)| {
                (MutexGuard::from_plain(mutex, guard), WaitTimeoutResult(result.timed_out()))
            };
            return poison::map(self.plain.wait_timeout(guard, duration), both);
        };
        self.wait_until(x, guard, lock, after(x, duration), Location::caller())
    }

    /// As [`Condvar::wait_timeout`], in milliseconds; the second part of the result is whether the wait was notified.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait_timeout`].
    #[deprecated(note = "as in std: use `wait_timeout`")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        milliseconds: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let waited = self.wait_timeout(guard, Duration::from_millis(milliseconds.into()));
        poison::map(waited, |(guard, result)| (guard, !result.timed_out()))
    }

    /// Waits while the condition is true of the value, but no longer than `duration`.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is taken again; the error has the guard all the same.
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        duration: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let site = Location::caller();
        let Some((x, lock)) = controlled(&guard) else {
            return self.wait_plain_while(guard, duration, condition);
        };
        let deadline = after(x, duration);
        let mut result = WaitTimeoutResult(false);
        while condition(&mut *guard) {
            if result.timed_out() || x.clock() > deadline {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            (guard, result) = self.wait_until(x, guard, lock, deadline, site)?;
        }
        Ok((guard, WaitTimeoutResult(false)))
    }

    fn wait_plain_while<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        duration: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let start = Instant::now();
        while condition(&mut *guard) {
            let Some(left) = duration.checked_sub(start.elapsed()) else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            (guard, _) = self.wait_timeout(guard, left)?;
        }
        Ok((guard, WaitTimeoutResult(false)))
    }

    /// Wakes one of those who wait, if anybody does.
    #[track_caller]
    pub fn notify_one(&self) {
        match ambient() {
            None => {
                self.slot.assert_uncontrolled();
                self.plain.notify_one();
            }
            Some(x) => self.notify(x, Operation::NotifyOne, Location::caller()),
        }
    }

    /// Wakes all who wait.
    #[track_caller]
    pub fn notify_all(&self) {
        match ambient() {
            None => {
                self.slot.assert_uncontrolled();
                self.plain.notify_all();
            }
            Some(x) => self.notify(x, Operation::NotifyAll, Location::caller()),
        }
    }

    #[inline]
    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        self.slot.object(x, ObjectKind::Condvar, || State::Condvar(native::condvar::Condvar::default()))
    }

    fn notify(&self, x: Ctx, operation: Operation, site: &'static Location<'static>) {
        let object = self.object(x);
        let pending = Pending::new(operation, object, site);
        let notify = |twin: &Twin| match (twin, operation) {
            (Twin::Shuttle(twin), Operation::NotifyOne) => twin.condvar().notify_one(),
            (Twin::Shuttle(twin), _) => twin.condvar().notify_all(),
            (other, _) => other.pause(),
        };
        let (turn, _) = x.turn(pending, notify, |_, ()| ());
        x.happen(&pending, turn.outcome(Outcome::Done), None);
        if turn == Turn::Unwinding {
            x.defer(operation, object);
        }
    }

    fn wait_until<'a, T: ?Sized>(
        &self,
        x: Ctx,
        guard: MutexGuard<'a, T>,
        lock: ObjectId,
        deadline: u64,
        site: &'static Location<'static>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let mut wait = Wait::begin(x, self.object(x), guard, lock, Some(deadline), site);
        let result = WaitTimeoutResult(wait.finish() == Outcome::TimedOut);
        poison::map(wait.guard(), |guard| (guard, result))
    }
}

/// The execution that holds the guard's mutex, and the mutex's place in it.
fn controlled<T: ?Sized>(guard: &MutexGuard<'_, T>) -> Option<(Ctx, ObjectId)> {
    guard.object().map(|lock| (ambient().expect("a MutexGuard was carried out of the execution that made it"), lock))
}

/// The mutex and std's guard, of a guard that no execution made.
fn into_plain<'a, T: ?Sized>(guard: MutexGuard<'a, T>) -> (&'a Mutex<T>, std::sync::MutexGuard<'a, ()>) {
    match guard.into_parts() {
        (mutex, Some(guard)) => (mutex, guard),
        _ => unreachable!("a bug in bohrbug-sync: a guard of an execution was taken for a plain one"),
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
