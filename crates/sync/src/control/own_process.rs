//! What a process that runs one test, and nothing else, may want: it is told once, and holds for all of it.
//!
//! Whoever wants to know whether a program starts threads at all runs it once in a process of its own, uncontrolled: most tests
//! do not, and then they have been run as they always are, without a bound. Where a thread is about to start the process ends
//! instead, before anything was done that an exploration would have to undo.
//!
//! To std a panic that ends a thread is a result, which somebody may ask for: many tests panic in threads on purpose.

use bohrbug_trace::TaskId;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

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

/// Whether the execution that the caller is in, if any, is over before its end, so that what unwinds is to go on unwinding.
pub fn is_stopping() -> bool {
    crate::ambient::ambient().is_some_and(super::Ctx::stopping)
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
