//! A semaphore of an execution: each operation as an event.

use std::panic::Location;
use std::time::Duration;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use super::Semaphore;
use super::errors::{Refused, TryAcquireError};
use super::line::Found;
use crate::control::{Ctx, Pending, State, Turn};
use crate::native;

type Site = &'static Location<'static>;

impl Semaphore {
    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        let state = || State::Semaphore(native::semaphore::Semaphore::new(self.permits));
        self.slot.object(x, ObjectKind::Semaphore, state)
    }
}

/// What came of a look at the permits.
const fn outcome(found: Found) -> Outcome {
    match found {
        Found::Enough => Outcome::Done,
        Found::TooFew => Outcome::WouldBlock,
        Found::Closed => Outcome::Disconnected,
    }
}

/// Takes permits, after waiting for them; whether they stand for nothing.
pub(super) fn take(
    x: Ctx,
    object: ObjectId,
    permits: usize,
    timeout: Option<Duration>,
    site: Site,
) -> Result<bool, Refused> {
    let me = x.current();
    let pending = Pending::new(Operation::AcquirePermits, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let found = x.semaphore(object, |semaphore| semaphore.line().look(permits));
    x.happen(&pending, turn.outcome(outcome(found)), Some(permits as u64));
    match found {
        _ if turn == Turn::Unwinding => return Ok(true),
        Found::Enough => return Ok(false),
        Found::Closed => return Err(Refused::Closed),
        Found::TooFew => {}
    }
    let deadline = timeout.map(|timeout| crate::time::after(x, timeout));
    let pending = Pending::new(Operation::TakePermits, object, site).until(deadline);
    let (turn, _) = x.turn(pending, |twin| twin.meet(x), |_, ()| ());
    let outcome = match x.semaphore(object, |semaphore| semaphore.line().answer(me)) {
        _ if turn == Turn::Unwinding => Outcome::Unwinding,
        Some(found) => outcome(found),
        None => x.wake_reason(&pending),
    };
    x.happen(&pending, outcome, Some(permits as u64));
    // What it had got may be enough for the next.
    x.call(object);
    match outcome {
        Outcome::Done => Ok(false),
        Outcome::Unwinding => Ok(true),
        Outcome::Disconnected => Err(Refused::Closed),
        _ => Err(Refused::TimedOut),
    }
}

/// Takes permits if they are there; whether they stand for nothing.
pub(super) fn try_take(x: Ctx, object: ObjectId, permits: usize, site: Site) -> Result<bool, TryAcquireError> {
    let pending = Pending::new(Operation::TryAcquirePermits, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let found = x.semaphore(object, |semaphore| semaphore.line().look(permits));
    x.happen(&pending, turn.outcome(outcome(found)), Some(permits as u64));
    match found {
        _ if turn == Turn::Unwinding => Ok(true),
        Found::Enough => Ok(false),
        Found::TooFew => Err(TryAcquireError::NoPermits),
        Found::Closed => Err(TryAcquireError::Closed),
    }
}

/// Adds permits.
pub(super) fn give(x: Ctx, object: ObjectId, permits: usize, site: Site) {
    let pending = Pending::new(Operation::ReleasePermits, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let there = x.semaphore(object, |semaphore| semaphore.line().permits());
    let fits = permits <= Semaphore::MAX_PERMITS && there <= Semaphore::MAX_PERMITS - permits;
    assert!(fits || std::thread::panicking(), "a semaphore cannot have more than MAX_PERMITS permits");
    x.happen(&pending, turn.outcome(Outcome::Done), Some(if fits { permits as u64 } else { 0 }));
    x.call(object);
}

/// Takes permits out for good; how many that were.
pub(super) fn forget(x: Ctx, object: ObjectId, permits: usize, site: Site) -> usize {
    let pending = Pending::new(Operation::ForgetPermits, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let there = x.semaphore(object, |semaphore| semaphore.line().permits());
    let forgotten = permits.min(there);
    x.happen(&pending, turn.outcome(Outcome::Done), Some(forgotten as u64));
    forgotten
}

/// The permits that can be had now, and whether it is closed.
pub(super) fn look(x: Ctx, object: ObjectId, site: Site) -> (usize, bool) {
    let pending = Pending::new(Operation::CountPermits, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    let (permits, is_closed) = x.semaphore(object, |s| (s.line().permits(), s.line().is_closed()));
    let outcome = if is_closed { Outcome::Disconnected } else { Outcome::Done };
    x.happen(&pending, turn.outcome(outcome), Some(permits as u64));
    (permits, is_closed)
}

/// Refuses permits from now on.
pub(super) fn close(x: Ctx, object: ObjectId, site: Site) {
    let pending = Pending::new(Operation::CloseSemaphore, object, site);
    let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
    x.happen(&pending, turn.outcome(Outcome::Done), None);
    x.call(object);
}
