//! Which runtime the calling OS thread is in.
//!
//! All three controlled runtimes run a whole execution on one OS thread, or on threads of its own, so a thread-local says it.
//! A thread that no execution owns is in the `os` runtime, where every primitive is the standard library's.

use std::cell::Cell;

use crate::control::Ctx;

thread_local! {
    static AMBIENT: Cell<Option<Ctx>> = const { Cell::new(None) };
}

/// The execution that this OS thread runs, if any.
#[inline]
pub(crate) fn ambient() -> Option<Ctx> {
    AMBIENT.get()
}

/// Makes `execution` the one that this OS thread runs and returns what was before.
pub(crate) fn replace(execution: Option<Ctx>) -> Option<Ctx> {
    AMBIENT.replace(execution)
}

/// Runs `f` as if nothing were exploring.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Ctx>);
    impl Drop for Restore {
        fn drop(&mut self) {
            replace(self.0);
        }
    }
    let _restore = Restore(replace(None));
    f()
}
