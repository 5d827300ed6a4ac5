//! Which steps are drawn, and which are folded into one row because nobody else could notice them.

use bohrbug_sorted::{SortedMap, SortedSet};

use crate::{Operation, Outcome, Trace, TraceEvent};

/// One row of a timeline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// One step.
    Step(usize),
    /// The steps from the first to the last, which are drawn as one row.
    Quiet(usize, usize),
}

impl Row {
    /// The first and the last step of the row.
    pub(super) const fn steps(&self) -> (usize, usize) {
        match *self {
            Self::Step(step) => (step, step),
            Self::Quiet(first, last) => (first, last),
        }
    }
}

/// The rows of a trace, quiet stretches of at least `fold` steps folded.
pub(super) fn rows(trace: &Trace, fold: Option<usize>) -> Vec<Row> {
    let Some(fold) = fold else { return (0..trace.events.len()).map(Row::Step).collect() };
    let quiet = Quiet::of(trace);
    folded(trace.events.len(), fold, |step| quiet.stretch(&trace.events, step))
}

/// The rows of a trace around the steps that matter: of what one task does in one go its first and last steps stay, what
/// tells of threads and choices, and what is `kept`; stretches of at least `fold` other steps are one row.
pub(super) fn rows_around(trace: &Trace, kept: impl Fn(usize) -> bool, fold: usize) -> Vec<Row> {
    let events = &trace.events;
    let same = |a: usize, b: usize| events.get(a).is_some_and(|a| events.get(b).is_some_and(|b| a.task == b.task));
    let ends = |step: usize| step == 0 || !same(step - 1, step) || !same(step, step + 1);
    let last_steps = Quiet::of(trace).last_steps;
    let stays = |step: usize| ends(step) || kept(step) || tells(&events[step]) || last_steps.contains(&step);
    folded(events.len(), fold, |step| (step..events.len()).take_while(|&step| !stays(step)).count())
}

/// So many steps as rows, of which a stretch is one if it is of at least `fold` steps; `stretch` tells how long the one is
/// that begins with a step.
fn folded(steps: usize, fold: usize, stretch: impl Fn(usize) -> usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut step = 0;
    while step < steps {
        let length = stretch(step);
        // A fold of one step would say less than the step and take the same room.
        if length >= fold.max(2) {
            rows.push(Row::Quiet(step, step + length - 1));
        } else {
            rows.extend((step..step + length.max(1)).map(Row::Step));
        }
        step += length.max(1);
    }
    rows
}

/// Whether a reader wants to see the step whoever else could notice it.
fn tells(event: &TraceEvent) -> bool {
    always_tells(event) || is_chosen(event) && event.value != Some(0)
}

/// Whether the step tells something whatever its value: of a thread's life, a note, an outcome that is not the usual one.
fn always_tells(event: &TraceEvent) -> bool {
    use Operation::{Begin, End, Join, Note, Spawn, Unpark};
    event.outcome != Outcome::Done || matches!(event.operation, Begin | End | Join | Note | Spawn | Unpark)
}

/// Whether the step is one that the scheduler drew.
fn is_chosen(event: &TraceEvent) -> bool {
    event.operation.is_chosen()
}

/// What makes a step quiet.
struct Quiet<'a> {
    shared: SortedSet<&'a str>,
    last_steps: SortedSet<usize>,
}

impl<'a> Quiet<'a> {
    fn of(trace: &'a Trace) -> Self {
        let mut owner = SortedMap::new();
        let mut shared = SortedSet::new();
        let mut last = SortedMap::new();
        for (step, event) in trace.events.iter().enumerate() {
            last.insert(&event.task, step);
            for label in objects(event) {
                if *owner.entry(label).or_insert(&event.task) != &event.task {
                    shared.insert(label);
                }
            }
        }
        // What a task did last is what a reader looks for, whatever it was.
        Self { shared, last_steps: last.into_values().collect() }
    }

    /// How many steps from `first` on are quiet and of one task.
    fn stretch(&self, events: &[TraceEvent], first: usize) -> usize {
        let task = &events[first].task;
        let quiet = |step: &usize| events[*step].task == *task && self.is_quiet(*step, &events[*step]);
        (first..events.len()).take_while(quiet).count()
    }

    fn is_quiet(&self, step: usize, event: &TraceEvent) -> bool {
        !always_tells(event)
            && !is_chosen(event)
            && !self.last_steps.contains(&step)
            && objects(event).all(|label| !self.shared.contains(label))
    }
}

fn objects(event: &TraceEvent) -> impl Iterator<Item = &str> {
    event.object.as_deref().into_iter().chain(event.other.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Runtime};

    /// Each step as `task object`, an object `-` for none.
    fn check(fold: usize, steps: &str, expected: &[Row]) {
        let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
        for step in steps.split(", ") {
            let (task, object) = step.split_once(' ').unwrap();
            let event = TraceEvent::new(task, Operation::Lock, "a.rs:1:1");
            trace.events.push(if object == "-" { event } else { event.on(object) });
        }
        assert_eq!(rows(&trace, Some(fold)), expected, "{steps}");
    }

    #[test]
    fn steps_on_objects_of_one_task_are_folded_and_others_are_not() {
        use Row::{Quiet, Step};
        check(2, "a own, a own, a own", &[Quiet(0, 1), Step(2)]);
        check(3, "a own, a own, a own", &[Step(0), Step(1), Step(2)]);
        check(2, "a own, a -, a both, a own, b both, b -", &[Quiet(0, 1), Step(2), Step(3), Step(4), Step(5)]);
        check(2, "a own, b own2, a own, b own2, a -", &[Step(0), Step(1), Step(2), Step(3), Step(4)]);
        check(0, "a own, a both, b both", &[Step(0), Step(1), Step(2)]);
    }
}
