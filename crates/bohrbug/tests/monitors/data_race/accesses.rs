//! Accesses with nothing around them, and the cells of memory that they are to.

use bohrbug_sync::Mutex;
use bohrbug_sync::cell::{Access, UnsafeCell};

use super::{Case, Data, both, orders, races};

#[derive(Default)]
struct Unsafe(UnsafeCell<u32>);

// SAFETY: the tests do not touch the value.
unsafe impl Sync for Unsafe {}

pub(super) const CASES: &[Case] = &[
    races("a write beside a write", || both::<Data>(|data| data.set(1), |data| data.set(2))),
    races("a read beside a write", || both::<Data>(|data| data.set(1), |data| _ = data.get())),
    orders("a read beside a read", || both::<Data>(|data| _ = data.get(), |data| _ = data.get())),
    races("an unsafe cell", || {
        both::<Unsafe>(|cell| cell.0.with_mut(|_| ()), |cell| cell.0.with(|_| ()));
    }),
    orders("an unsafe cell behind a lock", || {
        let locked = |(lock, cell): &(Mutex<()>, Unsafe)| {
            let _guard = lock.lock();
            cell.0.with_mut(|_| ());
        };
        both::<(Mutex<()>, Unsafe)>(locked, locked);
    }),
    // The second cell is very often where the first one was.
    orders("two cells of two tasks, one after the other in the same memory", || {
        let own = |(): &()| {
            for _ in 0..3 {
                let cell = Box::new(UnsafeCell::new(0_u32));
                cell.with_mut(|_| ());
            }
        };
        both::<()>(own, own);
    }),
];
