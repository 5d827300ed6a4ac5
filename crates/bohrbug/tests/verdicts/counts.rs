//! What depends on the counts of an `Arc`: of std's, whose counts are no events, and of one whose counts are.

use bohrbug_sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, counted, thread};

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
    Case {
        name: "who drops the last counted `Arc`",
        program: || {
            let watched = counted::Arc::new(Watched(thread::current().id()));
            let child = thread::spawn({
                let watched = watched.clone();
                move || drop(watched)
            });
            drop(watched);
            child.join().unwrap();
        },
    },
    Case {
        name: "how many counted `Arc`s there are",
        program: || {
            let count = counted::Arc::new(AtomicU32::new(0));
            let child = thread::spawn({
                let count = count.clone();
                move || drop(count)
            });
            count.store(1, SeqCst);
            assert_eq!(counted::Arc::strong_count(&count), 2, "the other one has not ended");
            child.join().unwrap();
        },
    },
    Case {
        name: "a counted `Arc` that is raised when the last is gone",
        program: || {
            let pointer = counted::Arc::into_raw(counted::Arc::new(7_u32)).cast_mut();
            let slot = Arc::new(AtomicPtr::new(pointer));
            let reader = thread::spawn({
                let slot = slot.clone();
                move || {
                    let pointer = slot.load(SeqCst);
                    if !pointer.is_null() {
                        // SAFETY: none; this is the bug. The allocator keeps what is freed, so that nothing comes of it.
                        unsafe {
                            counted::Arc::increment_strong_count(pointer);
                            counted::Arc::decrement_strong_count(pointer);
                        }
                    }
                }
            });
            let pointer = slot.swap(std::ptr::null_mut(), SeqCst);
            // SAFETY: it was in the slot, and is no more.
            drop(unsafe { counted::Arc::from_raw(pointer) });
            reader.join().unwrap();
        },
    },
];
