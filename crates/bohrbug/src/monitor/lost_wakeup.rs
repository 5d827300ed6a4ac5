//! Lost wake-ups: a task waits for ever for a notification that came before its wait and woke nobody.
//!
//! It is a deadlock whose reason is known: a condition was looked at, or changed, without the mutex that its condition
//! variable goes with, or two tokens were given to a thread that takes one at a time, or a wait that parks took the token before
//! the `park` that it was meant for. Looked for when nothing can go on.
//! A notification that woke nobody and was not needed, before a wait that hangs for another reason, is taken for the
//! reason, too; either way the execution hangs.

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Blocked, Event, Incident, View};
use bohrbug_trace::{FailureKind, ObjectId, Operation, Outcome, TaskId};

use super::{Monitor, deadlock};
use crate::failure::Failure;
use crate::names::{Names, site};

/// Finds lost wake-ups.
#[derive(Clone, Copy, Debug)]
pub struct LostWakeup;

impl Monitor for LostWakeup {
    fn kind(&self) -> FailureKind {
        FailureKind::LostWakeup
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::Deadlock { blocked, cycle: 0 } = incident else {
            return None;
        };
        let all = deadlock::waiting(view, blocked);
        let (blocked, lost) = blocked.iter().find_map(|blocked| Some((blocked, lost_for(view, blocked)?)))?;
        Some(self.failure(view, blocked, lost).while_waiting(all))
    }
}

impl LostWakeup {
    fn failure(&self, view: View<'_>, blocked: &Blocked, lost: &Event) -> Failure {
        let names = Names::of(view);
        let waiter = view.pending(blocked.task);
        let (task, object) = (names.task(blocked.task), names.object(blocked.object));
        let waits = if waiter.operation == Operation::Park {
            format!("{task} is parked for good")
        } else {
            format!("{task} waits for {object} for good")
        };
        let taken = waiter.operation == Operation::Park && was_taken(view.events(), lost);
        let how = if taken { "a wait that parks took its token" } else { "came before and woke nobody" };
        let message = format!(
            "{waits} ({}): the {} of {} ({}) {how}",
            site(waiter.site),
            lost.operation,
            names.task(lost.task),
            site(lost.site),
        );
        let involved = vec![
            (waiter.operation, format!("{task} {object}")),
            (lost.operation, format!("{} {object}", names.task(lost.task))),
        ];
        Failure::new(self.kind(), message).in_task(task.to_owned()).at(Some(waiter.site.to_string())).of(involved)
    }
}

/// The last notification that the blocked task could have done with, and that had come before.
fn lost_for<'a>(view: View<'a>, blocked: &Blocked) -> Option<&'a Event> {
    let events = view.events();
    let wasted = match view.pending(blocked.task).operation {
        Operation::Wake => wasted_notifications(events, blocked.object),
        Operation::Park => wasted_tokens(events, blocked.object),
        _ => return None,
    };
    let waits = |event: &Event| event.operation == Operation::Wait && event.task == blocked.task;
    // A parked thread's token may have been wasted at any time before.
    let began = events.iter().rposition(waits).filter(|_| view.pending(blocked.task).operation == Operation::Wake);
    let before = began.unwrap_or(events.len());
    wasted.into_iter().rfind(|&place| place < before && events[place].task != blocked.task).map(|place| &events[place])
}

/// Whether the next that happened to the token of the unparked thread is that it was taken.
fn was_taken(events: &[Event], unpark: &Event) -> bool {
    let of_token = |event: &&Event| {
        event.object == unpark.object
            && matches!(event.operation, Operation::Unpark | Operation::Park | Operation::TakeToken)
            && !(event.operation == Operation::TakeToken && event.value() == Some(0))
    };
    let place = events.iter().position(|event| std::ptr::eq(event, unpark)).map_or(events.len(), |place| place + 1);
    events[place..].iter().find(of_token).is_some_and(|event| event.operation == Operation::TakeToken)
}

/// The places of the unparks of a thread that had a token already, and of those whose token another wait took.
fn wasted_tokens(events: &[Event], thread: ObjectId) -> Vec<usize> {
    let mut token = None;
    let mut wasted = Vec::new();
    for (place, event) in events.iter().enumerate().filter(|(_, event)| event.object == thread) {
        match event.operation {
            Operation::Unpark if token.is_some() => wasted.push(place),
            Operation::Unpark => token = Some(place),
            Operation::Park => token = None,
            Operation::TakeToken if event.value() == Some(1) => wasted.extend(token.take()),
            _ => {}
        }
    }
    bohrbug_sorted::sort(&mut wasted);
    wasted
}

/// The places of the notifications of a condition variable that nobody has consumed.
///
/// The rule is that of the condition variable itself: a notification is for those who waited when it came, and the first
/// of them to wake uses it up.
fn wasted_notifications(events: &[Event], condvar: ObjectId) -> Vec<usize> {
    let mut waiters: SortedMap<TaskId, Vec<usize>> = SortedMap::new();
    let mut wasted = SortedSet::new();
    for (place, event) in events.iter().enumerate().filter(|(_, event)| event.object == condvar) {
        match (event.operation, event.outcome) {
            (_, Outcome::Unwinding) => {}
            (Operation::Wait, _) => _ = waiters.insert(event.task, Vec::new()),
            (Operation::NotifyOne | Operation::NotifyAll, _) => {
                wasted.insert(place);
                waiters.values_mut().for_each(|offered| offered.push(place));
            }
            (Operation::Wake, outcome) => {
                let offered = waiters.remove(&event.task).unwrap_or_default();
                let to_all = offered.iter().find(|&&offer| events[offer].operation == Operation::NotifyAll);
                let taken = to_all.or(offered.first()).filter(|_| outcome == Outcome::Done).copied();
                if let Some(taken) = taken {
                    wasted.remove(&taken);
                    if events[taken].operation == Operation::NotifyOne {
                        waiters.values_mut().for_each(|offered| offered.retain(|offer| *offer != taken));
                    }
                }
            }
            _ => {}
        }
    }
    wasted.into_iter().collect()
}
