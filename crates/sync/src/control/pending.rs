//! An announced operation: what a task will do when it is its turn.

use std::panic::Location;

use bohrbug_events::{Access, MemoryOrder, ObjectId, Operation};

/// What a task has announced and not yet done.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// Where in the code under test.
    pub site: &'static Location<'static>,
    /// A deadline, a stamp, an expected word or a third object; no operation has two of them, and every step copies this.
    detail: u64,
    /// On what.
    pub object: ObjectId,
    /// The second object, if there is one.
    pub other: ObjectId,
    /// What.
    pub operation: Operation,
    /// The memory order of an atomic operation.
    pub order: MemoryOrder,
    /// The memory order of a compare-exchange that fails.
    pub(super) order_of_failure: MemoryOrder,
    /// Whether there is a deadline, and whether the wait parks.
    flags: u8,
}

const TIMED: u8 = 1;
const PARKS: u8 = 2;

impl Pending {
    pub(crate) const fn new(operation: Operation, object: ObjectId, site: &'static Location<'static>) -> Self {
        let (other, order) = (ObjectId::NONE, MemoryOrder::None);
        Self { site, detail: 0, object, other, operation, order, order_of_failure: order, flags: 0 }
    }

    /// Becomes `new`, field by field: what was just written in parts a processor copies as a whole only after a wait.
    #[inline(always)]
    pub(super) const fn become_that(&mut self, new: &Self) {
        let &Self { site, detail, object, other, operation, order, order_of_failure, flags } = new;
        self.site = site;
        self.detail = detail;
        self.object = object;
        self.other = other;
        self.operation = operation;
        self.order = order;
        self.order_of_failure = order_of_failure;
        self.flags = flags;
    }

    pub(crate) const fn with_other(mut self, other: ObjectId) -> Self {
        self.other = other;
        self
    }

    pub(crate) const fn ordered(mut self, order: MemoryOrder) -> Self {
        self.order = order;
        self
    }

    /// The order in effect if the compare-exchange fails.
    pub(crate) const fn or_if_it_fails(mut self, order: MemoryOrder) -> Self {
        self.order_of_failure = order;
        self
    }

    /// The word that the compare-exchange expects.
    pub(crate) const fn expecting(mut self, word: u64) -> Self {
        self.detail = word;
        self
    }

    pub(crate) const fn until(mut self, deadline: Option<u64>) -> Self {
        if let Some(deadline) = deadline {
            self.detail = deadline;
            self.flags |= TIMED;
        }
        self
    }

    /// Whether a wait for it parks the thread.
    pub(crate) const fn parking(mut self, parks: bool) -> Self {
        if parks {
            self.flags |= PARKS;
        }
        self
    }

    /// Whether whoever has to wait for it parks its thread, as std does, and so may take its token.
    pub const fn parks(&self) -> bool {
        self.flags & PARKS != 0
    }

    pub(crate) const fn stamped(mut self, stamp: u64) -> Self {
        self.detail = stamp;
        self
    }

    /// The moment, on the execution's own clock in nanoseconds, at which a timed operation gives up.
    pub const fn deadline(&self) -> Option<u64> {
        if self.flags & TIMED != 0 { Some(self.detail) } else { None }
    }

    /// What tells this operation from an earlier one of its kind: a barrier's generation, a message's number.
    pub(crate) const fn stamp(&self) -> u64 {
        self.detail
    }

    /// The word that a compare-exchange expects, as [`View::word`](super::View::word) has it.
    pub fn expected(&self) -> Option<u64> {
        (self.operation == Operation::CompareExchange).then_some(self.detail)
    }

    /// That what is announced is followed at once by a requeue to that word.
    pub(crate) const fn before_requeue(mut self, to: ObjectId) -> Self {
        self.detail = to.0 as u64;
        self
    }

    /// What the conflict relation needs of the requeue that follows at once, if one does.
    pub const fn access_of_requeue(&self) -> Option<Access> {
        if !matches!(self.operation, Operation::FutexCompare) {
            return None;
        }
        Some(Access { operation: Operation::FutexRequeue, object: self.object, other: ObjectId(self.detail as u32) })
    }

    /// The same operation on another object.
    #[must_use]
    pub const fn on(mut self, object: ObjectId) -> Self {
        self.object = object;
        self
    }

    /// What the conflict relation needs of this operation, whatever comes of it.
    pub const fn access(&self) -> Access {
        Access { operation: self.operation, object: self.object, other: self.other }
    }
}
