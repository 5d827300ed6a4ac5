//! Cells and unguarded state.

use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::{Arc, Shared, thread};

use crate::case::Limit::Skips;
use crate::case::{Budget, Case, On};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a Shared read and then written may lose an update",
        program: || {
            let shared = Arc::new(Shared::new(0));
            let increment = |shared: &Shared<u32>| {
                let old = shared.get();
                shared.set(old + 1);
            };
            let other = thread::spawn({
                let shared = shared.clone();
                move || increment(&shared)
            });
            increment(&shared);
            other.join().unwrap();
            shared.get().to_string()
        },
        outcomes: &["1", "2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a Shared changed in one step loses none",
        program: || {
            let shared = Arc::new(Shared::new(0));
            let other = thread::spawn({
                let shared = shared.clone();
                move || shared.write(|value| *value += 1)
            });
            shared.write(|value| *value += 1);
            other.join().unwrap();
            shared.read(|value| value.to_string())
        },
        outcomes: &["2"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "an UnsafeCell loses an update where accesses are scheduling points",
        program: unsafe_increments,
        outcomes: &["1", "2"],
        budget: Budget { cell_points: true, ..Budget::NONE },
        limits: &[(On::Os, Skips, "a data race is undefined behaviour on real threads")],
    },
    Case {
        name: "an UnsafeCell loses none where they are not",
        program: unsafe_increments,
        outcomes: &["2"],
        budget: Budget::NONE,
        limits: &[(On::Os, Skips, "a data race is undefined behaviour on real threads")],
    },
    Case {
        name: "an UnsafeCell is its value in memory",
        program: || {
            let mut value = 1_u64;
            *UnsafeCell::from_mut(&mut value).get_mut() += 1;
            let same_size = size_of::<UnsafeCell<u16>>() == 2;
            format!("{value} {same_size}")
        },
        outcomes: &["2 true"],
        budget: Budget::NONE,
        limits: &[],
    },
];

struct Unguarded(UnsafeCell<u32>);

// SAFETY: not at all, on real threads; in an execution one task runs at a time.
unsafe impl Sync for Unguarded {}

fn unsafe_increments() -> String {
    let cell = Arc::new(Unguarded(UnsafeCell::new(0)));
    let increment = |cell: &Unguarded| {
        // SAFETY: see `Unguarded`.
        let old = cell.0.with(|value| unsafe { *value });
        // SAFETY: see `Unguarded`.
        cell.0.with_mut(|value| unsafe { *value = old + 1 });
    };
    let other = thread::spawn({
        let cell = cell.clone();
        move || increment(&cell)
    });
    increment(&cell);
    other.join().unwrap();
    // SAFETY: the other thread has ended.
    unsafe { *cell.0.get() }.to_string()
}
