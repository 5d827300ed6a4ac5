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
/// use bohrbug_events::{Access, ObjectId, Operation, conflict};
///
/// let on = |operation| Access { operation, object: ObjectId(0), other: ObjectId::NONE };
/// assert!(conflict(on(Operation::Load), on(Operation::Store)));
/// assert!(!conflict(on(Operation::Load), on(Operation::Load)));
/// ```
#[inline]
pub fn conflict(a: Access, b: Access) -> bool {
    shares(a.object, b) && !COMMUTES[a.operation as usize][b.operation as usize] || shares(a.other, b)
}

#[inline]
fn shares(object: ObjectId, access: Access) -> bool {
    object.is_some() && (object == access.object || object == access.other)
}

/// Whether the access conflicts with every other access to that object, so that all of those are in one order with it.
///
/// ```
/// use bohrbug_events::{Access, ObjectId, Operation, is_exclusive};
///
/// let on = |operation| Access { operation, object: ObjectId(0), other: ObjectId::NONE };
/// assert!(is_exclusive(on(Operation::Store), ObjectId(0)));
/// assert!(!is_exclusive(on(Operation::Load), ObjectId(0)));
/// ```
#[inline]
pub const fn is_exclusive(access: Access, object: ObjectId) -> bool {
    access.other.0 == object.0 || access.object.0 == object.0 && !commutes_with_some(access.operation)
}

/// [`commute`] of any two: asked for every event of every execution, several times.
static COMMUTES: [[bool; COUNT]; COUNT] = {
    let mut table = [[false; COUNT]; COUNT];
    let (mut a, mut b) = (0, 0);
    while a < COUNT {
        table[a][b] = commute(Operation::ALL[a], Operation::ALL[b]);
        (a, b) = if b + 1 < COUNT { (a, b + 1) } else { (a + 1, 0) };
    }
    table
};

const COUNT: usize = Operation::ALL.len();

/// Whether there is an operation that it commutes with on one object.
#[inline]
const fn commutes_with_some(operation: Operation) -> bool {
    use Operation::*;
    only_observes(operation)
        || notifies(operation)
        || is_choice(operation)
        || matches!(operation, ReleasePermits | OnceBegin | Begin | End | Park | Unpark | TakeToken)
}

/// Whether two operations on one object can be exchanged without a difference.
const fn commute(a: Operation, b: Operation) -> bool {
    use Operation::*;
    only_observes(a) && only_observes(b)
        || is_choice(a)
        || is_choice(b)
        || notifies(a) && notifies(b)
        // Whoever waits is given what comes in the order of the line, whoever adds it.
        || matches!((a, b), (OnceCheck, OnceBegin) | (OnceBegin, OnceCheck) | (ReleasePermits, ReleasePermits))
        || is_of_thread(a) && is_of_thread(b) && !meet(a, b) && !meet(b, a)
}

/// Whether the operation leaves its object as every other such operation finds it.
const fn only_observes(operation: Operation) -> bool {
    use Operation::*;
    // Readers of a reader-writer lock do not see each other, nor do those who leave a barrier.
    matches!(
        operation,
        Load | CellRead
            | ReadLock
            | TryReadLock
            | ReadUnlock
            | Leave
            | OnceCheck
            | IsFinished
            | Join
            | Now
            | Note
            | CountPermits
    )
}

/// A choice has a place in the code for an object, and is nobody else's.
const fn is_choice(operation: Operation) -> bool {
    matches!(operation, Operation::Choose | Operation::Fault)
}

/// Two notifications of one condition variable are the same in either order: each is for those who wait.
const fn notifies(operation: Operation) -> bool {
    matches!(operation, Operation::NotifyOne | Operation::NotifyAll)
}

/// Whether the operation's object is a thread: its life and its token, which have nothing to do with each other.
const fn is_of_thread(operation: Operation) -> bool {
    use Operation::*;
    matches!(operation, Spawn | Begin | End | Join | IsFinished | Park | Unpark | TakeToken)
}

/// The operations on a thread that one of the first kind is a reason for.
const fn meet(a: Operation, b: Operation) -> bool {
    use Operation::*;
    matches!((a, b), (Spawn, _) | (End, Join | IsFinished) | (Park | TakeToken, Unpark))
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
    fn permits_may_be_added_in_either_order_and_counted_together() {
        let [add, count, acquire] =
            [Operation::ReleasePermits, Operation::CountPermits, Operation::AcquirePermits].map(|o| access(o, 0));
        assert!(!conflict(add, add) && !conflict(count, count));
        assert!(conflict(add, count) && conflict(add, acquire) && conflict(acquire, acquire));
        assert!(!is_exclusive(add, ObjectId(0)) && is_exclusive(acquire, ObjectId(0)));
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
