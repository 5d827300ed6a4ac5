use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn starts_no_thread() {
    assert_eq!(Arc::new(AtomicU32::new(1)).load(Ordering::Relaxed), 1);
}

#[test]
fn counts_in_one_step() {
    let count = Arc::new(AtomicU32::new(0));
    let adders = [(); 2].map(|()| {
        let count = count.clone();
        thread::spawn(move || count.fetch_add(1, Ordering::Relaxed))
    });
    for adder in adders {
        adder.join().unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
#[should_panic(expected = "as it should")]
fn panics_in_every_order() {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(1).unwrap());
    receiver.recv().unwrap();
    panic!("as it should");
}

#[test]
fn a_thread_that_panics_is_a_result() -> Result<(), String> {
    let result = thread::spawn(|| panic!("on purpose")).join();
    if result.is_err() { Ok(()) } else { Err("it did not".to_owned()) }
}

#[test]
fn an_hour_is_no_time() {
    let start = Instant::now();
    thread::spawn(|| thread::sleep(Duration::from_secs(3600))).join().unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

#[test]
#[ignore = "on purpose"]
fn is_ignored() {
    unreachable!("ignored tests do not run");
}

/// A lock that waits in the operating system without std's help.
#[cfg(target_os = "linux")]
mod futex {
    use std::sync::atomic::{AtomicI32, Ordering};

    const SYS_FUTEX: i64 = if cfg!(target_arch = "x86_64") { 202 } else { 98 };
    const WAIT: i32 = 128;
    const WAKE: i32 = 129;
    const CMP_REQUEUE: i32 = 132;

    unsafe extern "C" {
        fn syscall(number: i64, ...) -> i64;
    }

    pub fn wait(word: &AtomicI32, expected: i32) {
        unsafe { syscall(SYS_FUTEX, &raw const *word, WAIT, expected, std::ptr::null::<u8>()) };
    }

    pub fn wake(word: &AtomicI32) -> i64 {
        unsafe { syscall(SYS_FUTEX, &raw const *word, WAKE, 1) }
    }

    /// Wakes nobody, and moves one.
    pub fn requeue(word: &AtomicI32, expected: i32, to: &AtomicI32) -> i64 {
        unsafe { syscall(SYS_FUTEX, &raw const *word, CMP_REQUEUE, 0, 1_usize, &raw const *to, expected) }
    }

    #[derive(Default)]
    pub struct Lock(AtomicI32);

    impl Lock {
        pub fn lock(&self) {
            while self.0.swap(1, Ordering::Acquire) == 1 {
                wait(&self.0, 1);
            }
        }

        pub fn unlock(&self) {
            self.0.store(0, Ordering::Release);
            wake(&self.0);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_waits_is_moved_to_another_futex() {
    let words = Arc::new([const { std::sync::atomic::AtomicI32::new(0) }; 2]);
    let waiter = thread::spawn({
        let words = words.clone();
        move || futex::wait(&words[0], 0)
    });
    let moved = futex::requeue(&words[0], 0, &words[1]);
    words[0].store(1, Ordering::Relaxed);
    let woken = words.each_ref().map(futex::wake);
    assert_eq!((woken[1], woken[0] + woken[1] <= 1), (moved, true));
    waiter.join().unwrap();
    assert_eq!(futex::requeue(&words[0], 0, &words[1]), -1, "the word has changed");
}

#[cfg(target_os = "linux")]
#[test]
fn a_futex_is_waited_for() {
    let shared = Arc::new((futex::Lock::default(), AtomicU32::new(0)));
    let add = |shared: &(futex::Lock, AtomicU32)| {
        shared.0.lock();
        shared.1.store(shared.1.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        shared.0.unlock();
    };
    let other = thread::spawn({
        let shared = shared.clone();
        move || add(&shared)
    });
    add(&shared);
    other.join().unwrap();
    assert_eq!(shared.1.load(Ordering::Relaxed), 2);
}

unsafe extern "C" {
    fn getrandom(buffer: *mut u8, length: usize, flags: u32) -> isize;
}

/// Variables of the environment outlive an execution.
#[test]
fn hashes_dates_and_addresses_are_the_same_each_time() {
    let mut random = [0; 16];
    assert_eq!(unsafe { getrandom(random.as_mut_ptr(), random.len(), 0) }, 16);
    let count = Arc::new(AtomicU32::new(0));
    let adders = [(); 2].map(|()| {
        let count = count.clone();
        thread::spawn(move || {
            count.fetch_add(1, Ordering::Relaxed);
            (&raw const count).addr()
        })
    });
    let places = (Arc::as_ptr(&count), adders.map(|adder| adder.join().unwrap()));
    let order: Vec<u32> = std::collections::HashSet::<u32>::from_iter(0..50).into_iter().collect();
    let now = format!("{order:?} {places:?} {random:?} {:?}", std::time::SystemTime::now());
    match std::env::var("SEEN_BEFORE") {
        Ok(before) => assert_eq!(before, now),
        Err(_) => unsafe { std::env::set_var("SEEN_BEFORE", now) },
    }
}

/// Statics that are no primitives, alone and beside one.
mod statics {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, Ordering};

    pub struct Once {
        done: AtomicBool,
        init: Cell<Option<fn() -> u32>>,
    }

    unsafe impl Sync for Once {}

    impl Once {
        pub const fn new(init: fn() -> u32) -> Self {
            Self { done: AtomicBool::new(false), init: Cell::new(Some(init)) }
        }

        pub fn get(&self) -> Option<u32> {
            if self.done.swap(true, Ordering::AcqRel) {
                return None;
            }
            Some(self.init.take().expect("it is there in each execution")())
        }
    }

    pub static ONCE: Once = Once::new(|| 7);
    pub static mut RUNS: u32 = 0;
}

#[test]
fn statics_begin_anew() {
    let runs = unsafe {
        statics::RUNS += 1;
        statics::RUNS
    };
    assert_eq!(runs, 1);
    let other = thread::spawn(|| statics::ONCE.get());
    let (mine, other) = (statics::ONCE.get(), other.join().unwrap());
    assert_eq!(mine.or(other), Some(7));
    assert!(mine.is_none() || other.is_none());
}

#[test]
fn time_passes_in_order_and_when_nothing_else_happens() {
    let (sender, receiver) = mpsc::channel();
    let sending = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        sender.send(1).unwrap();
    });
    assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err());
    assert_eq!(receiver.recv(), Ok(1));
    sending.join().unwrap();
}

#[test]
fn whoever_looks_again_and_again_lets_time_pass() {
    let done = Arc::new(AtomicU32::new(0));
    let other = thread::spawn({
        let done = done.clone();
        move || {
            thread::sleep(Duration::from_millis(10));
            done.store(1, Ordering::Relaxed);
        }
    });
    while done.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    other.join().unwrap();
}
