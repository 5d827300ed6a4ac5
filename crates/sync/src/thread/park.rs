//! Waiting for nobody in particular: parking, yielding, sleeping.

use std::panic::Location;
use std::time::Duration;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome, TaskId};

use crate::ambient::ambient;
use crate::control::{Ctx, Inner, Origin, Pending, Runtime, State, Turn, Twin, sleeps_wait};
use crate::native;

/// A sleep from here on is one after which others are expected to have come so far; a shorter one only makes an order likelier.
const LONG: Duration = Duration::from_millis(10);

/// Waits until this thread's token is available, and takes it.
#[track_caller]
pub fn park() {
    match ambient() {
        None => std::thread::park(),
        Some(x) => park_until(x, None, Location::caller()),
    }
}

/// As [`park`], but no longer than `timeout`.
#[track_caller]
pub fn park_timeout(timeout: Duration) {
    match ambient() {
        None => std::thread::park_timeout(timeout),
        Some(x) => park_until(x, Some(timeout), Location::caller()),
    }
}

/// As [`park_timeout`], in milliseconds.
#[deprecated(note = "as in std: use `park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(milliseconds: u32) {
    park_timeout(Duration::from_millis(milliseconds.into()));
}

/// As [`sleep`], in milliseconds.
#[deprecated(note = "as in std: use `sleep`")]
#[track_caller]
pub fn sleep_ms(milliseconds: u32) {
    sleep(Duration::from_millis(milliseconds.into()));
}

fn park_until(x: Ctx, timeout: Option<Duration>, site: &'static Location<'static>) {
    let me = x.current();
    let object = x.object_of(me);
    let deadline = timeout.map(|timeout| crate::time::after(x, timeout));
    let pending = Pending::new(Operation::Park, object, site).until(deadline);
    let (turn, _) = x.turn(
        pending,
        |twin| match twin {
            Twin::Shuttle(twin) => twin.thread().parked().wait(x),
            Twin::Loom(twin) => twin.meeting().wait(x, |me| x.enabled(me)),
            Twin::Native => {}
        },
        |_, ()| (),
    );
    let outcome = match (turn, x.thread(object, |thread| thread.has_token())) {
        (Turn::Unwinding, _) => Outcome::Unwinding,
        (Turn::Taken, true) => Outcome::Done,
        (Turn::Taken, false) => x.wake_reason(&pending),
    };
    x.happen(&pending, outcome, None);
}

pub(super) fn unpark(x: Ctx, task: TaskId, site: &'static Location<'static>) {
    let object = x.object_of(task);
    let pending = Pending::new(Operation::Unpark, object, site);
    x.turn(
        pending,
        |twin| match twin {
            Twin::Shuttle(twin) => {
                crate::shuttle::pause();
                twin.thread().parked().call();
            }
            other => other.pause(),
        },
        |_, ()| (),
    );
    x.happen(&pending, Outcome::Done, None);
}

/// Gives other threads a turn.
#[track_caller]
pub fn yield_now() {
    match ambient() {
        None => std::thread::yield_now(),
        Some(x) => pause(x, Operation::Yield, Location::caller()),
    }
}

/// Lets at least `duration` pass: in an execution the clock of [`crate::time`], and nobody waits.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "outside executions this is std's")]
pub fn sleep(duration: Duration) {
    match ambient() {
        None => std::thread::sleep(duration),
        Some(x) if sleeps_wait() && x.runtime() == Runtime::Native && duration >= LONG => {
            sleep_until(x, crate::time::after(x, duration), Location::caller());
        }
        Some(x) => {
            let end = crate::time::after(x, duration);
            pause(x, Operation::Sleep, Location::caller());
            x.advance_clock(end);
        }
    }
}

/// Waits as long as anything else can happen, or an earlier timeout fire: at a futex of its own, which nobody knows.
fn sleep_until(x: Ctx, end: u64, site: &'static Location<'static>) {
    let name = Some("sleep".into());
    let origin = Origin { kind: ObjectKind::Futex, site, name, carried: false, holds_pointer: false };
    let object = x.add_object(origin, State::Futex(native::futex::Futex::default()));
    let pending = Pending::new(Operation::FutexReturn, object, site).until(Some(end));
    let (turn, _) = x.turn(pending, |_| (), |_, ()| ());
    let outcome = match turn {
        Turn::Unwinding => Outcome::Unwinding,
        Turn::Taken => x.wake_reason(&pending),
    };
    x.report(&pending, outcome, None);
}

pub(crate) fn pause(x: Ctx, operation: Operation, site: &'static Location<'static>) {
    if operation == Operation::Yield && sleeps_wait() {
        x.with(Inner::idle);
    }
    let pending = Pending::new(operation, ObjectId::NONE, site);
    let runtime = x.runtime();
    x.turn(
        pending,
        |_| match runtime {
            Runtime::Shuttle if operation == Operation::Yield => crate::shuttle::yield_now(),
            Runtime::Shuttle => crate::shuttle::pause(),
            _ => crate::loom::yield_now(),
        },
        |_, ()| (),
    );
    x.report(&pending, Outcome::Done, None);
}
