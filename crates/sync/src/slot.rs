//! How an object finds itself in the execution that uses it.
//!
//! `const fn new` cannot know of any execution, so an object is bound lazily: at its first use in each execution it gets
//! a place in the execution's table, with new lock state. Its value stays where it is, in the object.

use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use bohrbug_events::{ObjectId, ObjectKind};

use crate::control::{Ctx, Origin, State};
use crate::live;

/// An object's link to its place in the current execution's table.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The execution that it was last used in; 0 before any.
    epoch: AtomicU64,
    index: AtomicU32,
    /// Where the object was made.
    site: &'static Location<'static>,
}

impl Slot {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { epoch: AtomicU64::new(0), index: AtomicU32::new(0), site: Location::caller() }
    }

    /// The object's place in the execution `x`, made at the first use.
    #[inline]
    pub(crate) fn object(&self, x: Ctx, kind: ObjectKind, state: impl FnOnce() -> State) -> ObjectId {
        x.guard(std::ptr::from_ref(self).addr(), kind);
        if self.epoch.load(Ordering::Relaxed) == x.epoch() {
            return ObjectId(self.index.load(Ordering::Relaxed));
        }
        self.bind(x, kind, state())
    }

    /// The object's place in the execution `x`, if it has been used there.
    #[inline]
    pub(crate) fn known(&self, x: Ctx) -> Option<ObjectId> {
        let known = self.epoch.load(Ordering::Relaxed) == x.epoch();
        known.then(|| ObjectId(self.index.load(Ordering::Relaxed)))
    }

    #[cold]
    fn bind(&self, x: Ctx, kind: ObjectKind, state: State) -> ObjectId {
        let epoch = self.epoch.load(Ordering::Relaxed);
        let (ours, relaxed) = (x.epoch(), Ordering::Relaxed);
        // Of two executions that come here at the same moment one is too late.
        if live::is_live(epoch) || self.epoch.compare_exchange(epoch, ours, relaxed, relaxed).is_err() {
            x.give_up(format!(
                "the {kind} made at {} is used by two explorations at the same time, usually because it is a static that \
                 two tests share; make it inside the closure, put it into a LazyLock, or run the tests one at a time",
                self.site
            ));
        }
        let origin = Origin { kind, site: self.site, name: None, carried: epoch != 0, holds_pointer: false };
        let object = x.with(|x| {
            let object = x.add_object(origin, |old| *old = state);
            x.remember(std::ptr::from_ref(self).addr(), object);
            object
        });
        self.index.store(object.0, Ordering::Relaxed);
        object
    }

    /// Panics if an execution is using the object while the caller, a plain OS thread, wants to.
    pub(crate) fn assert_uncontrolled(&self) {
        let epoch = self.epoch.load(Ordering::Relaxed);
        assert!(
            !live::intrude(epoch, self.site),
            "an object made at {} is in use by an exploration and also by a thread that the exploration does not control, \
             usually one made with std::thread::spawn; make it with bohrbug_sync::thread::spawn",
            self.site
        );
    }
}
