//! Atomic accesses beside plain ones, and of other sizes.

use std::alloc::{Layout, alloc};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{addr_of, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::thread;

use plain::Shared;

#[test]
fn plain_write_beside_a_load() {
    let word = Shared(Box::into_raw(Box::new(0_u32)));
    unsafe { *word.get() = 1 };
    let other = thread::spawn(move || unsafe { AtomicU32::from_ptr(word.get()) }.load(Ordering::SeqCst));
    assert_eq!(unsafe { *word.get() }, 1, "two reads");
    assert_eq!(other.join().unwrap(), 1);
    unsafe { *word.get() = 2 };
    drop(unsafe { Box::from_raw(word.get()) });
}

#[test]
fn plain_read_beside_a_store() {
    static WORD: AtomicU32 = AtomicU32::new(0);
    let other = thread::spawn(|| WORD.store(1, Ordering::Release));
    if WORD.load(Ordering::Acquire) == 1 {
        assert_eq!(unsafe { WORD.as_ptr().read() }, 1);
    }
    other.join().unwrap();
    assert_eq!(unsafe { WORD.as_ptr().read() }, 1);
}

#[test]
fn get_mut_beside_an_update() {
    let count = Shared(Box::into_raw(Box::new(AtomicUsize::new(0))));
    let other = thread::spawn(move || unsafe { &*count.get() }.fetch_add(1, Ordering::AcqRel));
    other.join().unwrap();
    *unsafe { &mut *count.get() }.get_mut() += 1;
    assert_eq!(unsafe { Box::from_raw(count.get()) }.into_inner(), 2);
}

#[test]
fn store_and_load_of_two_sizes() {
    static WORD: AtomicU16 = AtomicU16::new(0);
    let byte = || unsafe { AtomicU8::from_ptr(WORD.as_ptr().cast()) };
    let other = thread::spawn(move || byte().load(Ordering::SeqCst));
    assert_eq!(WORD.load(Ordering::SeqCst), 0, "two loads");
    other.join().unwrap();
    WORD.store(1, Ordering::SeqCst);
}

#[test]
fn two_updates_of_two_sizes() {
    static WORD: AtomicU32 = AtomicU32::new(0);
    let half = |number: usize| unsafe { AtomicU16::from_ptr(WORD.as_ptr().cast::<u16>().add(number)) };
    let other = thread::spawn(move || half(1).fetch_add(1, Ordering::Relaxed));
    half(0).fetch_add(1, Ordering::Relaxed);
    other.join().unwrap();
    assert_eq!(WORD.load(Ordering::Relaxed), 0x1_0001);
}

#[test]
fn atomic_made_while_it_is_read() {
    static LATEST: AtomicPtr<AtomicU32> = AtomicPtr::new(null_mut());
    let other = thread::spawn(|| LATEST.store(Box::into_raw(Box::new(AtomicU32::new(3))), Ordering::Release));
    let latest = LATEST.load(Ordering::Acquire);
    if !latest.is_null() {
        assert_eq!(unsafe { &*latest }.load(Ordering::Relaxed), 3);
    }
    other.join().unwrap();
}

#[test]
fn atomic_freed_while_it_is_stored_to() {
    let flags = Shared(Box::into_raw(Box::new([AtomicU8::new(0), AtomicU8::new(0)])));
    let other = thread::spawn(move || {
        let flags = unsafe { &*flags.get() };
        flags[1].store(1, Ordering::Relaxed);
        flags[0].store(1, Ordering::Release);
    });
    while unsafe { &*flags.get() }[0].load(Ordering::Acquire) == 0 {
        thread::yield_now();
    }
    drop(unsafe { Box::from_raw(flags.get()) });
    other.join().unwrap();
}

/// One task uses a block that another one has made, and not written to.
fn used_by_another(make: fn() -> *mut u64) {
    static LATEST: AtomicPtr<u64> = AtomicPtr::new(null_mut());
    let other = thread::spawn(move || LATEST.store(make(), Ordering::Release));
    let latest = LATEST.load(Ordering::Acquire);
    if !latest.is_null() {
        unsafe { latest.write(1) };
    }
    other.join().unwrap();
}

#[test]
fn block_used_before_it_is_known_to_be_allocated() {
    static LATEST: AtomicPtr<MaybeUninit<u64>> = AtomicPtr::new(null_mut());
    let other = thread::spawn(|| LATEST.store(Box::into_raw(Box::<u64>::new_uninit()), Ordering::Release));
    let latest = LATEST.load(Ordering::Acquire);
    if !latest.is_null() {
        unsafe { latest.cast::<u64>().write(1) };
    }
    other.join().unwrap();
}

#[test]
fn room_of_a_vector_used_before_it_is_known() {
    used_by_another(|| ManuallyDrop::new(Vec::with_capacity(4)).as_mut_ptr());
}

#[test]
fn block_of_an_arc_used_before_it_is_known() {
    used_by_another(|| Arc::into_raw(Arc::<u64>::new_uninit()).cast_mut().cast());
}

#[test]
fn block_of_an_allocator_used_before_it_is_known() {
    used_by_another(|| unsafe { alloc(Layout::new::<u64>()) }.cast());
}

#[test]
fn block_that_grew_used_before_it_is_known() {
    used_by_another(|| {
        let mut list = ManuallyDrop::new(Vec::<u64>::with_capacity(2));
        list.reserve(40);
        list.as_mut_ptr()
    });
}

#[test]
fn variable_of_a_function_that_is_left() {
    static DONE: AtomicU8 = AtomicU8::new(0);
    fn lend() {
        let number = 7_u32;
        let place = Shared(addr_of!(number).cast_mut());
        thread::spawn(move || {
            assert_eq!(unsafe { place.get().read() }, 7);
            DONE.store(1, Ordering::Release);
        });
        while DONE.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
    }
    lend();
}
