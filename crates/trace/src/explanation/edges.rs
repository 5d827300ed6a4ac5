//! The arrows of a drawing: which event of another task each event waited for.

use super::Explanation;
use crate::{Operation, TraceEvent, conflicting_pairs};

impl Explanation {
    /// The orders between events of different tasks that follow from no others: a spawn before its thread, a thread's end
    /// before its join, and what conflicts.
    pub(super) fn arrows(&self) -> Vec<(usize, usize)> {
        let events = &self.called.events;
        let mut arrows = conflicting_pairs(events);
        arrows.extend(threads(events));
        bohrbug_sorted::sort(&mut arrows);
        arrows.dedup();
        arrows
    }
}

/// From each spawn to the first event of its thread, and from the last to its join.
fn threads(events: &[TraceEvent]) -> Vec<(usize, usize)> {
    let of = |object: &Option<String>| {
        object.as_deref().and_then(|object| object.strip_prefix("thread ")).map(str::to_owned)
    };
    let mut arrows = Vec::new();
    for (step, event) in events.iter().enumerate() {
        let Some(task) = of(&event.object) else { continue };
        match event.operation {
            Operation::Spawn => {
                let first = (step + 1..events.len()).find(|&later| events[later].task == task);
                arrows.extend(first.map(|first| (step, first)));
            }
            Operation::Join => {
                let last = (0..step).rev().find(|&earlier| events[earlier].task == task);
                arrows.extend(last.map(|last| (last, step)));
            }
            _ => {}
        }
    }
    arrows
}
