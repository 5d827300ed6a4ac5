//! Who takes which lock while he has which.

use bohrbug_sync::control::Event;
use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};

/// A task takes a lock while it has another one.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) task: TaskId,
    pub(super) from: ObjectId,
    pub(super) to: ObjectId,
    /// Whether it has, and takes, them for reading.
    pub(super) from_shared: bool,
    pub(super) to_shared: bool,
    /// The steps at which it took the one and takes the other.
    pub(super) since: usize,
    pub(super) at: usize,
    /// What else it holds then.
    pub(super) gates: Vec<Gate>,
}

/// A lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    pub(super) lock: ObjectId,
    pub(super) shared: bool,
}

/// The same edge again and again says nothing new, but the first may be ordered and a later one not.
const OF_A_KIND: usize = 8;

/// A lock that a task holds, and since which step.
#[derive(Clone, Debug)]
pub(super) struct Held {
    lock: ObjectId,
    shared: bool,
    since: usize,
}

/// What each task holds; its memory serves one execution after the other.
pub(super) type Holdings = Vec<Vec<Held>>;

/// Whether a task ever has two locks at a time. Most executions of most programs do not get past this, and it costs next
/// to nothing; `depths` is memory that serves one execution after the other.
pub(super) fn are_nested(events: &[Event], depths: &mut Vec<u32>) -> bool {
    depths.clear();
    for event in events {
        let effect = effect(event.operation);
        if effect == Effect::None {
            continue;
        }
        if depths.len() <= event.task.index() {
            depths.resize(event.task.index() + 1, 0);
        }
        let depth = &mut depths[event.task.index()];
        match (effect, event.outcome) {
            (_, Outcome::Unwinding) | (Effect::None, _) | (Effect::Takes, Outcome::WouldBlock) => {}
            (Effect::Gives, _) => *depth = depth.saturating_sub(1),
            (Effect::Takes, _) if *depth > 0 => return true,
            (Effect::Takes, _) => *depth = 1,
        }
    }
    false
}

/// What an operation may do to what its task holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    Takes,
    Gives,
}

#[inline]
const fn effect(operation: Operation) -> Effect {
    use Operation::*;
    match operation {
        Unlock | ReadUnlock | WriteUnlock | Wait => Effect::Gives,
        _ if is_of_locks(operation) => Effect::Takes,
        _ => Effect::None,
    }
}

/// Whether there can be a cycle at all: whether the locks that are taken within others, by whomever, go round. Few
/// executions get past this, and it costs little.
pub(super) fn may_have_cycles(
    events: &[Event],
    holdings: &mut Holdings,
    pairs: &mut Vec<(ObjectId, ObjectId)>,
) -> bool {
    pairs.clear();
    walk(events, holdings, |own, _, to, _, _| {
        for held in own.iter().filter(|held| held.lock != to) {
            if !pairs.contains(&(held.lock, to)) {
                pairs.push((held.lock, to));
            }
        }
    });
    // What nothing leads to is in no cycle; without it, perhaps something else is.
    let mut before = usize::MAX;
    while pairs.len() < before {
        before = pairs.len();
        let targets: Vec<ObjectId> = pairs.iter().map(|(_, to)| *to).collect();
        pairs.retain(|(from, _)| targets.contains(from));
    }
    !pairs.is_empty()
}

/// All edges of an execution.
pub(super) fn edges(events: &[Event], holdings: &mut Holdings) -> Vec<Edge> {
    let mut edges = Vec::new();
    walk(events, holdings, |own, task, to, to_shared, at| add(&mut edges, own, task, to, to_shared, at));
    edges
}

/// Shows each acquisition by a task that already holds locks: these, the task, the lock, whether for reading, the step.
fn walk(events: &[Event], holdings: &mut Holdings, mut nested: impl FnMut(&[Held], TaskId, ObjectId, bool, usize)) {
    holdings.iter_mut().for_each(Vec::clear);
    for (at, event) in events.iter().enumerate() {
        if !is_of_locks(event.operation) {
            continue;
        }
        if holdings.len() <= event.task.index() {
            holdings.resize_with(event.task.index() + 1, Vec::new);
        }
        let own = &mut holdings[event.task.index()];
        if let Some(lock) = released(event) {
            own.retain(|held| held.lock != lock);
        } else if let Some((lock, shared)) = acquired(event) {
            if waits(event.operation) && !own.is_empty() {
                nested(own, event.task, lock, shared, at);
            }
            own.push(Held { lock, shared, since: at });
        }
    }
}

fn add(edges: &mut Vec<Edge>, own: &[Held], task: TaskId, to: ObjectId, to_shared: bool, at: usize) {
    for held in own.iter().filter(|held| held.lock != to) {
        let alike = |edge: &&Edge| (edge.task, edge.from, edge.to) == (task, held.lock, to);
        if edges.iter().filter(alike).count() >= OF_A_KIND {
            continue;
        }
        let gates = own.iter().filter(|other| other.lock != held.lock);
        edges.push(Edge {
            task,
            from: held.lock,
            to,
            from_shared: held.shared,
            to_shared,
            since: held.since,
            at,
            gates: gates.map(|held| Gate { lock: held.lock, shared: held.shared }).collect(),
        });
    }
}

const fn is_of_locks(operation: Operation) -> bool {
    use Operation::*;
    matches!(
        operation,
        Lock | TryLock
            | Unlock
            | Wait
            | Wake
            | ReadLock
            | TryReadLock
            | ReadUnlock
            | WriteLock
            | TryWriteLock
            | WriteUnlock
    )
}

const fn waits(operation: Operation) -> bool {
    matches!(operation, Operation::Lock | Operation::ReadLock | Operation::WriteLock | Operation::Wake)
}

fn acquired(event: &Event) -> Option<(ObjectId, bool)> {
    use Operation::*;
    match (event.operation, event.outcome) {
        (_, Outcome::WouldBlock | Outcome::Unwinding) => None,
        (Lock | TryLock | WriteLock | TryWriteLock, _) => Some((event.object, false)),
        (ReadLock | TryReadLock, _) => Some((event.object, true)),
        (Wake, _) => Some((event.other, false)),
        _ => None,
    }
}

fn released(event: &Event) -> Option<ObjectId> {
    use Operation::*;
    match (event.operation, event.outcome) {
        (_, Outcome::Unwinding) => None,
        (Unlock | ReadUnlock | WriteUnlock, _) => Some(event.object),
        (Wait, _) => Some(event.other),
        _ => None,
    }
}
