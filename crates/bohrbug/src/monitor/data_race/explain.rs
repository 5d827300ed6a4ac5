//! A race in words: both accesses, and how far each task had come after the other.

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{FailureKind, ObjectKind, Operation, StepIdx};

use super::Race;
use crate::failure::Failure;
use crate::happens_before::HappensBefore;
use crate::names::{Names, site};

/// The failure that a race is.
pub(super) fn failure(kind: FailureKind, view: View<'_>, race: Race) -> Failure {
    let names = Names::of(view);
    let [first, second] = [race.first, race.second].map(|step| event_at(view, step));
    let message = format!(
        "{} {} {} ({}), and nothing orders that after {}'s {} it ({}); {}; {}",
        names.task(second.task),
        verb(second.operation),
        label(view, &names, second),
        site(second.site),
        names.task(first.task),
        noun(first.operation),
        site(first.site),
        last_order(view, &names, race.second, first),
        last_order(view, &names, race.first, second),
    );
    let involved = [first, second]
        .map(|event| (event.operation, format!("{} {}", names.task(event.task), names.object(event.object))));
    Failure::new(kind, message)
        .in_task(names.task(second.task).to_owned())
        .at(Some(second.site.to_string()))
        .of(involved.into())
}

const fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::CellWrite => "writes",
        Operation::CellGet => "takes a pointer to",
        _ => "reads",
    }
}

const fn noun(operation: Operation) -> &'static str {
    match operation {
        Operation::CellWrite => "write of",
        Operation::CellGet => "pointer to",
        _ => "read of",
    }
}

/// How the task of `step` last came after something of the task of `other`, before that step.
fn last_order(view: View<'_>, names: &Names, step: StepIdx, other: &Event) -> String {
    let (me, they) = (event_at(view, step).task, other.task);
    let mut order = HappensBefore::default();
    let mut last = None;
    let mut found = None;
    for (at, event) in view.events()[..step.0 as usize].iter().enumerate() {
        order.step(view, event);
        if event.task == me && order.clock(me).get(they.index()).step() != last {
            last = order.clock(me).get(they.index()).step();
            found = last.map(|released| (released, at));
        }
    }
    let (me, they) = (names.task(me), names.task(they));
    match found {
        None => format!("before that nothing had ordered {me} after anything of {they}"),
        Some((released, acquired)) => format!(
            "what ordered {me} last was its {}, after {they}'s {}",
            operation(names, &view.events()[acquired]),
            operation(names, event_at(view, released)),
        ),
    }
}

fn operation(names: &Names, event: &Event) -> String {
    let object = if event.object.is_some() { format!(" {}", names.object(event.object)) } else { String::new() };
    format!("{}{object} ({})", event.operation, site(event.site))
}

/// A cell's name says what it is only if the code has given it none.
fn label(view: View<'_>, names: &Names, event: &Event) -> String {
    let label = names.object(event.object);
    match view.origin(event.object).name {
        Some(_) => format!("{} {label}", ObjectKind::Cell),
        None => label.to_owned(),
    }
}

fn event_at(view: View<'_>, step: StepIdx) -> &Event {
    &view.events()[step.0 as usize]
}
