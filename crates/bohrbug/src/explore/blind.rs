//! What executions show of what a proof by them does not cover.

use std::collections::BTreeSet;

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{ObjectId, ObjectKind, Operation, Outcome, StepIdx, TaskId};

use crate::basis::Exception;
use crate::happens_before::HappensBefore;

/// The exceptions of one exploration.
#[derive(Clone, Debug)]
pub(super) struct BlindSpots {
    /// Those that are known by now.
    known: BTreeSet<Exception>,
    /// Whether those of every program of more than one task are: asked after each execution.
    knows_usual: bool,
    /// Those of any program of more than one task that was built as this one.
    built_in: BTreeSet<Exception>,
    /// Of each task, how many locks it reads; memory that serves one execution after the other.
    reading: Vec<u32>,
}

impl BlindSpots {
    /// None is known yet; a program built so is blind to `built_in`, if it has more than one task.
    pub(super) fn new(mut built_in: BTreeSet<Exception>) -> Self {
        built_in.insert(Exception::ArcCounts);
        Self { known: BTreeSet::new(), knows_usual: false, built_in, reading: Vec::new() }
    }

    /// Those that only this execution shows; `awaits` if its strategy has taken a loop to wait.
    pub(super) fn new_ones(&mut self, view: View<'_>, awaits: bool) -> Vec<Exception> {
        let is_blind = |exception: &Exception| view.task_count() > 1 && self.built_in.contains(exception);
        let may_show = !self.knows_usual && view.task_count() > 1
            || awaits
            || view.has(ObjectKind::RwLock)
            || view.has(ObjectKind::Atomic);
        if !may_show {
            return Vec::new();
        }
        let reading = &mut self.reading;
        let shows = |exception: &Exception| match exception {
            Exception::ArcCounts | Exception::PlainMemory => is_blind(exception),
            Exception::QueuedReaders => {
                view.has(ObjectKind::RwLock) && waits_while_reading(view.events(), reading) && readers_may_queue(view)
            }
            Exception::Loops => awaits,
            Exception::Making => follows_unordered_pointers(view),
        };
        let new = Exception::ALL.iter().copied().filter(|exception| !self.known.contains(exception)).filter(shows);
        let new: Vec<Exception> = new.collect();
        self.known.extend(&new);
        self.knows_usual = self.known.contains(&Exception::ArcCounts);
        new
    }
}

/// Whether a task waits while it reads, or may have had to. Few executions get past this, and it costs little; `reading` is
/// memory to count in.
fn waits_while_reading(events: &[Event], reading: &mut Vec<u32>) -> bool {
    reading.clear();
    for event in events {
        let locks = reading.get_mut(event.task.index());
        match (event.operation, locks) {
            (Operation::ReadUnlock, Some(locks)) => *locks = locks.saturating_sub(1),
            (operation, Some(locks)) if *locks > 0 && may_wait(operation) => return true,
            (Operation::ReadLock | Operation::TryReadLock, _) if event.outcome != Outcome::WouldBlock => {
                let tasks = reading.len().max(event.task.index() + 1);
                reading.resize(tasks, 0);
                reading[event.task.index()] += 1;
            }
            _ => {}
        }
    }
    false
}

/// Whether an operation may make its task wait for another, be it in a loop.
const fn may_wait(operation: Operation) -> bool {
    operation.can_block() || matches!(operation, Operation::Yield | Operation::Load | Operation::CompareExchange)
}

/// Who does what with a reader-writer lock.
#[derive(Default)]
struct Uses {
    readers: SortedSet<TaskId>,
    writers: SortedSet<TaskId>,
    /// Who reads it now.
    reading: Vec<TaskId>,
    /// Who has waited for something else meanwhile, or may have had to.
    waits: SortedSet<TaskId>,
}

/// Whether a reader that waits for somebody else may wait for another reader, which waits behind a writer.
fn readers_may_queue(view: View<'_>) -> bool {
    let is_lock = |object: &ObjectId| view.origin(*object).kind == ObjectKind::RwLock;
    (0..view.object_count() as u32).map(ObjectId).filter(is_lock).any(|lock| {
        let uses = uses_of(view.events(), lock);
        let three = |reader: &TaskId| {
            let others = uses.readers.iter().filter(|other| *other != reader);
            others.into_iter().any(|other| uses.writers.iter().any(|writer| writer != reader && writer != other))
        };
        uses.waits.iter().any(three)
    })
}

fn uses_of(events: &[Event], lock: ObjectId) -> Uses {
    use Operation::*;
    let mut uses = Uses::default();
    for event in events {
        let task = event.task;
        if event.object != lock {
            if may_wait(event.operation) && uses.reading.contains(&task) {
                uses.waits.insert(task);
            }
            continue;
        }
        match event.operation {
            ReadLock | TryReadLock if event.outcome != Outcome::WouldBlock => {
                uses.readers.insert(task);
                uses.reading.push(task);
            }
            ReadUnlock => {
                if let Some(place) = uses.reading.iter().position(|reader| *reader == task) {
                    uses.reading.swap_remove(place);
                }
            }
            WriteLock => _ = uses.writers.insert(task),
            _ => {}
        }
    }
    uses
}

/// Whether a task reads a pointer that another has written, and nothing orders the two.
fn follows_unordered_pointers(view: View<'_>) -> bool {
    let is_of_pointer =
        |event: &Event| is_atomic(event) && (view.origin(event.object).holds_pointer || event.value().is_none());
    if !view.has(ObjectKind::Atomic) || !view.events().iter().any(is_of_pointer) {
        return false;
    }
    let mut order = HappensBefore::default();
    let mut written: SortedMap<_, (TaskId, StepIdx)> = SortedMap::new();
    for (step, event) in view.events().iter().enumerate() {
        order.step(view, event);
        if !is_of_pointer(event) {
            continue;
        }
        let reads = event.operation != Operation::Store && event.value() != Some(0);
        let from = written.get(&event.object).filter(|_| reads);
        if from.is_some_and(|&(task, step)| task != event.task && !order.clock(event.task).get(task.index()).has(step))
        {
            return true;
        }
        let failed = matches!(event.outcome, Outcome::Mismatch | Outcome::WeakFailure);
        if event.operation != Operation::Load && !failed {
            written.insert(event.object, (event.task, StepIdx(step as u32)));
        }
    }
    false
}

const fn is_atomic(event: &Event) -> bool {
    use Operation::*;
    matches!(event.operation, Load | Store | Rmw | CompareExchange)
}
