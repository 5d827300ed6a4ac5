//! The programs, and what each comes to.

use std::cell::Cell;
use std::hint::black_box;
use std::ptr;

use bohrbug::FailureKind::{self, Crash, Deadlock, EndlessLoop, Exit, StackOverflow, Uncontrolled};
use bohrbug_sync::atomic::{AtomicBool, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex, thread};

/// A way to end.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) run: fn(),
    pub(crate) kind: FailureKind,
    /// What the failure says.
    pub(crate) says: &'static str,
    /// Who fails.
    pub(crate) task: Option<&'static str>,
    /// Whether the process has time for a last act.
    pub(crate) has_last_act: bool,
}

const USUAL: Way = Way { name: "", run: || (), kind: Crash, says: "", task: Some("main/other"), has_last_act: true };

pub(crate) const WAYS: &[Way] = &[
    Way { name: "abort", run: || race(abort), says: "SIGABRT", ..USUAL },
    Way { name: "null", run: || race(read_null), says: "SIGSEGV", ..USUAL },
    Way { name: "read-only", run: || race(write_to_constant), says: "SIGSEGV", ..USUAL },
    Way { name: "bus", run: || race(read_beyond_the_file), says: "SIGBUS", ..USUAL },
    Way { name: "illegal", run: || race(|| raise(libc::SIGILL)), says: "SIGILL", ..USUAL },
    Way { name: "arithmetic", run: || race(|| raise(libc::SIGFPE)), says: "SIGFPE", ..USUAL },
    Way { name: "double-free", run: || race(free_twice), says: "SIGABRT", ..USUAL },
    Way { name: "no-memory", run: || race(allocate_too_much), says: "SIGABRT", ..USUAL },
    Way {
        name: "panic-in-cleanup",
        run: || race(panic_twice),
        says: "panic in a destructor during cleanup, after the panic \"the second\"",
        ..USUAL
    },
    Way {
        name: "panic-in-c",
        run: || race(panic_through_c),
        says: "panic in a function that cannot unwind, after the panic \"through C\"",
        ..USUAL
    },
    Way {
        name: "deep",
        run: || race(|| _ = black_box(deeper(1))),
        kind: StackOverflow,
        says: "stack of 512 KiB",
        ..USUAL
    },
    Way {
        name: "deep-in-main",
        run: || {
            if race_in_main() {
                black_box(deeper(1));
            }
        },
        kind: StackOverflow,
        says: "stack of 512 KiB",
        task: Some("main"),
        ..USUAL
    },
    Way { name: "exit-0", run: || race(|| std::process::exit(0)), kind: Exit, says: "code 0", ..USUAL },
    Way {
        name: "exit-3-in-main",
        run: || {
            if race_in_main() {
                std::process::exit(3)
            }
        },
        kind: Exit,
        says: "code 3",
        task: Some("main"),
        ..USUAL
    },
    Way { name: "exit-at-once", run: || race(exit_at_once), kind: Exit, says: "code 0", has_last_act: false, ..USUAL },
    Way { name: "killed", run: || race(|| raise(libc::SIGKILL)), says: "SIGKILL", has_last_act: false, ..USUAL },
    Way { name: "loop", run: || race(spin), kind: EndlessLoop, says: "without an event", ..USUAL },
    Way { name: "loop-in-drop", run: || race(|| drop(Spins)), kind: EndlessLoop, says: "without an event", ..USUAL },
    Way { name: "blocked", run: || race(lock_twice), kind: Uncontrolled, says: "lock or channel of std's", ..USUAL },
    Way {
        name: "lock-over-a-switch",
        run: lock_over_a_switch,
        kind: Uncontrolled,
        says: "lock or channel of std's",
        task: None,
        ..USUAL
    },
    Way {
        name: "deadlock-and-abort",
        run: || dine(|| AbortsWhenUnwinding),
        kind: Deadlock,
        says: "waits to lock",
        task: None,
        ..USUAL
    },
    Way {
        name: "deadlock-and-loop",
        run: || dine(|| SpinsWhenUnwinding),
        kind: Deadlock,
        says: "waits to lock",
        task: None,
        ..USUAL
    },
    Way {
        name: "deadlock-and-panic",
        run: || dine(|| PanicsWhenUnwinding),
        kind: Deadlock,
        says: "waits to lock",
        task: None,
        ..USUAL
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Way> {
    WAYS.iter().find(|way| way.name == name)
}

/// Two tasks, of which the other one does it if it comes between two steps of main.
fn race(end: fn()) {
    let [begun, done] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let other = {
        let (begun, done) = (begun.clone(), done.clone());
        thread::Builder::new().name("other".to_owned()).spawn(move || {
            if begun.load(SeqCst) && !done.load(SeqCst) {
                end();
            }
        })
    };
    begun.store(true, SeqCst);
    done.store(true, SeqCst);
    other.unwrap().join().unwrap();
}

/// Whether another task came between two steps of main.
fn race_in_main() -> bool {
    let seen = Arc::new(AtomicBool::new(false));
    let other = {
        let seen = seen.clone();
        thread::spawn(move || seen.store(true, SeqCst))
    };
    let first = seen.load(SeqCst);
    let came = !first && seen.load(SeqCst);
    other.join().unwrap();
    came
}

fn abort() {
    std::process::abort();
}

fn panic_through_c() {
    panics_in_c();
}

fn read_null() {
    // SAFETY: none; it is to crash.
    black_box(unsafe { ptr::read_volatile(black_box(ptr::null::<u8>())) });
}

fn write_to_constant() {
    static CONSTANT: u64 = 7;
    // SAFETY: none; it is to crash.
    unsafe { ptr::write_volatile(black_box(&raw const CONSTANT).cast_mut(), 8) };
}

fn read_beyond_the_file() {
    // SAFETY: none; it is to crash.
    unsafe {
        let file = libc::memfd_create(c"empty".as_ptr(), 0);
        let page = libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ, libc::MAP_SHARED, file, 0);
        black_box(ptr::read_volatile(page.cast::<u8>()));
    }
}

fn raise(signal: i32) {
    // SAFETY: it is to end the process.
    unsafe { libc::raise(signal) };
}

fn exit_at_once() {
    // SAFETY: it does not come back.
    unsafe { libc::_exit(0) }
}

fn free_twice() {
    let first = Box::into_raw(Box::new([0_u8; 40]));
    // SAFETY: none; the second is to abort.
    unsafe {
        drop(Box::from_raw(black_box(first)));
        drop(Box::from_raw(black_box(first)));
    }
}

fn allocate_too_much() {
    black_box(Vec::<u8>::with_capacity(black_box(1 << 60)));
}

fn panic_twice() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("the second");
        }
    }
    let _panics = Panics;
    panic!("the first");
}

