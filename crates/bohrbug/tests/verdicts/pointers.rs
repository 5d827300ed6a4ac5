//! Cells that are used by the pointer of `UnsafeCell::get`.
//!
//! The first is the shape of a race in the oneshot channel of tokio 1.13.0 (a slot that is emptied beside a write), the
//! second that of one in spin 0.5.1 (a value that is read without the order that its flag needs), and the three buffers are those
//! of triple_buffer 5.0.5 (a buffer that is given back is written in no order after it was read).

use bohrbug_sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

/// Three buffers: one to write, one to read, and one between them, which is exchanged by its index.
struct Buffers {
    all: [UnsafeCell<u32>; 3],
    between: AtomicUsize,
}

// SAFETY: as above.
unsafe impl Sync for Buffers {}

fn three_buffers(order: Ordering) {
    let buffers = Arc::new(Buffers { all: [const { UnsafeCell::new(0) }; 3], between: AtomicUsize::new(1) });
    let writer = thread::spawn({
        let buffers = buffers.clone();
        move || {
            let mut mine = 0;
            for number in 1..=2 {
                // SAFETY: see `Sync`.
                unsafe { *buffers.all[mine].get() = number };
                mine = buffers.between.swap(mine, order);
            }
        }
    });
    let mut mine = 2;
    for _ in 0..2 {
        mine = buffers.between.swap(mine, order);
        // SAFETY: see `Sync`.
        std::hint::black_box(unsafe { *buffers.all[mine].get() });
    }
    writer.join().unwrap();
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
    Case { name: "three buffers whose index is exchanged with release", program: || three_buffers(Ordering::Release) },
    Case {
        name: "three buffers whose index is exchanged with acquire and release",
        program: || three_buffers(Ordering::AcqRel),
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
