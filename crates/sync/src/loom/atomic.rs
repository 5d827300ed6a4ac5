//! loom's atomics, each standing for one atomic in memory.
//!
//! An atomic of ours has std's size, so loom's cannot lie in it; it lies here and the memory mirrors it. Three things
//! follow from how loom is made:
//!
//! 1. It stores *indices* into a list of the values ever written, not values. So one type of loom's serves all of ours,
//!    and a read-modify-write of any kind is one exchange: the old value tells afterwards what the new one was.
//! 2. loom wants an atomic's making to happen before every use of it, but ours are made at their first use, by whoever
//!    that is. So the main task lays in a reserve before it spawns its first thread.
//! 3. Where the memory no longer holds what was last mirrored (`get_mut`, memory used again for another atomic, an
//!    operation of a task that was unwinding), a new one takes over. Memory that is used again for an atomic of the same
//!    type and with an *equal* value is not noticed: the old atomic's history goes on.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ::loom::sync::atomic::AtomicUsize;
use bohrbug_events::TaskId;
use std::sync::atomic::Ordering;

use super::thread::own;
use crate::atomic::Seen;
use crate::control::Ctx;

/// How many atomics and cells tasks may first use after the first spawn.
const RESERVE: usize = 64;

/// No index: a comparison with it fails and tells what is there.
const NOWHERE: usize = usize::MAX;

/// loom's atomics, made by the main task before any other task was there.
#[derive(Default)]
pub(crate) struct Reserve {
    atomics: RefCell<Vec<AtomicUsize>>,
    filled: Cell<bool>,
}

impl Reserve {
    /// Lays in the reserve, the first time.
    pub(super) fn fill(&self) {
        if !self.filled.replace(true) {
            self.atomics.borrow_mut().extend((0..RESERVE).map(|_| AtomicUsize::new(0)));
        }
    }

    fn take(&self, x: Ctx) -> AtomicUsize {
        if !self.filled.get() {
            return AtomicUsize::new(0);
        }
        self.atomics.borrow_mut().pop().unwrap_or_else(|| {
            x.give_up(format!(
                "on loom at most {RESERVE} atomics and cells can be first used after the first thread was spawned; use \
                 them once before, or explore this program on another runtime"
            ))
        })
    }
}

/// loom's atomic behind an object; nothing before the first use.
#[derive(Default)]
pub(crate) struct Atomic(RefCell<Option<Rc<dyn Any>>>);

impl Atomic {
    /// loom's atomic for memory that holds `value` now.
    pub(crate) fn mirror<W: Copy + PartialEq + 'static>(&self, x: Ctx, value: W) -> Rc<Mirror<W>> {
        let known = self.0.borrow().clone().and_then(|mirror| mirror.downcast::<Mirror<W>>().ok());
        if let Some(mirror) = known.filter(|mirror| mirror.latest() == value) {
            return mirror;
        }
        let atomic = own(x, TaskId::MAIN).reserve.take(x);
        let mirror = Rc::new(Mirror { atomic, written: RefCell::new(vec![value]), writes: RefCell::new(vec![0]) });
        *self.0.borrow_mut() = Some(mirror.clone());
        mirror
    }

    /// Tells loom of a read or a write whose value it is not to know.
    pub(crate) fn touch(&self, x: Ctx, writes: bool) {
        let mirror = self.mirror(x, ());
        if writes {
            mirror.atomic.store(0, Ordering::Relaxed);
        } else {
            mirror.atomic.load(Ordering::Relaxed);
        }
    }
}

/// loom's atomic, and the values that its indices stand for.
pub(crate) struct Mirror<W> {
    atomic: AtomicUsize,
    written: RefCell<Vec<W>>,
    /// The indices in the order in which they were written; the value of the last is what the memory holds.
    writes: RefCell<Vec<usize>>,
}

impl<W: Copy + PartialEq> Mirror<W> {
    fn at(&self, index: usize) -> W {
        self.written.borrow()[index]
    }

    fn latest_index(&self) -> usize {
        *self.writes.borrow().last().expect("an atomic has been written from the start")
    }

    fn latest(&self) -> W {
        self.at(self.latest_index())
    }

    fn write(&self, index: usize) {
        self.writes.borrow_mut().push(index);
    }

    fn reserve(&self, value: W) -> usize {
        let mut written = self.written.borrow_mut();
        written.push(value);
        written.len() - 1
    }

    fn seen(&self, index: usize) -> Seen<W> {
        let value = self.at(index);
        let age = self.writes.borrow().iter().rev().take_while(|written| **written != index).count();
        Seen { value, stale: value != self.latest(), age: age as u32 }
    }

    pub(crate) fn load(&self, order: Ordering) -> Seen<W> {
        let index = self.atomic.load(order);
        self.seen(index)
    }

    pub(crate) fn store(&self, value: W, order: Ordering) {
        let index = self.reserve(value);
        self.atomic.store(index, order);
        self.write(index);
    }

    /// Changes the value in one step; returns the old one.
    pub(crate) fn update(&self, order: Ordering, change: impl Fn(W) -> W) -> Seen<W> {
        // The value is filled in below: nobody runs between loom's exchange and that.
        let index = self.reserve(self.latest());
        let old = self.atomic.swap(index, order);
        let seen = self.seen(old);
        self.written.borrow_mut()[index] = change(seen.value);
        self.write(index);
        seen
    }

    /// Writes `new` if the value is `current`.
    ///
    /// loom compares indices, and two may stand for equal values, so it may take a second look: each adds to what loom
    /// knows of the order of the writes, so the looks end.
    pub(crate) fn compare_exchange(
        &self,
        current: W,
        new: W,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Seen<W>, Seen<W>> {
        let index = self.reserve(new);
        let mut expected = if self.latest() == current { self.latest_index() } else { NOWHERE };
        loop {
            match self.atomic.compare_exchange(expected, index, success, failure) {
                Ok(old) => {
                    let seen = self.seen(old);
                    self.write(index);
                    return Ok(seen);
                }
                Err(actual) if self.at(actual) == current => expected = actual,
                Err(actual) => return Err(self.seen(actual)),
            }
        }
    }
}
