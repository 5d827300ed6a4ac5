//! Futexes, for whoever stands in for the operating system: code that waits at a word of memory, without std, asks Linux to.
//!
//! Nothing else is meant to call this. A wait is two events: the task looks at the word and begins to wait, in one step that is an
//! access of the atomic there as well, and *returns* once somebody has woken it. A requeue that looks at the word is two events of
//! one step. Outside of executions, and where a driver is asked, the answer is `None`: it is the operating system's business.
//!
//! The caller's frames cannot be unwound, since they are foreign. Where an execution is over before its end a wait returns as if for
//! no reason, and the task unwinds from the next primitive that it comes to.
//!
//! Departure: on native alone. On shuttle and loom an execution gives up.

use std::panic::Location;
use std::time::Duration;

use bohrbug_events::{ObjectId, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime, Turn};
use crate::native::futex::{counts, value};
use crate::native::kernel::turn_in_foreign_frames;

/// What a wait came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Somebody woke it, or nobody did.
    Woken,
    /// The word had another value, and there was no wait.
    Changed,
    /// Time ran out.
    TimedOut,
}

/// The word had another value than a requeue expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAsExpected;

/// Whether the caller is a task of an execution, and no driver is asked.
pub fn is_ours() -> bool {
    ambient().is_some_and(|x| !x.driver_panics())
}

/// Waits at the word as long as nobody wakes one of those who wait for these bits, if it has the expected value.
///
/// # Safety
///
/// The word must be there to be read.
#[track_caller]
pub unsafe fn wait(word: *const u32, expected: u32, bits: u32, timeout: Option<Duration>) -> Option<Waited> {
    let futex = Futex::at(word, Location::caller())?;
    let begin = Pending::new(Operation::FutexWait, futex.object, futex.site).with_other(futex.atomic());
    let turn = turn_in_foreign_frames(futex.x, begin);
    // SAFETY: the caller's promise; nobody else runs.
    let is_as_expected = unsafe { word.read_volatile() } == expected;
    if turn == Turn::Unwinding || !is_as_expected {
        futex.x.report(&begin, turn.outcome(Outcome::Mismatch), None);
        return Some(if is_as_expected { Waited::Woken } else { Waited::Changed });
    }
    futex.x.happen(&begin, Outcome::Done, Some(value(0, bits)));
    Some(futex.sleep(timeout))
}

/// Wakes up to `most` of those who wait at the word for one of these bits; how many that were.
#[track_caller]
pub fn wake(word: *const u32, most: u32, bits: u32) -> Option<u32> {
    let Futex { x, object, site, .. } = Futex::at(word, Location::caller())?;
    let pending = Pending::new(Operation::FutexWake, object, site);
    let turn = turn_in_foreign_frames(x, pending);
    let woken = x.futex(object, |state| state.count(most, bits));
    x.happen(&pending, turn.outcome(Outcome::Done), Some(value(woken, bits)));
    Some(woken)
}

/// Wakes up to `most_woken` of those who wait at the word, and has up to `most_moved` of the others wait at another one from
/// now on; how many that were. If a value is expected and the word has another, nothing happens, and the answer says so.
///
/// # Safety
///
/// The word must be there to be read, if a value is expected.
#[track_caller]
pub unsafe fn requeue(
    word: *const u32,
    expected: Option<u32>,
    (most_woken, most_moved): (u32, u32),
    to: *const u32,
) -> Option<Result<(u32, u32), NotAsExpected>> {
    let site = Location::caller();
    let futex = Futex::at(word, site)?;
    let (x, object) = (futex.x, futex.object);
    let to = if to == word { ObjectId::NONE } else { x.futex_at(to.addr(), site) };
    let requeue = Pending::new(Operation::FutexRequeue, object, site).with_other(to);
    let turn = match expected {
        None => turn_in_foreign_frames(x, requeue),
        Some(expected) => {
            // SAFETY: the caller's promise.
            let (turn, is_as_expected) = unsafe { futex.compare(word, expected, to) };
            if !is_as_expected {
                x.report(&requeue, turn.outcome(Outcome::Mismatch), None);
                return Some(Err(NotAsExpected));
            }
            turn
        }
    };
    if turn == Turn::Unwinding {
        x.report(&requeue, Outcome::Unwinding, None);
        return Some(Ok((0, 0)));
    }
    let (woken, moved) = x.futex(object, |state| state.count_requeue(most_woken, most_moved));
    x.requeue(&requeue, counts(woken, moved));
    Some(Ok((woken, moved)))
}

/// A word of memory in an execution.
#[derive(Clone, Copy)]
struct Futex {
    x: Ctx,
    /// Where it is.
    address: usize,
    object: ObjectId,
    site: &'static Location<'static>,
}

impl Futex {
    /// The futex at that address, in the execution that the caller is a task of.
    fn at(word: *const u32, site: &'static Location<'static>) -> Option<Self> {
        let x = ambient().filter(|x| !x.driver_panics())?;
        if x.runtime() != Runtime::Native {
            x.give_up("a futex is under control on native alone; explore this program there".to_owned());
        }
        let address = word.addr();
        Some(Self { x, address, object: x.futex_at(address, site), site })
    }

    /// The word itself, as the atomic that it is.
    fn atomic(self) -> ObjectId {
        self.x.atomic_at(self.address, size_of::<u32>(), self.site)
    }

    /// Looks at the word, in the step in which waiters are then woken and moved to another.
    unsafe fn compare(self, word: *const u32, expected: u32, to: ObjectId) -> (Turn, bool) {
        let pending = Pending::new(Operation::FutexCompare, self.object, self.site);
        let pending = pending.with_other(self.atomic()).before_requeue(to);
        let turn = turn_in_foreign_frames(self.x, pending);
        // SAFETY: the caller's promise; nobody else runs.
        let is_as_expected = unsafe { word.read_volatile() } == expected;
        let outcome = if is_as_expected { Outcome::Done } else { Outcome::Mismatch };
        self.x.report(&pending, turn.outcome(outcome), None);
        self.x.tell_step();
        (turn, is_as_expected)
    }

    fn sleep(self, timeout: Option<Duration>) -> Waited {
        let Self { x, object, site, .. } = self;
        let deadline = timeout.map(|timeout| crate::time::after(x, timeout));
        let pending = Pending::new(Operation::FutexReturn, object, site).until(deadline);
        let turn = turn_in_foreign_frames(x, pending);
        // It may have been moved to another word meanwhile.
        let pending = if turn == Turn::Taken { x.pending(x.current()) } else { pending };
        let was_woken = x.futex(pending.object, |state| state.has_woken(x.current()));
        let outcome = match turn {
            Turn::Unwinding => Outcome::Unwinding,
            Turn::Taken if was_woken => Outcome::Done,
            Turn::Taken => x.wake_reason(&pending),
        };
        x.happen(&pending, outcome, None);
        if outcome == Outcome::TimedOut { Waited::TimedOut } else { Waited::Woken }
    }
}
