//! What a task does with memory and not by a primitive: told by whoever sees every access of the code under test.
//!
//! It is no event: the driver is told, and that is all. So it is no scheduling point either, and no trace has it. Where a task comes
//! to no event for long, [`give_way`] is one.

use std::panic::Location;

use bohrbug_events::{MemoryOrder, ObjectId, Operation, Outcome, StepIdx, TaskId};

use super::{Inner, Pending, Status, Turn, sleeps_wait};
use crate::ambient::ambient;
use crate::native::kernel::{leave, turn_in_foreign_frames};

/// One use of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAccess {
    /// When, and by whom.
    pub at: Position,
    /// Where the memory begins.
    pub address: usize,
    /// How many bytes it has.
    pub size: usize,
    /// What is done with it.
    pub operation: RawOperation,
    /// Where in the code, as text that means the same on every machine.
    pub place: &'static str,
}

/// What is done with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawOperation {
    /// It is read.
    Read,
    /// It is written.
    Write,
    /// It was read, or written, then; it is told now, as another task has begun to use it.
    Earlier {
        /// Whether it was written.
        writes: bool,
    },
    /// An atomic that is no object of this crate is read, written, or both, with that order.
    Atomic {
        /// Whether it is read.
        reads: bool,
        /// Whether it is written.
        writes: bool,
        /// The memory order in effect.
        order: MemoryOrder,
    },
    /// One of this crate's atomics may be there: the task's next event, which is the next of all, says what is done with it.
    Own,
    /// A fence of that order, which is none of this crate's.
    Fence(MemoryOrder),
    /// It is given out by an allocator.
    Allocate,
    /// It is that of a function's variables, which are no more.
    Leave,
    /// It is given back to it.
    Free,
    /// It is given back by code that is not under test, whose own accesses are not told.
    Forget,
}

/// When something happens in an execution: after how many events, and in which task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The task.
    pub task: TaskId,
    /// The events before.
    pub steps: StepIdx,
}

/// Where the execution is that the caller is in: one on coroutines that is not over before its end. None in a driver, too.
///
/// It may be asked at any time, by an allocator, too, that is called where the execution changes its own tables.
///
/// ```
/// assert_eq!(bohrbug_sync::control::position(), None, "this is no execution");
/// ```
#[inline]
pub fn position() -> Option<Position> {
    let x = ambient()?;
    let is_asked = x.on_coroutines() && !x.is_lent() && x.head().status() == Status::Running;
    is_asked.then(|| Position { task: x.current(), steps: x.head().steps() })
}

/// Tells the driver of the execution that the caller is in what its tasks have done since it was last told, in their order. Only
/// code under test may call it, or what was called by its accesses.
///
/// ```
/// // Outside of executions nobody is told.
/// bohrbug_sync::control::accessed(&[]);
/// ```
pub fn accessed(accesses: &[RawAccess]) {
    let Some(x) = ambient() else { return };
    if x.head().status() == Status::Running
        && let Some(mut tables) = x.try_borrow()
    {
        tables.tell_accesses(accesses);
    }
}

/// Lets other tasks go on before an access: a yield. The caller's frames need not be such that they can be unwound; where the
/// execution ends meanwhile, it does not come back.
///
/// ```
/// // Outside of executions it does nothing.
/// bohrbug_sync::control::give_way();
/// ```
#[track_caller]
pub fn give_way() {
    if position().is_none() {
        return;
    }
    let Some(x) = ambient() else { return };
    if sleeps_wait() {
        x.with(Inner::idle);
    }
    let pending = Pending::new(Operation::Yield, ObjectId::NONE, Location::caller());
    match turn_in_foreign_frames(x, pending) {
        Turn::Taken => x.report(&pending, Outcome::Done, None),
        Turn::Unwinding => leave(x),
    }
}
