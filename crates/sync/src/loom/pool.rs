//! loom's atomics, made before they are needed.
//!
//! loom takes the making of an atomic for an access by the thread that makes it, so one that is made at its first use
//! would look like a race with every other thread. They are made at the beginning of the execution instead, by the main
//! thread, which comes before everybody. How many of which type and initial value there must be is learnt: an execution
//! that needs one more than there are is *discarded*, and the search begins again with more.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A type, and the bits of an initial value.
type Key = (TypeId, u64);

/// Makes an atomic of one type.
type Make = Box<dyn Fn() -> Box<dyn Any>>;

#[derive(Default)]
struct Pool {
    wanted: BTreeMap<Key, (usize, Option<Make>)>,
    free: BTreeMap<Key, Vec<Box<dyn Any>>>,
    missed: bool,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

/// An atomic of type `A` whose initial value has those bits, as if it had been made before every thread.
pub(crate) fn take<A: Any>(bits: u64, make: impl Fn() -> A + 'static) -> A {
    let key = (TypeId::of::<A>(), bits);
    let found = POOL.with_borrow_mut(|pool| pool.free.get_mut(&key)?.pop());
    if let Some(atomic) = found.and_then(|atomic| atomic.downcast().ok()) {
        return *atomic;
    }
    let late = make();
    POOL.with_borrow_mut(|pool| {
        pool.missed = true;
        let wanted = pool.wanted.entry(key).or_default();
        wanted.0 += 1;
        wanted.1.get_or_insert_with(|| Box::new(move || Box::new(make())));
    });
    late
}

/// Makes what the executions so far have wanted; the main thread calls this first of all.
pub(crate) fn fill() {
    POOL.with_borrow_mut(|pool| {
        pool.missed = false;
        pool.free.clear();
        for (key, (count, make)) in &pool.wanted {
            let made = make.iter().flat_map(|make| (0..*count).map(|_| make()));
            pool.free.insert(*key, made.collect());
        }
    });
}

/// Drops what was made for the execution that has ended.
pub(crate) fn empty() {
    POOL.with_borrow_mut(|pool| pool.free.clear());
}

/// Forgets what was wanted: another program.
pub(crate) fn forget() {
    POOL.with_borrow_mut(|pool| *pool = Pool::default());
}

/// Whether the last execution needed an atomic that had not been made, so that what it did means nothing.
pub(crate) fn missed() -> bool {
    POOL.with_borrow(|pool| pool.missed)
}
