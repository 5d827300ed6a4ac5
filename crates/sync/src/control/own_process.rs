//! What a process that runs one test, and nothing else, may want: it is told once, and holds for all of it.
//!
//! Whoever wants to know whether a program starts threads at all runs it once in a process of its own, uncontrolled: most tests
//! do not, and then they have been run as they always are, without a bound. Where a thread is about to start the process ends
//! instead, before anything was done that an exploration would have to undo.
//!
//! To std a panic that ends a thread is a result, which somebody may ask for: many tests panic in threads on purpose.

use bohrbug_events::TaskId;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The exit code that was asked for; negative if none was.
static CODE: AtomicI32 = AtomicI32::new(-1);

static THREADS_MAY_PANIC: AtomicBool = AtomicBool::new(false);

/// From now on a panic that ends another task than the main one is no incident in any execution of this process: whoever joins
/// the task has it as the result.
pub fn threads_may_panic() {
    THREADS_MAY_PANIC.store(true, Ordering::Relaxed);
}

/// Whether a panic that ends this task is an incident.
pub(super) fn is_incident(task: TaskId) -> bool {
    task == TaskId::MAIN || !THREADS_MAY_PANIC.load(Ordering::Relaxed)
}

static STATICS_BEGIN_ANEW: AtomicBool = AtomicBool::new(false);

/// From now on the statics of this process that are primitives of this crate begin each execution with the bits that they have
/// now. Call it before the first one; what executions leave in statics is leaked.
pub fn statics_begin_anew() {
    STATICS_BEGIN_ANEW.store(true, Ordering::Relaxed);
}

#[inline]
pub(super) fn keeps_statics() -> bool {
    STATICS_BEGIN_ANEW.load(Ordering::Relaxed)
}

static SLEEPS_WAIT: AtomicBool = AtomicBool::new(false);

/// From now on a task that sleeps for ten milliseconds or more waits, in every execution of this process on native, until nothing else
/// can happen, as for a timeout, and those who wait for time are served in its order. Tests sleep so long that others have come
/// so far. A shorter sleep, and without this every one, is over whenever its task is chosen.
pub fn sleeps_take_time() {
    SLEEPS_WAIT.store(true, Ordering::Relaxed);
}

#[inline]
pub(crate) fn sleeps_wait() -> bool {
    SLEEPS_WAIT.load(Ordering::Relaxed)
}

/// Whether the execution that the caller is in, if any, is over before its end, so that what unwinds is to go on unwinding.
pub fn is_stopping() -> bool {
    crate::ambient::ambient().is_some_and(super::Ctx::stopping)
}

/// Does not return to a task on native whose execution is over before its end: it stays where it is, as one does that never comes to
/// the end of its unwinding. For whoever stands in for what ends the process: code that must not be unwound (between two writes
/// that belong together, or while threads borrow from its frame) has guards that abort, and only here is it unwound from there.
pub fn stay_if_over() {
    let under_way = crate::ambient::ambient().filter(|x| x.runtime() == super::Runtime::Native && !x.is_lent());
    under_way.into_iter().for_each(crate::native::kernel::stay);
}

/// From now on this process ends, with `code`, where a thread would be spawned outside all executions.
///
/// # Panics
///
/// If the code is negative.
pub fn exit_at_first_thread(code: i32) {
    assert!(code >= 0, "an exit code is not negative");
    CODE.store(code, Ordering::Relaxed);
}

/// A thread is about to be spawned outside all executions.
#[inline]
pub(crate) fn plain_thread() {
    let code = CODE.load(Ordering::Relaxed);
    if code >= 0 {
        std::process::exit(code);
    }
}

/// Whether the caller is code under test: in an execution whose tasks are coroutines, and not in the tables of that execution, nor
/// in its driver.
#[inline]
pub fn is_under_test() -> bool {
    crate::ambient::ambient().is_some_and(|x| x.on_coroutines() && !x.is_lent())
}

/// Memory for the stack of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackMemory {
    /// The lowest address, a page that is never touched.
    pub limit: NonZeroUsize,
    /// The end, from where the stack grows downwards.
    pub base: NonZeroUsize,
}

/// Where stacks are: which execution of those that are under way at once, the task's number, and the size in bytes.
type Stacks = fn(place: usize, task: usize, size: usize) -> Option<StackMemory>;

static STACKS: OnceLock<Stacks> = OnceLock::new();

/// From now on the stacks of tasks are where `stacks` says, or anywhere if it does not. It is asked for the room of executions
/// that has that number among those there are at once, for the task of that number, with so many bytes at least.
///
/// It is asked for the same again when nobody runs there any more; also after a task was left behind there, which never goes on.
///
/// # Safety
///
/// What it returns must be memory of its own for each pair of numbers, that stays, with a first page that cannot be touched. And
/// where a task is left behind nothing that outlives the execution may point into its stack.
pub unsafe fn place_stacks(stacks: Stacks) {
    let _ = STACKS.set(stacks);
}

/// The memory for a task's stack, if somebody places them.
pub(crate) fn stack_memory(place: usize, task: usize, size: usize) -> Option<StackMemory> {
    STACKS.get().and_then(|stacks| stacks(place, task, size))
}

/// Which of the stacks with places an execution's tasks have: the lowest number that no other one has at the moment.
#[derive(Debug)]
pub(crate) struct StackPlace(usize);

static TAKEN: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

impl StackPlace {
    pub(crate) fn take() -> Self {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let free = (0..).find(|number| !taken.contains(number)).unwrap_or_else(|| unreachable!("numbers do not end"));
        taken.insert(free);
        Self(free)
    }

    pub(crate) const fn number(&self) -> usize {
        self.0
    }
}

impl Drop for StackPlace {
    fn drop(&mut self) {
        TAKEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}
