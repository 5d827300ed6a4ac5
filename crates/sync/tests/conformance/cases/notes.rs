//! Remarks: they decide nothing and change nothing, wherever they stand.

use bohrbug_sync::{Arc, Mutex, note, thread};

use crate::case::{Budget, Case};

/// Notes when it is dropped, which may be while its task unwinds.
struct Noting;

impl Drop for Noting {
    fn drop(&mut self) {
        note("dropped");
    }
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "notes around a lock leave its orders as they are",
        program: || {
            let order = Arc::new(Mutex::new(String::new()));
            let other = thread::spawn({
                let order = order.clone();
                move || {
                    note("b");
                    order.lock().unwrap().push('b');
                    note("b is there");
                }
            });
            note("a");
            let mut held = order.lock().unwrap();
            note("a holds it");
            held.push('a');
            drop(held);
            other.join().unwrap();
            order.lock().unwrap().clone()
        },
        outcomes: &["ab", "ba"],
        budget: Budget::NONE,
        limits: &[],
    },
    Case {
        name: "a note of a task that unwinds is no harm",
        program: || {
            let _noting = Noting;
            panic!("on purpose")
        },
        outcomes: &["panic: on purpose"],
        budget: Budget::NONE,
        limits: &[],
    },
];
