//! What an event can come of: everything that had to happen before it.

use bohrbug_sorted::SortedSet;

use crate::{TraceEvent, conflicting_pairs};

/// For each event whether one of the events `of`, given as indices, can come of it, or is it: an earlier event of the same
/// task, an earlier one in conflict, and what those come of.
///
/// All others could as well have happened later, or not at all, for all that the events `of` know. An index past the end
/// is nothing's cause.
///
/// ```
/// use bohrbug_trace::{Operation, TraceEvent, causes};
///
/// let event = |task: &str, object: &str| TraceEvent::new(task, Operation::Store, "a.rs:1:1").on(object);
/// let events = [event("main/a", "x"), event("main/a", "y"), event("main/b", "x"), event("main/b", "z")];
/// assert_eq!(causes(&events, [2]), [true, false, true, false]);
/// ```
pub fn causes(events: &[TraceEvent], of: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut is_cause = vec![false; events.len()];
    of.into_iter().filter(|step| *step < events.len()).for_each(|step| is_cause[step] = true);
    let mut pairs = conflicting_pairs(events);
    // The tasks of the causes so far, from the last event back.
    let mut tasks = SortedSet::new();
    for step in (0..events.len()).rev() {
        is_cause[step] |= tasks.contains(events[step].task.as_str());
        // Sorted by the second: those of this step are at the end.
        while let Some((first, _)) = pairs.pop_if(|(_, then)| *then == step) {
            is_cause[first] |= is_cause[step];
        }
        if is_cause[step] {
            tasks.insert(events[step].task.as_str());
        }
    }
    is_cause
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operation, ordered_pairs};

    /// Events of three tasks on three objects, drawn from a number.
    fn drawn(seed: usize) -> Vec<TraceEvent> {
        let digit = |at: u32| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (at * 5) & 31;
        let event = |at: u32| {
            let operation = if digit(at).is_multiple_of(2) { Operation::Load } else { Operation::Store };
            let (task, object) = (digit(at) / 2 % 3, digit(at) / 6 % 3);
            TraceEvent::new(format!("main/{task}"), operation, "a.rs:1:1").on(object.to_string())
        };
        (0..10).map(event).collect()
    }

    #[test]
    fn a_cause_is_what_is_ordered_before_and_nothing_else_is() {
        for seed in 0..500 {
            let events = drawn(seed);
            for last in 0..events.len() {
                let found = causes(&events, [last]);
                for step in 0..last {
                    let same_task = events[step].task == events[last].task;
                    // Of these two alone: whether everything together orders them.
                    let ordered = same_task || !ordered_pairs(&events, |kept| kept == step || kept == last).is_empty();
                    assert_eq!(found[step], ordered, "{seed}: {step} of {last}");
                }
                assert!(found[last] && found[last + 1..].iter().all(|is_cause| !is_cause));
            }
        }
    }

    #[test]
    fn an_event_that_is_not_there_has_no_causes() {
        assert_eq!(causes(&[], [3]), [] as [bool; 0]);
        assert_eq!(causes(&drawn(1)[..2], [7]), [false, false]);
    }
}
