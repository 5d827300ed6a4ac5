//! What depends on the counts of an `Arc`, which is std's own here, so that its counts are no events.

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, thread};

use super::Case;

/// Panics if the main task drops the last of its owners.
struct Watched(thread::ThreadId);

impl Drop for Watched {
    fn drop(&mut self) {
        assert_ne!(thread::current().id(), self.0, "the other one is expected to be the last");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "who drops the last `Arc`",
        program: || {
            let watched = Arc::new(Watched(thread::current().id()));
            let child = thread::spawn({
                let watched = watched.clone();
                move || drop(watched)
            });
            drop(watched);
            child.join().unwrap();
        },
    },
    Case {
        name: "how many `Arc`s there are",
        program: || {
            let count = Arc::new(AtomicU32::new(0));
            let child = thread::spawn({
                let count = count.clone();
                move || drop(count)
            });
            count.store(1, SeqCst);
            assert_eq!(Arc::strong_count(&count), 2, "the other one has not ended");
            child.join().unwrap();
        },
    },
];
