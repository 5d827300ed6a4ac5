//! By pointers, and what is freed.

use std::cell::UnsafeCell;
use std::ptr::{addr_of, addr_of_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::thread;

use plain::Shared;

#[test]
fn static_mut() {
    static mut COUNT: u32 = 0;
    let other = thread::spawn(|| unsafe { addr_of_mut!(COUNT).write(1) });
    other.join().unwrap();
    assert_eq!(unsafe { addr_of!(COUNT).read() }, 1);
}

#[test]
fn raw_pointer_to_the_heap() {
    let block = Shared(Box::into_raw(Box::new((0_u64, Mutex::new(())))));
    let add = move || unsafe {
        let _guard = (*block.get()).1.lock().unwrap();
        (*block.get()).0 += 1;
    };
    let other = thread::spawn(add);
    add();
    other.join().unwrap();
    assert_eq!(unsafe { Box::from_raw(block.get()) }.0, 2);
}

#[test]
fn flag_without_release() {
    static READY: AtomicBool = AtomicBool::new(false);
    let block = Shared(Box::into_raw(Box::new(0_u64)));
    let other = thread::spawn(move || {
        unsafe { *block.get() = 7 };
        READY.store(true, Ordering::Release);
    });
    if READY.load(Ordering::Acquire) {
        assert_eq!(unsafe { *block.get() }, 7);
    }
    other.join().unwrap();
    drop(unsafe { Box::from_raw(block.get()) });
}

#[test]
fn fence_on_one_side() {
    static READY: AtomicBool = AtomicBool::new(false);
    static mut DATA: [u8; 16] = [0; 16];
    let other = thread::spawn(move || {
        unsafe { addr_of_mut!(DATA).write([3; 16]) };
        fence(Ordering::Release);
        READY.store(true, Ordering::Relaxed);
    });
    if READY.load(Ordering::Relaxed) {
        fence(Ordering::Acquire);
        assert_eq!(unsafe { addr_of!(DATA).read() }[15], 3);
    }
    other.join().unwrap();
}

#[test]
fn reader_lock_for_a_write() {
    struct Count(RwLock<()>, UnsafeCell<u32>);
    unsafe impl Sync for Count {}
    let count = Arc::new(Count(RwLock::new(()), UnsafeCell::new(0)));
    let other = thread::spawn({
        let count = count.clone();
        move || {
            let _guard = count.0.write().unwrap();
            unsafe { *count.1.get() += 1 };
        }
    });
    {
        let _guard = count.0.read().unwrap();
        assert!(unsafe { *count.1.get() } < 2);
    }
    other.join().unwrap();
}

#[test]
fn two_locks() {
    static A: Mutex<()> = Mutex::new(());
    static mut COUNT: u16 = 0;
    let add = || {
        let _guard = A.lock().unwrap();
        unsafe { *addr_of_mut!(COUNT) += 1 };
    };
    let other = thread::spawn(add);
    add();
    other.join().unwrap();
    assert_eq!(unsafe { addr_of!(COUNT).read() }, 2);
}

#[test]
fn written_after_it_was_sent() {
    let (to, from) = mpsc::channel();
    let other = thread::spawn(move || {
        let block: Shared<u32> = from.recv().unwrap();
        unsafe { block.get().read() }
    });
    let block = Shared(Box::into_raw(Box::new(1_u32)));
    unsafe { *block.get() = 2 };
    to.send(block).unwrap();
    assert_eq!(other.join().unwrap(), 2);
    drop(unsafe { Box::from_raw(block.get()) });
}

#[test]
fn stack_of_another() {
    let mut sums = [0_u64; 2];
    let place = Shared(&raw mut sums).get().cast::<u64>();
    let places = [Shared(place), Shared(unsafe { place.add(1) })];
    thread::scope(|scope| {
        for place in places {
            scope.spawn(move || unsafe { *place.get() += 1 });
        }
    });
    assert_eq!(sums, [1, 1]);
}

#[test]
fn overlapping_copies() {
    let block = Shared(Box::into_raw(Box::new([0_u8; 64])));
    let write = move |from: usize| unsafe {
        let bytes = [from as u8; 31];
        block.get().cast::<u8>().add(from).copy_from_nonoverlapping(bytes.as_ptr(), 31);
    };
    let other = thread::spawn(move || write(31));
    write(0);
    other.join().unwrap();
    drop(unsafe { Box::from_raw(block.get()) });
}

#[test]
fn freed_while_it_is_read() {
    static READY: AtomicBool = AtomicBool::new(false);
    let block = Shared(Box::into_raw(Box::new([1_u32; 8])));
    let other = thread::spawn(move || {
        let sum: u32 = unsafe { (*block.get())[0] };
        READY.store(true, Ordering::Release);
        sum
    });
    if READY.load(Ordering::Acquire) {
        drop(unsafe { Box::from_raw(block.get()) });
    }
    other.join().unwrap();
}

#[test]
fn own_count_without_acquire() {
    struct Counted(AtomicUsize, u64);
    fn leave(block: *mut Counted) {
        unsafe {
            if (*block).0.fetch_sub(1, Ordering::Release) == 1 {
                fence(Ordering::Acquire);
                drop(Box::from_raw(block));
            }
        }
    }
    let block = Shared(Box::into_raw(Box::new(Counted(AtomicUsize::new(2), 5))));
    let other = thread::spawn(move || {
        unsafe { (*block.get()).1 += 1 };
        leave(block.get());
    });
    leave(block.get());
    other.join().unwrap();
}

#[test]
fn published_without_release() {
    static LATEST: AtomicPtr<String> = AtomicPtr::new(std::ptr::null_mut());
    let other = thread::spawn(|| {
        LATEST.store(Box::into_raw(Box::new("text".to_owned())), Ordering::Release);
    });
    let latest = LATEST.load(Ordering::Acquire);
    if !latest.is_null() {
        assert_eq!(unsafe { &*latest }.len(), 4);
    }
    other.join().unwrap();
}

#[test]
fn used_after_it_was_freed() {
    let (to, from) = mpsc::channel::<Shared<u64>>();
    let other = thread::spawn(move || unsafe { drop(Box::from_raw(from.recv().unwrap().get())) });
    let block = Shared(Box::into_raw(Box::new(1_u64)));
    unsafe { *block.get() = 2 };
    to.send(block).unwrap();
    other.join().unwrap();
}

#[test]
fn freed_twice() {
    let block = Shared(Box::into_raw(Box::new(1_u64)));
    let other = thread::spawn(move || unsafe { drop(Box::from_raw(block.get())) });
    other.join().unwrap();
    drop(Box::new(1_u64));
}

#[test]
fn loop_that_waits_for_a_plain_flag() {
    static DONE: AtomicBool = AtomicBool::new(false);
    let other = thread::spawn(|| DONE.store(true, Ordering::Relaxed));
    while !DONE.load(Ordering::Relaxed) {}
    other.join().unwrap();
}

#[test]
fn seen_between_two_plain_writes() {
    static STEP: Mutex<u8> = Mutex::new(0);
    static mut DATA: u32 = 0;
    let other = thread::spawn(|| {
        let mut step = STEP.lock().unwrap();
        *step = 1;
        unsafe { addr_of_mut!(DATA).write(7) };
        *step = 2;
    });
    let step = STEP.lock().unwrap();
    assert_eq!(unsafe { addr_of!(DATA).read() }, if *step == 0 { 0 } else { 7 });
    drop(step);
    other.join().unwrap();
}
