//! Which locks are held when a trace ends.

use crate::{Operation, Outcome, Trace};

/// A lock that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLock {
    /// Who holds it.
    pub task: String,
    /// The lock.
    pub object: String,
    /// The step at which it was taken, and how.
    pub step: usize,
}

/// The locks that are held at the end of a trace, in the order in which they were taken.
///
/// ```
/// use bohrbug_trace::{Header, Operation, Runtime, Trace, TraceEvent, held_at_end};
///
/// let mut trace = Trace::new(Header::new("shop", Runtime::Native, "random"));
/// for (operation, lock) in [(Operation::Lock, "till"), (Operation::Lock, "stock"), (Operation::Unlock, "till")] {
///     trace.events.push(TraceEvent::new("main", operation, "src/shop.rs:8:5").on(lock));
/// }
/// let held = held_at_end(&trace);
/// assert_eq!((held.len(), held[0].object.as_str(), held[0].step), (1, "stock", 1));
/// ```
pub fn held_at_end(trace: &Trace) -> Vec<HeldLock> {
    use Operation::*;
    let mut held: Vec<HeldLock> = Vec::new();
    for (step, event) in trace.events.iter().enumerate() {
        let (taken, given) = match event.operation {
            TryLock | TryReadLock | TryWriteLock if event.outcome == Outcome::WouldBlock => (None, None),
            Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock => (event.object.as_ref(), None),
            Wake => (event.other.as_ref(), None),
            Unlock | ReadUnlock | WriteUnlock => (None, event.object.as_ref()),
            Wait => (None, event.other.as_ref()),
            _ => (None, None),
        };
        if let Some(object) = taken {
            held.push(HeldLock { task: event.task.clone(), object: object.clone(), step });
        }
        let is_given = |held: &HeldLock| held.task == event.task && Some(&held.object) == given;
        if let Some(place) = held.iter().rposition(is_given) {
            held.remove(place);
        }
    }
    held
}
