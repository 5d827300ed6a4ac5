//! What a step touches, and whether two steps may be exchanged.
//!
//! Besides the objects of the program there are some that no event names: the clock, which timed operations share, and
//! the bounds on wake-ups without a reason and on weak exchanges that fail. Who may use one of those up is in a conflict
//! with everybody else who may.

use bohrbug_sync::control::{Config, Event, Pending};
use bohrbug_trace::{Access, ObjectId, Operation, conflict, is_exclusive};
use smallvec::SmallVec;

/// What one step touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Footprint {
    accesses: SmallVec<[Access; 1]>,
    /// The objects of the accesses, each once.
    objects: SmallVec<[ObjectId; 2]>,
    /// Whether it cannot be exchanged with anything.
    everything: bool,
}

/// The objects that no event names; no execution has as many objects.
const CLOCK: ObjectId = ObjectId(u32::MAX - 1);
const SPURIOUS: ObjectId = ObjectId(u32::MAX - 2);
const WEAK: ObjectId = ObjectId(u32::MAX - 3);

impl Footprint {
    /// Of an operation that has been announced.
    pub(super) fn of_pending(pending: &Pending, config: &Config) -> Self {
        let mut footprint = Self::default();
        footprint.push(pending.access());
        for object in unnamed(pending, config) {
            footprint.push(Access { operation: Operation::Rmw, object, other: ObjectId::NONE });
        }
        footprint
    }

    /// Of a step that nothing can be exchanged with.
    pub(super) fn of_everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Adds what an event of the step touched.
    pub(super) fn add(&mut self, event: &Event) {
        let access = event.access();
        // Choices are nobody else's, and a new thread is known by nobody else yet.
        let is_own = matches!(event.operation, Operation::Choose | Operation::Fault | Operation::Spawn);
        let touches = access.object.is_some() && !is_own;
        if touches && !self.accesses.contains(&access) {
            self.push(access);
        }
    }

    /// Adds that the memory of the object was freed, which is in a conflict with every use of it.
    pub(super) fn add_free(&mut self, object: ObjectId) {
        let access = Access { operation: Operation::CellWrite, object, other: ObjectId::NONE };
        if !self.accesses.contains(&access) {
            self.push(access);
        }
    }

    fn push(&mut self, access: Access) {
        self.accesses.push(access);
        for object in [access.object, access.other] {
            if object.is_some() && !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
    }

    fn of(accesses: impl IntoIterator<Item = Access>, everything: bool) -> Self {
        let mut footprint = Self { everything, ..Self::default() };
        accesses.into_iter().for_each(|access| footprint.push(access));
        footprint
    }

    pub(super) fn is_everything(&self) -> bool {
        self.everything
    }

    /// Every object, and how it is touched.
    pub(super) fn accesses(&self) -> &[Access] {
        &self.accesses
    }

    /// Whether every object had a number below `bound`, or needs none.
    pub(super) fn is_known(&self, bound: u32) -> bool {
        let known = |object: ObjectId| !object.is_some() || object.0 < bound || is_unnamed(object);
        self.accesses.iter().all(|access| known(access.object) && known(access.other))
    }

    /// Whether the order of two steps of different tasks can matter.
    pub(super) fn conflicts(&self, other: &Self) -> bool {
        self.everything
            || other.everything
            || self.accesses.iter().any(|&a| other.accesses.iter().any(|&b| conflict(a, b)))
    }

    /// Whether every other access to the object conflicts with this.
    pub(super) fn is_exclusive(&self, object: ObjectId) -> bool {
        self.accesses.iter().any(|&access| is_exclusive(access, object))
    }

    /// The same with other objects.
    pub(super) fn map(&self, rename: impl Fn(ObjectId) -> ObjectId) -> Self {
        let renamed =
            |access: &Access| Access { object: rename(access.object), other: rename(access.other), ..*access };
        Self::of(self.accesses.iter().map(renamed), self.everything)
    }

    /// The same with other objects, if all of them have one.
    pub(super) fn try_map(&self, rename: impl Fn(ObjectId) -> Option<ObjectId>) -> Option<Self> {
        let renamed =
            |access: &Access| Some(Access { object: rename(access.object)?, other: rename(access.other)?, ..*access });
        let accesses: SmallVec<[Access; 1]> = self.accesses.iter().map(renamed).collect::<Option<_>>()?;
        Some(Self::of(accesses, self.everything))
    }

    /// Each object once.
    pub(super) fn objects(&self) -> &[ObjectId] {
        &self.objects
    }
}

/// The place of an object in a table that has the unnamed ones first.
pub(super) const fn place(object: ObjectId) -> usize {
    if is_unnamed(object) { (u32::MAX - 1 - object.0) as usize } else { object.index() + 3 }
}

pub(super) const fn is_unnamed(object: ObjectId) -> bool {
    object.0 >= WEAK.0 && object.is_some()
}

/// What the operation may use besides its object.
fn unnamed(pending: &Pending, config: &Config) -> impl Iterator<Item = ObjectId> {
    use Operation::{CompareExchange, Now, Park, Sleep, Wake};
    let operation = pending.operation;
    let clock = pending.deadline().is_some() || matches!(operation, Now | Sleep);
    let spurious = config.spurious > 0 && matches!(operation, Wake | Park);
    let weak = config.weak_failures > 0 && operation == CompareExchange;
    [(clock, CLOCK), (spurious, SPURIOUS), (weak, WEAK)].into_iter().filter_map(|(used, object)| used.then_some(object))
}
