//! What orders.

use std::ptr::{addr_of, addr_of_mut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;

use plain::Shared;

#[test]
fn spin_lock_by_swap() {
    static HELD: AtomicBool = AtomicBool::new(false);
    static mut COUNT: u32 = 0;
    let add = || {
        while HELD.swap(true, Ordering::Acquire) {
            thread::yield_now();
        }
        unsafe { *addr_of_mut!(COUNT) += 1 };
        HELD.store(false, Ordering::Release);
    };
    let other = thread::spawn(add);
    add();
    other.join().unwrap();
    assert_eq!(unsafe { addr_of!(COUNT).read() }, 2);
}

#[test]
fn made_once_behind_a_relaxed_flag() {
    static MADE: AtomicBool = AtomicBool::new(false);
    static LOCK: Mutex<()> = Mutex::new(());
    static mut TABLE: [u32; 4] = [0; 4];
    let look = || {
        if !MADE.load(Ordering::Acquire) {
            let _guard = LOCK.lock().unwrap();
            if !MADE.load(Ordering::Relaxed) {
                unsafe { addr_of_mut!(TABLE).write([1; 4]) };
                MADE.store(true, Ordering::Release);
            }
        }
        unsafe { addr_of!(TABLE).cast::<u32>().add(3).read() }
    };
    let other = thread::spawn(look);
    assert_eq!(look(), 1);
    assert_eq!(other.join().unwrap(), 1);
}

#[test]
fn chain_with_a_relaxed_link() {
    static STATE: AtomicUsize = AtomicUsize::new(0);
    static mut DATA: u32 = 0;
    let first = thread::spawn(|| {
        unsafe { addr_of_mut!(DATA).write(1) };
        STATE.store(1, Ordering::Release);
    });
    // What an update writes goes on with what it has read from, however weak it is.
    let second = thread::spawn(|| STATE.compare_exchange(1, 2, Ordering::Relaxed, Ordering::Relaxed));
    if STATE.load(Ordering::Acquire) == 2 {
        assert_eq!(unsafe { addr_of!(DATA).read() }, 1);
    }
    first.join().unwrap();
    let _ = second.join().unwrap();
}

#[test]
fn fence_before_the_load() {
    static READY: AtomicBool = AtomicBool::new(false);
    static mut DATA: u32 = 0;
    let other = thread::spawn(|| {
        unsafe { addr_of_mut!(DATA).write(1) };
        READY.store(true, Ordering::Release);
    });
    if READY.load(Ordering::Relaxed) {
        fence(Ordering::Acquire);
        assert_eq!(unsafe { addr_of!(DATA).read() }, 1);
    }
    other.join().unwrap();
}

#[test]
fn failed_exchange_that_acquires_nothing() {
    static STATE: AtomicUsize = AtomicUsize::new(0);
    static mut DATA: u32 = 0;
    let other = thread::spawn(|| {
        unsafe { addr_of_mut!(DATA).write(1) };
        STATE.store(1, Ordering::Release);
    });
    if STATE.compare_exchange(0, 2, Ordering::Relaxed, Ordering::Acquire) == Err(1) {
        assert_eq!(unsafe { addr_of!(DATA).read() }, 1);
    }
    other.join().unwrap();
}

#[test]
fn another_thread_is_joined() {
    static mut DATA: [u32; 2] = [0; 2];
    let write = |place: usize| move || unsafe { addr_of_mut!(DATA).cast::<u32>().add(place).write(1) };
    let (first, second) = (thread::spawn(write(0)), thread::spawn(write(1)));
    first.join().unwrap();
    assert_eq!(unsafe { addr_of!(DATA).cast::<u32>().read() }, 1);
    second.join().unwrap();
}

#[test]
fn barrier_too_few() {
    let (barrier, slots) = (Arc::new(Barrier::new(2)), Shared(Box::into_raw(Box::new([0_u32; 2]))));
    let turn = move |barrier: Arc<Barrier>, mine: usize| unsafe {
        let slots = slots.get().cast::<u32>();
        slots.add(mine).write(1);
        barrier.wait();
        assert_eq!(slots.add(1 - mine).read(), 1);
        barrier.wait();
        slots.add(mine).write(2);
    };
    let other = thread::spawn({
        let barrier = barrier.clone();
        move || turn(barrier, 1)
    });
    turn(barrier, 0);
    other.join().unwrap();
    drop(unsafe { Box::from_raw(slots.get()) });
}

#[test]
fn changed_after_it_was_announced() {
    static mut DATA: u32 = 0;
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = thread::spawn({
        let pair = pair.clone();
        move || {
            unsafe { addr_of_mut!(DATA).write(1) };
            *pair.0.lock().unwrap() = true;
            pair.1.notify_one();
        }
    });
    let mut is_there = pair.0.lock().unwrap();
    while !*is_there {
        is_there = pair.1.wait(is_there).unwrap();
    }
    drop(is_there);
    assert_eq!(unsafe { addr_of!(DATA).read() }, 1);
    other.join().unwrap();
}

#[test]
fn changed_after_it_was_made_once() {
    static MADE: Once = Once::new();
    static mut DATA: u32 = 0;
    let look = || {
        MADE.call_once(|| unsafe { addr_of_mut!(DATA).write(1) });
        unsafe { addr_of!(DATA).read() }
    };
    let other = thread::spawn(look);
    assert_eq!(look(), 1);
    assert_eq!(other.join().unwrap(), 1);
    unsafe { addr_of_mut!(DATA).write(2) };
}

#[test]
fn pointer_kept_beyond_the_guard() {
    let lock = Arc::new(RwLock::new(1_u32));
    let other = thread::spawn({
        let lock = lock.clone();
        move || *lock.write().unwrap() += 1
    });
    let guard = lock.read().unwrap();
    let place = Shared(&raw const *guard as *mut u32);
    assert!(unsafe { place.get().read() } > 0);
    drop(guard);
    other.join().unwrap();
}
