//! When two events conflict: they touch the same object and do not commute.
//!
//! The reduction, the race monitor, the matcher and the explanation all use this one relation. It is conservative: where
//! commuting depends on values it says that they conflict.

use crate::{ObjectId, Operation};

/// What the conflict relation needs to know of an event: its operation and the one or two objects it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The operation.
    pub operation: Operation,
    /// The object it is applied to.
    pub object: ObjectId,
    /// A second object: the mutex that a condition variable's wait gives back.
    pub other: ObjectId,
}

/// Whether two events of different tasks conflict, so that their order can matter.
///
/// ```
/// use bohrbug_trace::{Access, ObjectId, Operation, conflict};
///
/// let on = |operation| Access { operation, object: ObjectId(0), other: ObjectId::NONE };
/// assert!(conflict(on(Operation::Load), on(Operation::Store)));
/// assert!(!conflict(on(Operation::Load), on(Operation::Load)));
/// ```
pub fn conflict(a: Access, b: Access) -> bool {
    shares(a.object, b) && !commute(a.operation, b.operation) || a.other.is_some() && shares(a.other, b)
}

fn shares(object: ObjectId, access: Access) -> bool {
    object.is_some() && (object == access.object || object == access.other)
}

/// Whether two operations on one object can be exchanged without a difference.
const fn commute(a: Operation, b: Operation) -> bool {
    only_observes(a) && only_observes(b)
}

/// Whether the operation leaves its object as every other such operation finds it.
const fn only_observes(operation: Operation) -> bool {
    use Operation::*;
    // Readers of a reader-writer lock do not see each other.
    matches!(
        operation,
        Load | CellRead | ReadLock | TryReadLock | ReadUnlock | OnceCheck | IsFinished | Join | Now | Note
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(operation: Operation, object: u32) -> Access {
        Access { operation, object: ObjectId(object), other: ObjectId::NONE }
    }

    #[test]
    fn conflict_is_symmetric() {
        for &a in Operation::ALL {
            for &b in Operation::ALL {
                let (a, b) = (access(a, 0), access(b, 0));
                assert_eq!(conflict(a, b), conflict(b, a), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_wait_conflicts_with_who_takes_its_mutex() {
        let wait = Access { operation: Operation::Wait, object: ObjectId(0), other: ObjectId(1) };
        assert!(conflict(wait, access(Operation::Lock, 1)));
        assert!(conflict(access(Operation::Lock, 1), wait));
        assert!(!conflict(wait, access(Operation::Lock, 2)));
    }

    #[test]
    fn events_without_an_object_never_conflict() {
        let pause = Access { operation: Operation::Yield, object: ObjectId::NONE, other: ObjectId::NONE };
        assert!(!conflict(pause, pause));
    }
}
