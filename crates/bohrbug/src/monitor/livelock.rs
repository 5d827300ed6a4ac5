//! Livelocks: tasks that run for ever and come no further.
//!
//! Looked for when an execution has reached twice its step bound, the second half of it scheduled fairly: everybody has
//! had turns over and over, so starvation is no excuse. It is a livelock if the end of that half is a few events that come
//! again and again, the same down to their values, and every task in them only tries, looks or gives way: nothing that they
//! do is done. Anything else is an execution that does not end, for which the step bound is the whole diagnosis. A long loop that
//! looks at one value again and again, and would end, is taken for a livelock, too; raise the step bound.

use bohrbug_sorted::SortedSet;
use bohrbug_sync::control::{Event, Incident, View};
use bohrbug_trace::{FailureKind, Operation, Outcome, TaskId};

use super::Monitor;
use crate::failure::Failure;
use crate::names::{Names, site};

/// How often the same events must have come at the end.
const TIMES: usize = 3;

/// How many events at the end are looked at, at the most.
const TAIL: usize = 20_000;

/// Finds livelocks.
#[derive(Clone, Copy, Debug)]
pub struct Livelock;

impl Monitor for Livelock {
    fn kind(&self) -> FailureKind {
        FailureKind::Livelock
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::StepBound { fair: true, .. } = incident else {
            return None;
        };
        let events = view.events();
        let cycle = cycle(&events[events.len() - (events.len() / 4).min(TAIL)..])?;
        let tasks: SortedSet<TaskId> = cycle.iter().map(|event| event.task).collect();
        let spins: Vec<&Event> = tasks.iter().map(|task| spin_of(cycle, *task)).collect::<Option<_>>()?;
        Some(self.failure(view, cycle.len(), &spins))
    }
}

impl Livelock {
    fn failure(&self, view: View<'_>, length: usize, spins: &[&Event]) -> Failure {
        let names = Names::of(view);
        let what = |event: &Event| match event.object.is_some() {
            true => format!("{} {}", event.operation, names.object(event.object)),
            false => event.operation.to_string(),
        };
        let spin = |event: &&Event| format!("{} at its {} ({})", names.task(event.task), what(event), site(event.site));
        let spinning: Vec<String> = spins.iter().map(spin).collect();
        let message = format!("the same {length} events repeat for ever: {}", spinning.join(", "));
        let involved =
            spins.iter().map(|event| (event.operation, format!("{} {}", names.task(event.task), what(event))));
        Failure::new(self.kind(), message)
            .in_task(names.task(spins[0].task).to_owned())
            .at(Some(spins[0].site.to_string()))
            .of(involved.collect())
    }
}

/// The shortest list of events of which the end of `events` is made.
fn cycle(events: &[Event]) -> Option<&[Event]> {
    // For each length, how much of the beginning of the reversed list is also its end (Knuth, Morris, Pratt 1977).
    let at = |place: usize| events[events.len() - 1 - place];
    let mut border = vec![0_usize; events.len()];
    for place in 1..events.len() {
        let mut length = border[place - 1];
        while length > 0 && at(place) != at(length) {
            length = border[length - 1];
        }
        border[place] = length + usize::from(at(place) == at(length));
    }
    let period = events.len() - border.last()?;
    (period * TIMES <= events.len()).then(|| &events[events.len() - period..])
}

/// What the task tries in vain, if it does.
fn spin_of(cycle: &[Event], task: TaskId) -> Option<&Event> {
    let own = || cycle.iter().filter(|event| event.task == task);
    // One that also stores something may have come further by that, in what only it knows: once round in a ring of places, say.
    let looks = || own().all(only_looks).then(|| own().next()).flatten();
    own().find(|event| is_in_vain(event)).or_else(looks)
}

const fn is_in_vain(event: &Event) -> bool {
    use Outcome::*;
    matches!(event.outcome, WouldBlock | Mismatch | WeakFailure | TimedOut | Spurious)
}

const fn only_looks(event: &Event) -> bool {
    use Operation::*;
    matches!(event.operation, Load | OnceCheck | IsFinished | Yield | Sleep | Now | Fence | CellRead)
}
