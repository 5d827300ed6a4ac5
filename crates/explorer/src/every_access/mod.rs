//! Every access to memory: what `cargo bohrbug test --every-access` has the compiler call at each of them, and who is told.
//!
//! The compiler puts the calls of a thread sanitizer into the crates under test (`symbols`, `atomics`). Inside a task an access
//! is told to the execution, with its place in the code, if the code that makes it is under test: `std`'s generic code counts
//! as whoever called it, and that of what stands in for std does not count (`code`, `frames`). Everywhere else nothing happens.
//! Where a task makes very many accesses and comes to no event others have their turn (`loops`).
//!
//! Looked at are blocks of the explorer's [heap](crate::heap), statics, and stacks: of a task's accesses to its own one, before
//! another task has used it, the last ones (`own_stacks`). What says nothing new is left out (`recent`).
//!
//! Not looked at are thread-local variables, memory that the program itself maps, what is larger than 64 MiB, or comes from an
//! allocator that the program brings along. What was not built with the calls, C and the parts of std that are not generic, is not
//! seen. A function's variables are gone where it is left; that one of a block within it is gone before is not known.

#[cfg(target_arch = "x86_64")]
mod atomics;
mod code;
mod frames;
mod loops;
mod own_stacks;
mod recent;
#[cfg(target_arch = "x86_64")]
mod symbols;

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bohrbug_sync::control::{RawAccess, RawOperation, accessed, give_way, position};

use crate::heap::{self, stack_number};
use code::{Codes, Whose};
use frames::{Caller, Frames};
use own_stacks::OwnStacks;

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
    /// Of each stack what other tasks than its own have used in this execution, from the first byte to the last.
    shared: Vec<Range<usize>>,
    own: OwnStacks,
}

/// Every access is looked at from now on. Places in the code are named from `root` on.
pub(crate) fn start(root: &Path) {
    let Some(statics) = crate::statics::range() else { return };
    STATICS[0].store(statics.start, Ordering::Relaxed);
    STATICS[1].store(statics.end, Ordering::Relaxed);
    let state = State {
        codes: Codes::new(root),
        frames: Frames::default(),
        waiting: Vec::new(),
        shared: Vec::new(),
        own: OwnStacks::default(),
    };
    *STATE.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    ON.store(true, Ordering::Relaxed);
}

