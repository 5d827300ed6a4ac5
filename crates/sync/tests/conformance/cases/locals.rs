//! Thread-local values.

use std::cell::{Cell, RefCell};

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, thread};

use crate::case::{Budget, Case};

bohrbug_sync::thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static NOTES: RefCell<Vec<u32>> = RefCell::new(vec![1]);
    static FIRST: RefCell<Option<Counted>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<Counted>> = const { RefCell::new(None) };
}

/// Adds its digit to a number when it is dropped.
struct Counted(Arc<AtomicU32>, u32);

impl Drop for Counted {
    fn drop(&mut self) {
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |digits| Some(digits * 10 + self.1));
        assert!(SECOND.try_with(|_| ()).is_err(), "the second value is being destroyed, or has been");
    }
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "each thread has its own values, made anew",
        program: || {
            // A real thread may have run an earlier case.
            thread::spawn(|| {
                DEPTH.set(DEPTH.get() + 1);
                let other = thread::spawn(|| {
                    DEPTH.set(DEPTH.get() + 2);
                    NOTES.with_borrow_mut(|notes| notes.push(5));
                    format!("{} {:?}", DEPTH.get(), NOTES.take())
                });
                NOTES.with_borrow_mut(|notes| notes.push(3));
                let other = other.join().unwrap();
                format!("{} {:?} {other}", DEPTH.get(), NOTES.take())
            })
            .join()
            .unwrap()
        },
        outcomes: &["1 [1, 3] 2 [1, 5]"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "destructors have run, latest made first, before the thread can be joined",
        program: || {
            let digits = Arc::new(AtomicU32::new(0));
            let other = thread::spawn({
                let digits = digits.clone();
                move || {
                    FIRST.set(Some(Counted(digits.clone(), 1)));
                    SECOND.set(Some(Counted(digits, 2)));
                }
            });
            other.join().unwrap();
            digits.load(Ordering::SeqCst).to_string()
        },
        outcomes: &["21"],
        budget: Budget::NONE,
        limits: &[],
    },
];
