//! Every access to memory: what `cargo bohrbug test --every-access` has the compiler call at each of them, and who is told.
//!
//! The compiler puts the calls of a thread sanitizer into the crates under test (`symbols`, `atomics`). Inside a task an access
//! is told to the execution, with its place in the code, if the code that makes it is under test: `std`'s generic code counts
//! as whoever called it, and that of what stands in for std does not count (`code`, `frames`). Everywhere else nothing happens.
//!
//! Looked at are blocks of the explorer's [heap](crate::heap), statics, and stacks: a task's accesses to its own one only from
//! when another task has used it. So thread-local variables are not, nor memory that was mapped by the program itself, what is larger
//! than 64 MiB, or comes from an allocator that the program brings along. What was not built with the calls, C and the parts of std
//! that are not generic, is not seen.

#[cfg(target_arch = "x86_64")]
mod atomics;
mod code;
mod frames;
#[cfg(target_arch = "x86_64")]
mod symbols;

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bohrbug_sync::control::{RawAccess, RawOperation, accessed, position};

use crate::heap::{self, stack_number};
use code::{Codes, Whose};
use frames::{Caller, Frames};

/// Whether anything is looked at.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether this code is at work, so that what is allocated is not the program's.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Where the program's statics are.
static STATICS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

static STATE: Mutex<Option<State>> = Mutex::new(None);

struct State {
    codes: Codes,
    frames: Frames,
    /// What was not told yet, as those who did it may not be interrupted.
    waiting: Vec<RawAccess>,
    /// The stacks that another task than their own has used in this execution.
    shared: Vec<bool>,
}

/// Every access is looked at from now on. Places in the code are named from `root` on.
pub(crate) fn start(root: &Path) {
    let Some(statics) = crate::statics::range() else { return };
    STATICS[0].store(statics.start, Ordering::Relaxed);
    STATICS[1].store(statics.end, Ordering::Relaxed);
    let state = State { codes: Codes::new(root), frames: Frames::default(), waiting: Vec::new(), shared: Vec::new() };
    *STATE.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    ON.store(true, Ordering::Relaxed);
}

/// An execution begins.
pub(crate) fn begin() {
    if is_on() {
        Busy::with(|state| {
            state.shared.clear();
            state.waiting.clear();
        });
    }
}

/// Whether every access is looked at.
#[inline]
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Whether what is allocated now is for this code.
#[inline]
pub(crate) fn is_busy() -> bool {
    BUSY.load(Ordering::Relaxed)
}

/// The state, while nothing that is allocated is the program's.
struct Busy(MutexGuard<'static, Option<State>>);

impl Busy {
    fn with<R>(f: impl FnOnce(&mut State) -> R) -> Option<R> {
        let mut busy = Self(STATE.lock().unwrap_or_else(PoisonError::into_inner));
        BUSY.store(true, Ordering::Relaxed);
        busy.0.as_mut().map(f)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Relaxed);
    }
}

/// A function was entered, by a call from `from`; its frame begins at `stack`.
fn entered(from: usize, stack: usize) {
    if let Some(number) = stack_number(stack).filter(|_| is_on() && !is_busy()) {
        Busy::with(|state| state.frames.enter(number, stack, state.codes.of(from)));
    }
}

/// The function whose frame begins there is left, by an instruction at `at`.
fn left(at: usize, stack: usize) {
    let Some(number) = stack_number(stack).filter(|_| is_on() && !is_busy()) else { return };
    let is_tested = |state: &mut State| {
        state.frames.leave(number, stack);
        !state.waiting.is_empty() && matches!(state.codes.of(at).whose, Whose::Tested(_))
    };
    if Busy::with(is_tested) == Some(true) {
        flush();
    }
}

/// Who acts at `at`, in the frame that begins at `stack`, if that is a task's.
fn caller(at: usize, stack: usize) -> Option<Caller> {
    let number = stack_number(stack).filter(|_| !is_busy() && position().is_some())?;
    Busy::with(|state| state.frames.caller(number, stack, state.codes.of(at)))
}

/// Memory is read or written, by an instruction at `at`, in the frame that begins at `stack`.
#[inline]
fn used(memory: Range<usize>, writes: bool, at: usize, stack: usize) {
    if !is_on() || !is_seen(&memory, stack) {
        return;
    }
    if let Some(place) = caller(at, stack).and_then(|caller| caller.place) {
        let operation = if writes { RawOperation::Write } else { RawOperation::Read };
        tell(memory, operation, place);
    }
}

/// Tells the execution of it: it is code under test that acts.
fn tell(memory: Range<usize>, operation: RawOperation, place: &'static str) {
    if wait(memory, operation, place) {
        flush();
    }
}

/// The execution is told of it, at once if it is code under test that acts.
fn told(memory: Range<usize>, operation: RawOperation, place: Option<&'static str>) {
    match place {
        Some(place) => tell(memory, operation, place),
        None => _ = wait(memory, operation, "code that is not under test"),
    }
}

/// Has the execution told of it before the next act of code under test; whether there is one.
fn wait(memory: Range<usize>, operation: RawOperation, place: &'static str) -> bool {
    let Some(at) = position() else { return false };
    let access = RawAccess { at, address: memory.start, size: memory.end - memory.start, operation, place };
    Busy::with(|state| state.waiting.push(access));
    true
}

/// Tells the execution of what waits.
fn flush() {
    let Some(mut waiting) = Busy::with(|state| std::mem::take(&mut state.waiting)) else { return };
    accessed(&waiting);
    Busy::with(|state| {
        waiting.clear();
        state.waiting = waiting;
    });
}

/// Whether accesses to that memory from that stack are looked at.
fn is_seen(memory: &Range<usize>, stack: usize) -> bool {
    let Some(number) = stack_number(memory.start) else {
        return heap::is_slot(memory.start)
            || STATICS[0].load(Ordering::Relaxed) <= memory.start && memory.end <= STATICS[1].load(Ordering::Relaxed);
    };
    let Some(own) = stack_number(stack) else { return false };
    if is_busy() {
        return false;
    }
    let is_shared = |state: &mut State| {
        if own != number {
            if state.shared.len() <= number {
                state.shared.resize(number + 1, false);
            }
            state.shared[number] = true;
        }
        state.shared.get(number).copied().unwrap_or(false)
    };
    Busy::with(is_shared).unwrap_or(false)
}

/// The heap has given out a block.
pub(crate) fn allocated(block: Range<usize>) {
    if is_on() && !is_busy() {
        wait(block, RawOperation::Allocate, "");
    }
}

/// A block is about to be given back to the heap.
pub(crate) fn freed(block: Range<usize>) {
    if !is_on() || is_busy() {
        return;
    }
    match place_of_caller() {
        Some(place) => _ = wait(block, RawOperation::Free, place),
        None => _ = wait(block, RawOperation::Forget, ""),
    }
}

/// A block's content was moved to a new one, before the old one is given back.
pub(crate) fn moved(from: Range<usize>, to: Range<usize>) {
    if let Some(place) = place_of_caller() {
        let read = from.start..from.end.min(from.start + (to.end - to.start));
        wait(read, RawOperation::Read, place);
        wait(to, RawOperation::Write, place);
    }
}

/// Where the code under test is that has called the heap, which is not built with the calls.
#[inline(never)]
fn place_of_caller() -> Option<&'static str> {
    let here = 0_u8;
    let stack = (&raw const here).addr();
    let number = stack_number(stack).filter(|_| is_on() && !is_busy() && position().is_some())?;
    Busy::with(|state| state.frames.caller(number, stack, state.codes.nobody()))?.place
}
