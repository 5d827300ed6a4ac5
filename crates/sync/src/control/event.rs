//! The event as it happens: small, and full of numbers that only this execution understands.

use std::panic::Location;

use bohrbug_events::{Access, MemoryOrder, ObjectId, Operation, Outcome, TaskId};

/// One reported event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where in the code under test.
    pub site: &'static Location<'static>,
    value: u64,
    /// On what.
    pub object: ObjectId,
    /// The second object, if there is one.
    pub other: ObjectId,
    /// By whom.
    pub task: TaskId,
    /// What was done.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// The memory order of an atomic operation.
    pub order: MemoryOrder,
    order_of_failure: MemoryOrder,
}

/// No value, or one that cannot be compared between executions.
const NO_VALUE: u64 = u64::MAX;

/// Values from here up are not recorded: an address would differ from one process to the next.
const FIRST_UNRECORDED: u64 = 1 << 32;

/// A value as an event may carry it: small numbers only, since a large one may be an address.
pub(crate) const fn small(value: u64) -> Option<u64> {
    if value < FIRST_UNRECORDED { Some(value) } else { None }
}

impl Event {
    pub(crate) fn new(task: TaskId, pending: &super::Pending, outcome: Outcome, value: Option<u64>) -> Self {
        Self {
            site: pending.site,
            value: value.unwrap_or(NO_VALUE),
            object: pending.object,
            other: pending.other,
            task,
            operation: pending.operation,
            outcome,
            order: pending.order,
            order_of_failure: pending.order_of_failure,
        }
    }

    /// Whether the object is one of its two.
    pub(super) fn touches(&self, object: ObjectId) -> bool {
        self.object == object || self.other == object
    }

    /// The value read, written, chosen or counted, where there is one that means the same in every process.
    pub const fn value(&self) -> Option<u64> {
        if self.value == NO_VALUE { None } else { Some(self.value) }
    }

    /// The memory order that was in effect: a compare-exchange that failed has another than one that succeeded.
    pub const fn order_in_effect(&self) -> MemoryOrder {
        match self.outcome {
            Outcome::Mismatch | Outcome::WeakFailure => self.order_of_failure,
            _ => self.order,
        }
    }

    /// What the conflict relation needs of this event.
    pub const fn access(&self) -> Access {
        Access { operation: self.operation.in_effect(self.outcome), object: self.object, other: self.other }
    }
}
