//! Tells a debugger which step comes next, on OS threads.
//!
//! Whoever wants to know is told before each event of an execution, on the thread of the task whose event it is: when the
//! task has its turn and has not acted yet. Each number comes once, and in order.

use std::sync::OnceLock;

use crate::control::{Ctx, Runtime};

static TELL: OnceLock<fn(u64)> = OnceLock::new();

/// Has `tell` told of each event before it happens, by its number in the execution, wherever an execution runs on OS
/// threads; of several the first counts.
pub fn tell_steps_to(tell: fn(u64)) {
    let _ = TELL.set(tell);
}

/// The current task is about to do what will be the execution's next event.
#[cold]
pub(crate) fn step(x: Ctx) {
    let Some(tell) = TELL.get().filter(|_| x.runtime() == Runtime::Native && !x.stopping()) else { return };
    let next = x.with(|x| x.next_step());
    let told = x.head().kernel.os_threads().told();
    if told.get() <= next {
        told.set(next + 1);
        tell(next.into());
    }
}
