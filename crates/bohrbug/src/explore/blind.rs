//! What executions show of what a proof by them does not cover.

use std::collections::BTreeSet;

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{ObjectId, ObjectKind, Operation, Outcome, TaskId};

use crate::basis::Exception;

/// The exceptions that are known by now.
#[derive(Clone, Debug, Default)]
pub(super) struct BlindSpots(BTreeSet<Exception>);

impl BlindSpots {
    /// Those that only this execution shows.
    pub(super) fn new_ones(&mut self, view: View<'_>) -> Vec<Exception> {
        let shows = |exception: &Exception| match exception {
            Exception::ArcCounts => view.task_count() > 1,
            Exception::QueuedReaders => readers_may_queue(view),
        };
        let new = Exception::ALL.iter().copied().filter(|exception| !self.0.contains(exception)).filter(shows);
        let new: Vec<Exception> = new.collect();
        self.0.extend(&new);
        new
    }
}

/// Who does what with a reader-writer lock.
#[derive(Default)]
struct Uses {
    readers: BTreeSet<TaskId>,
    writers: BTreeSet<TaskId>,
    /// Who reads it now.
    reading: Vec<TaskId>,
    /// Who has waited for something else meanwhile, or may have had to.
    waits: BTreeSet<TaskId>,
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
            let waits = event.operation.can_block() || matches!(event.operation, Yield | Load | CompareExchange);
            if waits && uses.reading.contains(&task) {
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