extern "C" fn panics_in_c() {
    panic!("through C");
}

fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    frame[depth as usize % 64] + if black_box(true) { deeper(depth + 1) } else { 0 }
}

fn spin() {
    let number = Cell::new(0_u64);
    while black_box(true) {
        number.set(number.get().wrapping_add(1));
    }
}

struct Spins;

impl Drop for Spins {
    fn drop(&mut self) {
        spin();
    }
}

fn lock_twice() {
    let lock = std::sync::Mutex::new(());
    let first = lock.lock();
    let _second = lock.lock();
    drop(first);
}

/// Two tasks take a lock of std's, and are switched while they have it.
fn lock_over_a_switch() {
    let shared = Arc::new((std::sync::Mutex::new(()), AtomicBool::new(false)));
    let take = |shared: &(std::sync::Mutex<()>, AtomicBool)| {
        let _held = shared.0.lock();
        shared.1.store(true, SeqCst);
    };
    let other = {
        let shared = shared.clone();
        thread::spawn(move || take(&shared))
    };
    take(&shared);
    other.join().unwrap();
}

/// Two tasks that may wait for each other, each with something to drop.
fn dine<T: 'static>(guest: fn() -> T) {
    let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let other = {
        let forks = forks.clone();
        thread::spawn(move || {
            let _guest = guest();
            drop((forks[1].lock(), forks[0].lock()));
        })
    };
    let _guest = guest();
    drop((forks[0].lock(), forks[1].lock()));
    other.join().unwrap();
}

struct AbortsWhenUnwinding;

impl Drop for AbortsWhenUnwinding {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

struct SpinsWhenUnwinding;

impl Drop for SpinsWhenUnwinding {
    fn drop(&mut self) {
        if std::thread::panicking() {
            spin();
        }
    }
}

struct PanicsWhenUnwinding;

impl Drop for PanicsWhenUnwinding {
    fn drop(&mut self) {
        assert!(!std::thread::panicking(), "dropped too early");
    }
}
