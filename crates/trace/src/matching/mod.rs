//! Matching: which event of one execution is which of another one, when the program has changed in between.
//!
//! First the tasks are matched, by their names and by what they do; then the objects, by their labels; then the events of
//! each task, by aligning the two lists; and the objects that had no counterpart get the one that the events suggest, with
//! which the events are aligned once more. Lines count for nothing but to decide between equals.
//!
//! It is a guess, and its user must check what comes of it: a replay runs the program and looks at what happens.

mod align;
mod objects;
mod tasks;

use std::collections::BTreeMap;

use bohrbug_sorted::SortedMap;

use crate::TraceEvent;
use objects::Objects;

/// Which of the found events, tasks and objects the recorded ones are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// For each recorded event the place of its counterpart among the found ones.
    pub events: Vec<Option<usize>>,
    /// For each recorded path the found one.
    pub tasks: BTreeMap<String, String>,
    /// For each recorded label the found one. An object that was split has the label of one of its parts.
    pub objects: BTreeMap<String, String>,
    /// For each found label the recorded one: of an object that was split every part has the one that it had.
    pub old_labels: BTreeMap<String, String>,
}

/// Matches two executions.
///
/// ```
/// use bohrbug_trace::{Operation, TraceEvent, match_events};
///
/// let event = |operation, object: &str, line: u32| {
///     TraceEvent::new("main", operation, format!("a.rs:{line}:1")).on(object)
/// };
/// let recorded = [event(Operation::Lock, "stock", 10), event(Operation::Unlock, "stock", 10)];
/// // Somebody has added a lock and renamed the other one.
/// let found = [
///     event(Operation::Lock, "log", 11),
///     event(Operation::Lock, "shelf", 12),
///     event(Operation::Unlock, "shelf", 12),
///     event(Operation::Unlock, "log", 11),
/// ];
/// let matching = match_events(&recorded, &found);
/// assert_eq!(matching.events, [Some(1), Some(2)]);
/// assert_eq!(matching.objects["stock"], "shelf");
/// ```
pub fn match_events(recorded: &[TraceEvent], found: &[TraceEvent]) -> Matching {
    let tasks = tasks::matched(recorded, found);
    let mut objects = Objects::by_label(recorded, found, &tasks);
    let mut events = aligned(recorded, found, &tasks, &objects);
    if objects.learn(recorded, found, &events) {
        events = aligned(recorded, found, &tasks, &objects);
    }
    let old_labels = objects::old_labels(recorded, found, &events);
    Matching { events, tasks, objects: objects.into_map(), old_labels }
}

/// Aligns the events of each pair of tasks.
fn aligned(
    recorded: &[TraceEvent],
    found: &[TraceEvent],
    tasks: &BTreeMap<String, String>,
    objects: &Objects<'_>,
) -> Vec<Option<usize>> {
    let mut events = vec![None; recorded.len()];
    let (of_recorded, of_found) = (by_task(recorded), by_task(found));
    let (ours, theirs) = (objects.recorded_shapes(recorded), objects.found_shapes(found));
    for (task, places) in of_recorded {
        let others = tasks.get(task).and_then(|task| of_found.get(task.as_str()));
        let others = others.map_or(&[][..], Vec::as_slice);
        let score = |a: usize, b: usize| ours[places[a]].score(&theirs[others[b]]);
        for (a, b) in align::best(places.len(), others.len(), score) {
            events[places[a]] = Some(others[b]);
        }
    }
    events
}

/// The places of each task's events.
fn by_task(events: &[TraceEvent]) -> SortedMap<&str, Vec<usize>> {
    let mut places: SortedMap<&str, Vec<usize>> = SortedMap::new();
    for (place, event) in events.iter().enumerate() {
        places.entry(&event.task).or_default().push(place);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation::{self, *};

    fn event(task: &str, operation: Operation, object: &str) -> TraceEvent {
        TraceEvent::new(task, operation, "a.rs:1:1").on(object)
    }

    fn check(recorded: &[(&str, Operation, &str)], found: &[(&str, Operation, &str)], expected: &[Option<usize>]) {
        let events = |all: &[(&str, Operation, &str)]| all.iter().map(|e| event(e.0, e.1, e.2)).collect::<Vec<_>>();
        let matching = match_events(&events(recorded), &events(found));
        assert_eq!(matching.events, expected, "{matching:?}");
    }

    #[test]
    fn what_is_the_same_is_matched_one_by_one() {
        let all = [("main", Lock, "a"), ("main", Lock, "a"), ("main/x", Lock, "a"), ("main", Unlock, "a")];
        check(&all, &all, &[Some(0), Some(1), Some(2), Some(3)]);
        check(&all, &[], &[None; 4]);
        check(&[], &all, &[]);
    }

    #[test]
    fn the_order_of_the_tasks_does_not_count() {
        check(
            &[("main/x", Load, "a"), ("main/y", Store, "a")],
            &[("main/y", Store, "a"), ("main/x", Load, "a")],
            &[Some(1), Some(0)],
        );
    }

    #[test]
    fn a_lock_that_was_split_is_found_in_both_its_parts() {
        let recorded = [("main", Lock, "all"), ("main", Unlock, "all"), ("main", Lock, "all"), ("main", Unlock, "all")];
        let found =
            [("main", Lock, "left"), ("main", Unlock, "left"), ("main", Lock, "right"), ("main", Unlock, "right")];
        check(&recorded, &found, &[Some(0), Some(1), Some(2), Some(3)]);
        check(&found, &recorded, &[Some(0), Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn a_mutex_may_become_a_reader_writer_lock() {
        let found = [("main", WriteLock, "a"), ("main", WriteUnlock, "a")];
        check(&[("main", Lock, "a"), ("main", Unlock, "a")], &found, &[Some(0), Some(1)]);
    }

    #[test]
    fn two_objects_that_both_sides_know_are_never_taken_for_each_other() {
        check(
            &[("main", Lock, "a"), ("main", Lock, "b")],
            &[("main", Lock, "b"), ("main", Lock, "a")],
            &[None, Some(0)],
        );
    }

    #[test]
    fn unnamed_objects_keep_their_order_when_lines_move() {
        let at = |lines: [u32; 2]| lines.map(|line| event("main", Lock, &format!("mutex a.rs:{line}:5")));
        // What was at line 10 is at 20 now, where something else was before.
        assert_eq!(match_events(&at([10, 20]), &at([20, 30])).events, [Some(0), Some(1)]);
    }
}
