//! A process that ends where its program would become concurrent.
//!
//! Whoever wants to know whether a program starts threads at all runs it once in a process of its own, uncontrolled: most tests
//! do not, and then they have been run as they always are, without a bound. Where a thread is about to start the process ends
//! instead, before anything was done that an exploration would have to undo.

use std::sync::atomic::{AtomicI32, Ordering};

/// The exit code that was asked for; negative if none was.
static CODE: AtomicI32 = AtomicI32::new(-1);

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
