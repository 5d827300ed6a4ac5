//! How many tasks of this process were left behind: they do not come to an end, and cannot be unwound a second time.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static LEFT_BEHIND: AtomicU32 = AtomicU32::new(0);

/// Whether this process ends, since there are too many.
static GIVES_UP: AtomicBool = AtomicBool::new(false);

/// Whether no more may be left behind.
pub(super) fn gives_up() -> bool {
    GIVES_UP.load(Ordering::Relaxed)
}

/// One more is left behind; the process ends if that is more than `most`.
#[cold]
pub(super) fn count_one(most: u32) {
    if LEFT_BEHIND.fetch_add(1, Ordering::Relaxed) >= most {
        eprintln!(
            "bohrbug-sync: {most} tasks of this process were left behind in destructors that do not end when an \
             execution is over, and each keeps its stack, so the process ends here; let a destructor that waits in a loop \
             give up if std::thread::panicking()"
        );
        GIVES_UP.store(true, Ordering::Relaxed);
        std::process::abort();
    }
}
