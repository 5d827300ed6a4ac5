//! Memory that is freed, dropped or made where another task uses it, and threads from outside.
//!
//! What would corrupt memory on real threads does not here: one task runs at a time, and the allocator keeps what is freed.

use bohrbug_sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::{Arc, Mutex, thread};

use super::Case;

struct Bare(UnsafeCell<u32>);

// SAFETY: not at all, on real threads; in an execution one task runs at a time.
unsafe impl Sync for Bare {}
// SAFETY: as above.
unsafe impl Send for Bare {}

/// A child that takes what main has published, and frees it, beside main, which uses it.
fn freed_beside<T: Send + Sync + 'static>(new: fn() -> T, use_it: fn(&T)) {
    let block = Arc::new(AtomicPtr::new(Box::into_raw(Box::new(new()))));
    let child = thread::spawn({
        let block = block.clone();
        move || {
            let pointer = block.swap(std::ptr::null_mut(), Ordering::SeqCst);
            // SAFETY: nobody else takes it; that main may use it meanwhile is the bug.
            drop(unsafe { Box::from_raw(pointer) });
        }
    });
    let pointer = block.load(Ordering::SeqCst);
    if !pointer.is_null() {
        // An access to a cell is no scheduling point.
        thread::yield_now();
        // SAFETY: none; the allocator keeps the block until the execution's end.
        use_it(unsafe { &*pointer });
    }
    child.join().unwrap();
}

/// A child that makes a cell and publishes it in that order, beside main, which reads it.
fn made_beside(store: Ordering, load: Ordering) {
    let block = Arc::new(AtomicPtr::<Bare>::default());
    let child = thread::spawn({
        let block = block.clone();
        move || block.store(Box::into_raw(Box::new(Bare(UnsafeCell::new(7)))), store)
    });
    let pointer = block.load(load);
    if !pointer.is_null() {
        // SAFETY: it is never freed before the child has ended.
        unsafe { &*pointer }.0.with(|_| ());
    }
    child.join().unwrap();
    let pointer = block.load(Ordering::SeqCst);
    // SAFETY: both have done with it.
    drop(unsafe { Box::from_raw(pointer) });
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "an atomic that is used after it was freed",
        program: || freed_beside(|| AtomicU32::new(0), |count| _ = count.fetch_add(1, Ordering::SeqCst)),
    },
    Case {
        name: "a mutex that is locked after it was freed",
        program: || freed_beside(|| Mutex::new(0), |count| *count.lock().unwrap() += 1),
    },
    Case {
        name: "a cell that is read after it was freed",
        program: || freed_beside(|| Bare(UnsafeCell::new(0)), |cell| cell.0.with(|_| ())),
    },
    Case { name: "a cell that is published relaxed", program: || made_beside(Ordering::Relaxed, Ordering::Relaxed) },
    Case {
        name: "a cell that is published with release and read with acquire",
        program: || made_beside(Ordering::Release, Ordering::Acquire),
    },
    Case {
        name: "a cell in an `Arc` that a thread drops which nobody joins",
        program: || {
            let cell = Arc::new(Bare(UnsafeCell::new(0)));
            let child = cell.clone();
            drop(thread::spawn(move || drop(child)));
            cell.0.with(|_| ());
        },
    },
    Case {
        name: "a thread of std's that uses a lock of the execution",
        program: || {
            let lock = Arc::new(Mutex::new(0));
            *lock.lock().unwrap() += 1;
            let outside = lock.clone();
            let ended = std::thread::spawn(move || *outside.lock().unwrap() += 1).join();
            assert!(ended.is_err(), "such a thread panics");
            thread::spawn(|| ()).join().unwrap();
        },
    },
];
