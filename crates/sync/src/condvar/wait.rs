//! A wait of a task in an execution: its two events, and the foreign runtime's mutex between them.

use std::cell::Cell;
use std::panic::Location;
use std::sync::LockResult;

use bohrbug_events::{ObjectId, Operation, Outcome};

use crate::control::{Ctx, Pending, Turn, Twin};
use crate::mutex::{Mutex, MutexGuard};
use crate::panic_count;
use crate::poison::or_poisoned;

/// A wait that has begun.
pub(super) struct Wait<'a, T: ?Sized> {
    x: Ctx,
    /// The second event.
    wake: Pending,
    mutex: &'a Mutex<T>,
    /// The guard of a wait that is none, since the execution is over and its task is unwinding.
    kept: Option<MutexGuard<'a, T>>,
    /// Whether it has ended since the execution was over and its task unwound: it has not got the mutex again.
    is_void: bool,
    /// Whether the foreign runtime's mutex is locked for this wait.
    holds_twin: Cell<bool>,
}

impl<'a, T: ?Sized> Wait<'a, T> {
    /// The first event of a wait.
    pub(super) fn begin(
        x: Ctx,
        object: ObjectId,
        guard: MutexGuard<'a, T>,
        lock: ObjectId,
        deadline: Option<u64>,
        site: &'static Location<'static>,
    ) -> Self {
        let pending = Pending::new(Operation::Wait, object, site).with_other(lock);
        let (turn, _) = x.turn(pending, Twin::pause, |_, ()| ());
        let wake = Pending::new(Operation::Wake, object, site).with_other(lock).until(deadline);
        if turn == Turn::Unwinding || guard.is_void() {
            x.report(&pending, Outcome::Unwinding, None);
            x.give_up_if_endless(site);
            return Self {
                x,
                wake,
                mutex: guard.mutex,
                kept: Some(guard),
                is_void: false,
                holds_twin: Cell::new(false),
            };
        }
        let mutex = guard.into_parts().0;
        x.apply(&pending, Outcome::Done, None);
        let holds_twin = Cell::new(match x.twin(lock) {
            // shuttle's own wait releases it, and nobody comes between.
            Twin::Shuttle(_) => true,
            Twin::Loom(twin) => {
                panic_count::aside(|| twin.mutex().unlock());
                false
            }
            Twin::Native => false,
        });
        let wait = Self { x, wake, mutex, kept: None, is_void: false, holds_twin };
        x.report(&pending, Outcome::Done, None);
        wait
    }

    /// The second event of a wait.
    pub(super) fn finish(&mut self) -> Outcome {
        let (x, wake) = (self.x, self.wake);
        if self.kept.is_some() {
            x.report(&wake, Outcome::Unwinding, None);
            return Outcome::Unwinding;
        }
        let (turn, _) = x.turn(wake, |twin| self.sleep(twin), |_, ()| ());
        if turn == Turn::Unwinding {
            self.is_void = true;
            x.report(&wake, Outcome::Unwinding, None);
            return Outcome::Unwinding;
        }
        self.holds_twin.set(false);
        let notified = x.condvar(wake.object, |condvar| condvar.has_woken(x.current()));
        let outcome = if notified { Outcome::Done } else { x.wake_reason(&wake) };
        x.happen(&wake, outcome, None);
        outcome
    }

    /// Waits with the foreign runtime's means.
    fn sleep(&self, twin: &Twin) {
        let x = self.x;
        match (twin, &x.twin(self.wake.other)) {
            (Twin::Shuttle(condvar), Twin::Shuttle(lock)) => condvar.condvar().wait(x, lock.mutex()),
            (Twin::Loom(condvar), Twin::Loom(lock)) => {
                let may_go_on =
                    |me| x.condvar(self.wake.object, |condvar| condvar.has_woken(me)) || x.wakes_by_itself(me);
                self.holds_twin.set(condvar.meeting().wait_with(x, lock.mutex(), may_go_on));
            }
            _ => {}
        }
    }

    pub(super) fn guard(mut self) -> LockResult<MutexGuard<'a, T>> {
        match self.kept.take() {
            Some(guard) => {
                let poisoned = self.x.mutex(self.wake.other, |mutex| mutex.poisoned);
                or_poisoned(guard, poisoned)
            }
            None => self.mutex.hand_out(self.x, self.wake.other, self.wake.site, self.is_void),
        }
    }
}

// The execution was stopped in the middle of the wait: what it holds of the foreign runtime's mutex must go, or others
// could not unwind.
impl<T: ?Sized> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        if self.holds_twin.get() {
            self.x.defer(Operation::Unlock, self.wake.other);
        }
    }
}
