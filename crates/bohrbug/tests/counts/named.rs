//! Programs whose bug std's `Arc` hides from a search: found where counts are events, and proved where it is mended.

use bohrbug::FailureKind::{self, MemoryMisuse, Panic};
use bohrbug::{Exploration, Program, Verdict};
use bohrbug_sync::atomic::{AtomicBool, AtomicPtr, Ordering::SeqCst};
use bohrbug_sync::counted::Arc;
use bohrbug_sync::{Mutex, thread};

struct Case {
    name: &'static str,
    run: fn(),
    /// How it fails, and what is said of it.
    fails: Option<(FailureKind, &'static str)>,
}

const CASES: &[Case] = &[
    Case {
        name: "a reader counts one more when the last is gone",
        run: || read_beside_the_end(false),
        fails: Some((MemoryMisuse, "a use after free")),
    },
    Case { name: "a reader counts one more under a lock", run: || read_beside_the_end(true), fails: None },
    Case {
        name: "a task that is done has its own still: into_inner",
        run: || ask_when_done(|value| Arc::into_inner(value).is_some(), false),
        fails: Some((Panic, "somebody has it still")),
    },
    Case {
        name: "a task that is done has its own still: get_mut",
        run: || ask_when_done(|mut value| Arc::get_mut(&mut value).is_some(), false),
        fails: Some((Panic, "somebody has it still")),
    },
    Case {
        name: "a task that is done has its own still: strong_count",
        run: || ask_when_done(|value| Arc::strong_count(&value) == 1, false),
        fails: Some((Panic, "somebody has it still")),
    },
    Case {
        name: "a task that is done has dropped its own",
        run: || ask_when_done(|value| Arc::try_unwrap(value).is_ok(), true),
        fails: None,
    },
    Case {
        name: "both look whether the other is gone",
        run: || both_end(|value| Arc::try_unwrap(value).is_ok()),
        fails: Some((Panic, "nobody got it")),
    },
    Case { name: "one of two is the last", run: || both_end(|value| Arc::into_inner(value).is_some()), fails: None },
    Case { name: "who drops the last", run: drop_beside_a_lock, fails: Some((Panic, "dropped under the lock")) },
];

/// A task takes the pointer out and drops what it leads to; another one reads by the pointer.
fn read_beside_the_end(under_a_lock: bool) {
    let slot = std::sync::Arc::new((AtomicPtr::new(Arc::into_raw(Arc::new(7)).cast_mut()), Mutex::new(())));
    let reader = {
        let slot = slot.clone();
        thread::spawn(move || {
            let _held = under_a_lock.then(|| slot.1.lock());
            let pointer = slot.0.load(SeqCst);
            if !pointer.is_null() {
                // SAFETY: under the lock nobody drops the last meanwhile. Without it this is the bug; the allocator keeps what
                // is freed, so that nothing comes of it.
                let value = unsafe {
                    Arc::increment_strong_count(pointer);
                    Arc::from_raw(pointer)
                };
                assert_eq!(*value, 7);
            }
        })
    };
    let held = under_a_lock.then(|| slot.1.lock());
    let pointer = slot.0.swap(std::ptr::null_mut(), SeqCst);
    // SAFETY: the pointer was in the slot, and is no more.
    drop(unsafe { Arc::from_raw(pointer) });
    drop(held);
    reader.join().unwrap();
}

/// A task says that it is done, before or after it drops its own.
fn ask_when_done(is_alone: fn(Arc<u32>) -> bool, drops_first: bool) {
    let (value, done) = (Arc::new(7), std::sync::Arc::new(AtomicBool::new(false)));
    let task = {
        let (value, done) = (value.clone(), done.clone());
        thread::spawn(move || {
            let mut value = Some(value);
            if drops_first {
                value = None;
            }
            done.store(true, SeqCst);
            drop(value);
        })
    };
    if done.load(SeqCst) {
        assert!(is_alone(value), "somebody has it still");
    }
    task.join().unwrap();
}

/// Two tasks want the value when they end.
fn both_end(take: fn(Arc<u32>) -> bool) {
    let value = Arc::new(7);
    let other = {
        let value = value.clone();
        thread::spawn(move || take(value))
    };
    let mine = take(value);
    assert!(mine | other.join().unwrap(), "nobody got it");
}

/// The value's destructor takes the lock that one of the tasks holds when it drops its own.
fn drop_beside_a_lock() {
    struct Value(std::sync::Arc<Mutex<()>>);
    impl Drop for Value {
        fn drop(&mut self) {
            assert!(thread::panicking() || self.0.try_lock().is_ok(), "dropped under the lock");
        }
    }
    let lock = std::sync::Arc::new(Mutex::new(()));
    let value = Arc::new(Value(lock.clone()));
    let other = {
        let value = value.clone();
        thread::spawn(move || drop(value))
    };
    let held = lock.lock();
    drop(value);
    drop(held);
    other.join().unwrap();
}

#[test]
fn what_depends_on_counts_is_found_and_proved() {
    for Case { name, run, fails } in CASES {
        let report = Exploration::new(*name, "dpor").run(&Program::new(run), |_| ()).unwrap();
        match (report.failure(), fails) {
            (None, None) => assert_eq!(report.verdict, Verdict::Verified, "{name}: {}", report.basis()),
            (Some(failure), Some((kind, says))) => {
                assert_eq!(failure.kind, *kind, "{name}: {failure:?}");
                assert!(failure.message.contains(says), "{name}: {failure:?}");
            }
            (found, _) => panic!("{name}: {found:?}, {}", report.basis()),
        }
    }
}
