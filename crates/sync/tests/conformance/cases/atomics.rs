//! Atomics and fences.

use bohrbug_sync::atomic::{
    AtomicBool, AtomicI8, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
use bohrbug_sync::{Arc, thread};

use crate::case::Limit::{self, Adds, Misses};
use crate::case::{Budget, Case, On};

const WEAK: &[(On, Limit, &str)] = &[
    (On::Loom, Adds(&["0 0"]), "relaxed accesses may be reordered, and loom's memory is weak"),
    (On::Os, Adds(&["0 0"]), "relaxed accesses may be reordered, and so does the processor"),
];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "sequentially consistent stores are seen by one of two threads",
        program: || store_buffering(Ordering::SeqCst, Ordering::SeqCst, false),
        outcomes: &["0 1", "1 0", "1 1"],
        budget: Budget::NONE,
        limits: &[(On::Loom, Adds(&["0 0"]), "loom's sequentially consistent accesses are weaker than the standard's")],
    },
    Case {
        name: "relaxed stores may be seen by neither, under a weak memory",
        program: || store_buffering(Ordering::Relaxed, Ordering::Relaxed, false),
        outcomes: &["0 1", "1 0", "1 1"],
        budget: Budget::NONE,
        limits: WEAK,
    },
    Case {
        name: "a sequentially consistent fence puts relaxed accesses in order",
        program: || store_buffering(Ordering::Relaxed, Ordering::Relaxed, true),
        outcomes: &["0 1", "1 0", "1 1"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "what was written before a release is seen after an acquire",
        program: || message_passing(Ordering::Release, Ordering::Acquire, false),
        outcomes: &["7", "none"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a relaxed flag orders nothing, under a weak memory",
        program: || message_passing(Ordering::Relaxed, Ordering::Relaxed, false),
        outcomes: &["7", "none"],
        budget: Budget::NONE,
        limits: &[
            (On::Loom, Adds(&["0"]), "loom's memory is weak"),
            (On::Os, Adds(&["0"]), "the processor's and the compiler's may be"),
        ],
    },
    Case {
        name: "fences order what relaxed accesses do not",
        program: || message_passing(Ordering::Relaxed, Ordering::Relaxed, true),
        outcomes: &["7", "none"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "read-modify-writes lose nothing",
        program: || {
            let counter = Arc::new(AtomicU32::new(0));
            let other = thread::spawn({
                let counter = counter.clone();
                move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
            counter.fetch_add(1, Ordering::Relaxed);
            let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| Some(old + 1));
            other.join().unwrap();
            counter.load(Ordering::Relaxed).to_string()
        },
        outcomes: &["4"],
        budget: Budget::NONE,
        limits: &[],
    },
    // std's own are younger than the oldest supported Rust.
    #[cfg(feature = "model")]
    Case {
        name: "two threads tag one pointer, and no tag is lost",
        program: young::tags,
        outcomes: &["3 false true", "3 true false"],
        budget: Budget::NONE,
        limits: &[],
    },
    #[cfg(feature = "model")]
    Case {
        name: "the arithmetic of a pointer is that of its address",
        program: young::pointers,
        outcomes: &["ok"],
        budget: Budget::NONE,
        limits: &[],
    },
    #[cfg(feature = "model")]
    Case {
        name: "updates lose nothing, and an old exchange returns what it found",
        program: young::updates,
        outcomes: &["3"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "one of two exchanges with the same expectation succeeds",
        program: exchanges,
        outcomes: &["1 true false", "2 false true"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a weak exchange may fail for no reason, where that is allowed",
        program: || {
            let atomic = AtomicU8::new(3);
            format!("{:?}", atomic.compare_exchange_weak(3, 4, Ordering::SeqCst, Ordering::SeqCst))
        },
        outcomes: &["Err(3)", "Ok(3)"],
        budget: Budget { weak_failures: 1, ..Budget::NONE },
        limits: &[(On::Loom, Misses(&["Err(3)"]), "loom's weak exchanges are strong")],
    },
    Case {
        name: "a load and a store may lose an update",
        program: || {
            let atomic = Arc::new(AtomicUsize::new(0));
            let increment = |atomic: &AtomicUsize| {
                let old = atomic.load(Ordering::SeqCst);
                atomic.store(old + 1, Ordering::SeqCst);
            };
            let other = thread::spawn({
                let atomic = atomic.clone();
                move || increment(&atomic)
            });
            increment(&atomic);
            other.join().unwrap();
            atomic.load(Ordering::SeqCst).to_string()
        },
        outcomes: &["1", "2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a pointer is published with what it points to",
        program: published,
        outcomes: &["7", "none"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "every operation computes what std's does",
        program: arithmetic,
        outcomes: &["ok"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "atomics are their values in memory",
        program: layout,
        outcomes: &["ok"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a value changed through get_mut is seen by later operations",
        program: || {
            let mut atomic = AtomicU64::new(1);
            atomic.fetch_add(1, Ordering::SeqCst);
            *atomic.get_mut() = 10;
            atomic.fetch_add(1, Ordering::SeqCst);
            atomic.load(Ordering::SeqCst).to_string()
        },
        outcomes: &["11"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "an order that makes no sense panics as std's does",
        program: || AtomicBool::new(false).load(std::hint::black_box(Ordering::Release)).to_string(),
        outcomes: &["panic: there is no such thing as a release load"],
        budget: Budget::NONE,
        limits: &[],
    },
];

fn store_buffering(store: Ordering, load: Ordering, fenced: bool) -> String {
    let both = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let step = move |mine: &AtomicU32, theirs: &AtomicU32| {
        mine.store(1, store);
        if fenced {
            fence(Ordering::SeqCst);
        }
        theirs.load(load)
    };
    let other = thread::spawn({
        let both = both.clone();
        move || step(&both.1, &both.0)
    });
    let mine = step(&both.0, &both.1);
    format!("{mine} {}", other.join().unwrap())
}

fn message_passing(store: Ordering, load: Ordering, fenced: bool) -> String {
    let both = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    let other = thread::spawn({
        let both = both.clone();
        move || {
            both.0.store(7, Ordering::Relaxed);
            if fenced {
                fence(Ordering::Release);
            }
            both.1.store(true, store);
        }
    });
    let seen = both.1.load(load).then(|| {
        if fenced {
            fence(Ordering::Acquire);
        }
        both.0.load(Ordering::Relaxed).to_string()
    });
    other.join().unwrap();
    seen.unwrap_or_else(|| "none".to_owned())
}

fn exchanges() -> String {
    let atomic = Arc::new(AtomicU32::new(0));
    let other = thread::spawn({
        let atomic = atomic.clone();
        move || atomic.compare_exchange(0, 2, Ordering::AcqRel, Ordering::Acquire).is_ok()
    });
    let mine = atomic.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok();
    let theirs = other.join().unwrap();
    format!("{} {mine} {theirs}", atomic.load(Ordering::Relaxed))
}

fn published() -> String {
    let pointer = Arc::new(AtomicPtr::<u32>::default());
    let other = thread::spawn({
        let pointer = pointer.clone();
        move || pointer.store(Box::into_raw(Box::new(7)), Ordering::Release)
    });
    let seen = pointer.load(Ordering::Acquire);
    // SAFETY: a pointer that is not null is the other thread's box.
    let value = (!seen.is_null()).then(|| unsafe { *seen });
    other.join().unwrap();
    // SAFETY: the other thread has stored its box, and nobody else frees it.
    drop(unsafe { Box::from_raw(pointer.swap(std::ptr::null_mut(), Ordering::AcqRel)) });
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// Compares every operation of our atomic with std's, from many values.
fn arithmetic() -> String {
    macro_rules! compare {
        ($ours:ty, $theirs:ty, [$($operation:ident)+], $values:expr) => {
            for (old, new) in $values.iter().flat_map(|&old| $values.iter().map(move |&new| (old, new))) {
                $(
                    let (ours, theirs) = (<$ours>::new(old), <$theirs>::new(old));
                    let results = (ours.$operation(new, Ordering::SeqCst), theirs.$operation(new, Ordering::SeqCst));
                    assert_eq!(results.0, results.1, "{} {old} {new}", stringify!($operation));
                    assert_eq!(ours.load(Ordering::SeqCst), theirs.load(Ordering::SeqCst));
                )+
            }
        };
    }
    use std::sync::atomic as plain;
    compare!(
        AtomicI8,
        plain::AtomicI8,
        [swap fetch_add fetch_sub fetch_and fetch_nand fetch_or fetch_xor fetch_max fetch_min],
        [i8::MIN, -1, 0, 100]
    );
    compare!(AtomicBool, plain::AtomicBool, [swap fetch_and fetch_nand fetch_or fetch_xor], [false, true]);
    assert!(AtomicBool::new(true).fetch_not(Ordering::SeqCst));
    "ok".to_owned()
}

fn layout() -> String {
    static ARRAY: [AtomicU32; 2] = [const { AtomicU32::new(4) }; 2];
    // SAFETY: a zero is a valid atomic in memory, as it is std's.
    let zeroed: AtomicU64 = unsafe { std::mem::zeroed() };
    assert_eq!(zeroed.load(Ordering::Relaxed), 0);
    // SAFETY: an atomic is its value in memory.
    let transmuted: AtomicU32 = unsafe { std::mem::transmute(9_u32) };
    assert_eq!(transmuted.into_inner(), 9);
    assert_eq!(ARRAY[1].swap(4, Ordering::Relaxed), 4);
    let mut value = 1_u32;
    // SAFETY: the value outlives the atomic, which alone accesses it.
    let atomic = unsafe { AtomicU32::from_ptr(&mut value) };
    atomic.store(2, Ordering::Relaxed);
    // SAFETY: nobody else accesses it.
    assert_eq!(unsafe { *atomic.as_ptr() }, 2);
    assert_eq!((size_of::<AtomicU8>(), align_of::<AtomicU64>()), (1, align_of::<u64>()));
    assert!(!std::mem::needs_drop::<AtomicPtr<u8>>());
    "ok".to_owned()
}

#[cfg(feature = "model")]
mod young {
    use super::*;

    /// The tags at the end, and whether each thread found the other's.
    pub(super) fn tags() -> String {
        static WORD: u64 = 0;
        let pointer = Arc::new(AtomicPtr::new((&raw const WORD).cast_mut()));
        let other = thread::spawn({
            let pointer = pointer.clone();
            move || pointer.fetch_or(1, Ordering::AcqRel).addr() & 2 != 0
        });
        let mine = pointer.fetch_xor(2, Ordering::AcqRel).addr() & 1 != 0;
        let theirs = other.join().unwrap();
        format!("{} {mine} {theirs}", pointer.load(Ordering::Acquire).addr() & 7)
    }

    pub(super) fn pointers() -> String {
        let mut words = [0_u32; 4];
        let first = words.as_mut_ptr();
        let pointer = AtomicPtr::new(first);
        assert_eq!(pointer.fetch_ptr_add(3, Ordering::SeqCst), first);
        assert_eq!(pointer.fetch_ptr_sub(1, Ordering::SeqCst), first.wrapping_add(3));
        assert_eq!(pointer.fetch_byte_add(4, Ordering::SeqCst), first.wrapping_add(2));
        assert_eq!(pointer.fetch_byte_sub(12, Ordering::SeqCst), first.wrapping_add(3));
        assert_eq!(pointer.fetch_or(1, Ordering::SeqCst), first);
        assert_eq!(pointer.fetch_and(!1, Ordering::SeqCst), first.wrapping_byte_add(1));
        assert_eq!(pointer.load(Ordering::SeqCst), first);
        "ok".to_owned()
    }

    #[expect(deprecated, reason = "std keeps it")]
    pub(super) fn updates() -> String {
        let counter = Arc::new(AtomicU32::new(0));
        let other = thread::spawn({
            let counter = counter.clone();
            move || counter.update(Ordering::AcqRel, Ordering::Acquire, |old| old + 1)
        });
        let _ = counter.try_update(Ordering::AcqRel, Ordering::Acquire, |old| Some(old + 1));
        other.join().unwrap();
        assert_eq!(counter.compare_and_swap(7, 8, Ordering::AcqRel), 2);
        assert_eq!(counter.compare_and_swap(2, 3, Ordering::Release), 2);
        counter.load(Ordering::Relaxed).to_string()
    }
}