/// An execution begins.
pub(crate) fn begin() {
    if is_on() {
        recent::forget();
        loops::begin();
        Busy::with(|state| {
            state.shared.clear();
            state.waiting.clear();
            state.own.begin();
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

/// A function was entered, by a call from `from`; its frame begins at `stack`, and `inside` is one of its instructions.
fn entered(from: usize, inside: usize, stack: usize) {
    if let Some(number) = stack_number(stack).filter(|_| is_on() && !is_busy()) {
        Busy::with(|state| state.frames.enter(number, stack, state.codes.of(from), inside));
    }
}

/// The function with that frame is left, by an instruction at `at`: others may use its variables no more.
fn left(at: usize, frame: Range<usize>) {
    let Some(number) = stack_number(frame.start).filter(|_| is_on() && !is_busy()) else { return };
    let left = Busy::with(|state| {
        state.frames.leave(number, frame.start);
        let shared = state.shared.get(number).cloned().unwrap_or_default();
        let gone = frame.start.max(shared.start)..frame.end.min(shared.end);
        if state.waiting.is_empty() && gone.is_empty() {
            return None;
        }
        match state.codes.of(at).whose {
            Whose::Tested(place) => Some((gone, place)),
            _ => None,
        }
    });
    match left.flatten() {
        None => {}
        Some((gone, _)) if gone.is_empty() => flush(),
        Some((gone, place)) => tell(gone, RawOperation::Leave, place),
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
    if !is_on() {
        return;
    }
    let_others_go_on(at, stack);
    let own = stack_number(memory.start).filter(|number| stack_number(stack) == Some(*number));
    let is_seen = own.map_or_else(|| is_seen(&memory, stack), |number| !is_kept(number, &memory, writes, at));
    if !is_seen {
        return;
    }
    let Some(number) = stack_number(stack).filter(|_| !is_busy()) else { return };
    let Some(position) = position().filter(|position| !recent::is_known(&memory, writes, *position)) else { return };
    let is_told = Busy::with(|state| {
        let Some(place) = state.frames.caller(number, stack, state.codes.of(at)).place else { return false };
        let operation = if writes { RawOperation::Write } else { RawOperation::Read };
        let (address, size) = (memory.start, memory.end - memory.start);
        state.waiting.push(RawAccess { at: position, address, size, operation, place });
        true
    });
    if is_told == Some(true) {
        if !std::thread::panicking() {
            recent::told(&memory, writes, position);
        }
        flush();
    }
}

/// Where code under test has come to no event for long others have their turn.
fn let_others_go_on(at: usize, stack: usize) {
    let is_long = !is_busy() && position().is_some_and(loops::is_long) && !std::thread::panicking();
    if is_long && caller(at, stack).is_some_and(|caller| caller.place.is_some()) {
        give_way();
    }
}

/// Keeps in mind what a task does with its own stack, unless another one has used that, too; whether that is all.
fn is_kept(number: usize, memory: &Range<usize>, writes: bool, at: usize) -> bool {
    let Some(position) = position().filter(|_| !is_busy()) else { return true };
    let is_kept = |state: &mut State| {
        let is_own = !state.is_shared(number);
        if is_own {
            state.own.used(number, memory, writes, position, at);
        }
        is_own
    };
    Busy::with(is_kept).unwrap_or(true)
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
    if matches!(
        operation,
        RawOperation::Atomic { .. } | RawOperation::Fence(_) | RawOperation::Free | RawOperation::Forget
    ) {
        recent::forget();
    }
    let access = RawAccess { at, address: memory.start, size: memory.end - memory.start, operation, place };
    Busy::with(|state| state.waiting.push(access));
    true
}

/// Tells the execution of what waits, unless that is at work on its own tables: then it waits on.
fn flush() {
    if position().is_none() {
        return;
    }
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
            state.share(number, memory);
        }
        state.is_shared(number)
    };
    Busy::with(is_shared).unwrap_or(false)
}

impl State {
    /// Whether another task has used that stack.
    fn is_shared(&self, number: usize) -> bool {
        self.shared.get(number).is_some_and(|shared| !shared.is_empty())
    }

    /// Another task than its own uses that part of a stack.
    fn share(&mut self, number: usize, memory: &Range<usize>) {
        if self.shared.len() <= number {
            self.shared.resize(number + 1, 0..0);
        }
        let known = self.shared[number].clone();
        let all = known.start.min(memory.start)..known.end.max(memory.end);
        self.shared[number] = if known.is_empty() { memory.clone() } else { all };
        for (memory, writes, done) in self.own.taken(number, memory) {
            if let Whose::Tested(place) = self.codes.of(done.code).whose {
                let (address, size) = (memory.start, memory.end - memory.start);
                let operation = RawOperation::Earlier { writes };
                self.waiting.push(RawAccess { at: done.at, address, size, operation, place });
            }
        }
    }
}

/// The heap has given out a block.
pub(crate) fn allocated(block: Range<usize>) {
    if !is_on() || is_busy() {
        return;
    }
    match place_of_caller() {
        Some(place) => _ = wait(block, RawOperation::Allocate, place),
        None => _ = wait(block, RawOperation::Forget, ""),
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
    Busy::with(|state| {
        // Of the function that has called it no instruction is known but its first.
        let code = match state.frames.last(number, stack) {
            Some(inside) => state.codes.of(inside),
            None => state.codes.nobody(),
        };
        state.frames.caller(number, stack, code)
    })?
    .place
}
