//! Cells that are used by the pointer of `UnsafeCell::get`.
//!
//! The first is the shape of a race in the oneshot channel of tokio 1.13.0 (a slot that is emptied beside a write), the
//! second that of one in spin 0.5.1 (a value that is read without the order that its flag needs).

use bohrbug_sync::atomic::{AtomicBool, Ordering};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::{Arc, Mutex, thread};

use super::Case;

#[derive(Default)]
struct Slot {
    value: UnsafeCell<u32>,
    is_set: AtomicBool,
    lock: Mutex<()>,
}

// SAFETY: not at all, on real threads; in an execution one task runs at a time.
unsafe impl Sync for Slot {}

impl Slot {
    fn write(&self, value: u32) {
        // SAFETY: see `Sync`.
        unsafe { *self.value.get() = value }
    }

    fn read(&self) -> u32 {
        // SAFETY: see `Sync`.
        unsafe { *self.value.get() }
    }
}

/// Two tasks with one slot.
fn both(one: fn(&Slot), other: fn(&Slot)) {
    let slot = Arc::new(Slot::default());
    let threads = [one, other].map(|body| {
        let slot = slot.clone();
        thread::spawn(move || body(&slot))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn publish(slot: &Slot, order: Ordering) {
    slot.write(7);
    slot.is_set.store(true, order);
}

fn take(slot: &Slot, order: Ordering) {
    if slot.is_set.load(order) {
        slot.read();
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "two pointers from `get` that nothing orders",
        program: || both(|slot| slot.write(1), |slot| slot.write(2)),
    },
    Case {
        name: "a pointer from `get` behind a flag that is read relaxed",
        program: || both(|slot| publish(slot, Ordering::Release), |slot| take(slot, Ordering::Relaxed)),
    },
    Case {
        name: "a pointer from `get` behind a flag that is read with acquire",
        program: || both(|slot| publish(slot, Ordering::Release), |slot| take(slot, Ordering::Acquire)),
    },
    Case {
        name: "a pointer from `get` beside `with_mut`",
        program: || both(|slot| _ = slot.read(), |slot| slot.value.with_mut(|_| ())),
    },
    Case {
        name: "a pointer from `get` beside `with`",
        program: || both(|slot| slot.write(1), |slot| slot.value.with(|_| ())),
    },
    Case {
        name: "pointers from `get` behind a lock",
        program: || {
            let locked = |slot: &Slot| {
                let _guard = slot.lock.lock();
                slot.write(1);
            };
            both(locked, locked);
        },
    },
];
