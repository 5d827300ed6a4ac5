//! Edits that add operations to tasks, or take some away.

use std::collections::BTreeMap;

use bohrbug::trace::{MemoryOrder, Operation, Trace, TraceEvent};

use super::names::is_acquisition;

/// The section in the middle of the busiest task was not there.
pub(crate) fn remove_a_section(trace: &Trace) -> Option<Trace> {
    let (_, sections) = sections(trace).into_iter().max_by_key(|(_, sections)| sections.len())?;
    Some(removed(trace, &[sections[sections.len() / 2]]))
}

/// The first section of each task but main was not there.
pub(crate) fn remove_a_section_of_each(trace: &Trace) -> Option<Trace> {
    let firsts: Vec<_> = sections(trace).into_values().map(|sections| sections[0]).collect();
    (!firsts.is_empty()).then(|| removed(trace, &firsts))
}

/// The busiest task had one more section in its middle.
pub(crate) fn add_a_section(trace: &Trace) -> Option<Trace> {
    let (task, steps) = by_task(trace).into_iter().filter(|(task, _)| *task != "main").max_by_key(|(_, s)| s.len())?;
    let place = steps[steps.len() / 2];
    Some(inserted(trace, audit(task).map(|event| (place, event)).into()))
}

/// Every task had one more section at its beginning, on one lock.
pub(crate) fn add_a_section_to_each(trace: &Trace) -> Option<Trace> {
    let first = by_task(trace).into_iter().flat_map(|(task, steps)| audit(task).map(|event| (steps[0] + 1, event)));
    Some(inserted(trace, first.collect()))
}

fn audit(task: &str) -> [TraceEvent; 2] {
    [Operation::Lock, Operation::Unlock]
        .map(|operation| TraceEvent::new(task, operation, "src/audit.rs:8:9").on("audit"))
}

/// Every task counted itself at its beginning and before its last operation.
pub(crate) fn add_an_atomic(trace: &Trace) -> Option<Trace> {
    let count = |task: &str| {
        let event = TraceEvent::new(task, Operation::Rmw, "src/calls.rs:8:9").on("calls");
        TraceEvent { order: MemoryOrder::Relaxed, ..event }
    };
    let places = by_task(trace).into_iter().flat_map(|(task, steps)| {
        let places = [steps[0] + 1, steps[steps.len() - 1]];
        let busy = steps.len() > 1;
        places.into_iter().filter(move |_| busy).map(move |place| (place, count(task)))
    });
    Some(inserted(trace, places.collect()))
}

/// Every task yielded after each of its operations.
pub(crate) fn add_yields(trace: &Trace) -> Option<Trace> {
    let yields = |event: &TraceEvent| TraceEvent::new(&event.task, Operation::Yield, "src/system.rs:8:9");
    let ends = |event: &TraceEvent| event.operation == Operation::End;
    let places = trace.events.iter().enumerate().filter(|(_, event)| !ends(event));
    Some(inserted(trace, places.map(|(step, event)| (step + 1, yields(event))).collect()))
}

/// The trace with those events, each before the event that was at its place.
pub(crate) fn inserted(trace: &Trace, mut more: Vec<(usize, TraceEvent)>) -> Trace {
    more.sort_by_key(|(place, _)| *place);
    let mut edited = trace.clone();
    for (place, event) in more.into_iter().rev() {
        edited.events.insert(place, event);
    }
    edited
}

fn removed(trace: &Trace, sections: &[(usize, usize)]) -> Trace {
    let mut edited = trace.clone();
    let mut steps: Vec<usize> = sections.iter().flat_map(|&(first, last)| [first, last]).collect();
    steps.sort_unstable();
    for step in steps.into_iter().rev() {
        edited.events.remove(step);
    }
    edited
}

/// The sections of each task but main in which it does nothing else.
fn sections(trace: &Trace) -> BTreeMap<&str, Vec<(usize, usize)>> {
    let mut sections: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (task, steps) in by_task(trace).into_iter().filter(|(task, _)| *task != "main") {
        for pair in steps.windows(2) {
            let (first, last) = (&trace.events[pair[0]], &trace.events[pair[1]]);
            if is_acquisition(first.operation) && first.object == last.object && is_release(last.operation) {
                sections.entry(task).or_default().push((pair[0], pair[1]));
            }
        }
    }
    sections
}

const fn is_release(operation: Operation) -> bool {
    matches!(operation, Operation::Unlock | Operation::ReadUnlock | Operation::WriteUnlock)
}

fn by_task(trace: &Trace) -> BTreeMap<&str, Vec<usize>> {
    let mut steps: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (step, event) in trace.events.iter().enumerate() {
        steps.entry(&event.task).or_default().push(step);
    }
    steps
}
