//! What `Once`, `OnceLock` and `LazyLock` share inside an execution: who runs the initialisation, and who waits for it.
//!
//! To use one is to *look* whether it is complete (`once-check`) and, if it is not, to *enter* it (`once-begin`, which
//! waits for a task that is running it, and `once-end`), as std's fast and slow paths do. A task that has seen it complete
//! looks no more: the answer can no longer change, so there is nothing for a scheduler to decide and no event.
//!
//! On shuttle this is not shuttle's `Once`: that one is poisoned by a panic through its own guard, which would switch a
//! task out while it unwinds, and one cannot wait for it without entering. loom has none.

use std::mem::ManuallyDrop;
use std::panic::Location;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use crate::control::{Ctx, Pending, State, Turn};
use crate::native;
use crate::slot::Slot;

/// A one-time initialisation's place in the current execution.
#[derive(Debug)]
pub(crate) struct Latch {
    slot: Slot,
}

/// What an entering task finds.
pub(crate) enum Entry {
    /// It is complete.
    Complete,
    /// It is poisoned, and the task did not ask to enter all the same.
    Poisoned,
    /// The task runs it.
    Runs(Running),
}

/// The current task runs the initialisation; dropping this gives it up and poisons it.
pub(crate) struct Running {
    x: Ctx,
    object: ObjectId,
    site: &'static Location<'static>,
    /// Whether the initialisation was poisoned before.
    pub(crate) poisoned: bool,
    /// Whether another task is running it: a task that unwinds cannot wait for that one, and runs it a second time.
    void: bool,
}

impl Latch {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { slot: Slot::new() }
    }

    pub(crate) fn assert_uncontrolled(&self) {
        self.slot.assert_uncontrolled();
    }

    /// Its place in the execution `x`, where it is new unless it was `already` complete outside all executions.
    pub(crate) fn object(&self, x: Ctx, already: bool) -> ObjectId {
        self.slot.object(x, ObjectKind::Once, || State::Once(native::once::Once::new(already)))
    }

    /// Its place in the execution `x`, if it has been used there.
    pub(crate) fn known(&self, x: Ctx) -> Option<ObjectId> {
        self.slot.known(x)
    }

    /// Forgets what happened to it in the execution `x`.
    pub(crate) fn reset(&mut self, x: Ctx) {
        if let Some(object) = self.known(x) {
            x.once(object, |once| *once = native::once::Once::new(false));
        }
    }
}

/// Whether the initialisation is complete.
pub(crate) fn look(x: Ctx, object: ObjectId, site: &'static Location<'static>) -> bool {
    let me = x.current();
    if x.once(object, |once| once.is_witness(me)) {
        return true;
    }
    let pending = Pending::new(Operation::OnceCheck, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let complete = x.once(object, |once| once.complete);
    x.happen(&pending, turn.outcome(Outcome::Done), Some(complete.into()));
    complete
}

/// Waits for the task that runs the initialisation, if one does, and runs it if it is not complete then.
pub(crate) fn enter(x: Ctx, object: ObjectId, force: bool, site: &'static Location<'static>) -> Entry {
    let pending = Pending::new(Operation::OnceBegin, object, site).stamped(native::once::IDLE);
    let (turn, _) = x.turn(pending, |twin| twin.meet(x), |_, ()| ());
    let (complete, poisoned, void) = x.once(object, |once| (once.complete, once.poisoned, !once.is_idle()));
    if complete {
        x.happen(&pending, turn.outcome(Outcome::Done), None);
        return Entry::Complete;
    }
    if poisoned && !force {
        x.happen(&pending, Outcome::Poisoned, None);
        return Entry::Poisoned;
    }
    x.happen(&pending, if turn == Turn::Taken { Outcome::Leader } else { Outcome::Unwinding }, None);
    Entry::Runs(Running { x, object, site, poisoned, void })
}

/// Waits until the initialisation is complete or, unless `force`, poisoned; whether it is complete.
pub(crate) fn wait(x: Ctx, object: ObjectId, force: bool, site: &'static Location<'static>) -> bool {
    let awaited = if force { native::once::COMPLETE } else { native::once::SETTLED };
    let pending = Pending::new(Operation::OnceBegin, object, site).stamped(awaited);
    let (turn, _) = x.turn(pending, |twin| twin.meet(x), |_, ()| ());
    let complete = x.once(object, |once| once.complete);
    x.happen(&pending, if complete { turn.outcome(Outcome::Done) } else { Outcome::Poisoned }, None);
    complete
}

impl Running {
    /// It is complete.
    pub(crate) fn complete(self) {
        ManuallyDrop::new(self).finish(true);
    }

    fn finish(&self, completed: bool) {
        let x = self.x;
        let pending = Pending::new(Operation::OnceEnd, self.object, self.site);
        if self.void {
            x.report(&pending, Outcome::Unwinding, None);
            return;
        }
        let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
        // An execution that ends early has not failed here, and tasks that unwind may still have to enter.
        let poisoned = !completed && !x.stopping();
        let outcome = if poisoned { Outcome::Poisoned } else { turn.outcome(Outcome::Done) };
        let value = (turn == Turn::Unwinding).then_some(completed.into());
        x.happen(&pending, outcome, value);
        x.call(self.object);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.finish(false);
    }
}
