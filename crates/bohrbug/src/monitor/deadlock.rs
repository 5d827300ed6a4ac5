//! Tasks that wait for each other in a cycle, found when it closes, and tasks that wait for what nobody will do.

use std::fmt::Write;

use bohrbug_sync::control::{Blocked, Incident, View};
use bohrbug_trace::{FailureKind, Operation, TraceEvent, Waiting};

use super::Monitor;
use crate::failure::Failure;
use crate::names::Names;
use crate::record;

/// Finds deadlocks.
#[derive(Clone, Copy, Debug)]
pub struct Deadlock;

impl Monitor for Deadlock {
    fn kind(&self) -> FailureKind {
        FailureKind::Deadlock
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::Deadlock { blocked, cycle } = incident else {
            return None;
        };
        let names = Names::of(view);
        let message = if *cycle > 0 { in_a_cycle(view, &names, blocked) } else { for_nobody(view, &names, blocked) };
        let first = blocked.first()?;
        let site = view.pending(first.task).site.to_string();
        Some(
            Failure::new(self.kind(), message)
                .in_task(names.task(first.task).to_owned())
                .at(Some(site))
                .while_waiting(waiting(view, blocked)),
        )
    }
}

/// What the tasks wait for, with its places.
pub(super) fn waiting(view: View<'_>, blocked: &[Blocked]) -> Vec<Waiting> {
    let names = Names::of(view);
    let one = |blocked: &Blocked| {
        let announced = record::announced(&names, view, blocked.task);
        let TraceEvent { task, operation, object, site, .. } = announced;
        Waiting { task, operation, object, site }
    };
    blocked.iter().map(one).collect()
}

fn in_a_cycle(view: View<'_>, names: &Names, cycle: &[Blocked]) -> String {
    if let [alone] = cycle {
        return format!("a task waits for itself: {}, which it has", waits(view, names, alone));
    }
    // The cycle is told from its oldest task, so that it reads the same whoever closed it.
    let oldest = (0..cycle.len()).min_by_key(|&place| cycle[place].task).unwrap_or(0);
    let mut message = String::from("tasks wait for each other: ");
    for place in 0..cycle.len() {
        let blocked = &cycle[(oldest + place) % cycle.len()];
        let next = &cycle[(oldest + place + 1) % cycle.len()];
        let separator = if place == 0 { "" } else { "; " };
        let (waits, next_task) = (waits(view, names, blocked), names.task(next.task));
        let _ = match is_behind(view, blocked, next) {
            true => {
                write!(message, "{separator}{waits}, where {next_task} waits to write, and a reader may have to wait")
            }
            false => write!(message, "{separator}{waits}, which {next_task} has"),
        };
    }
    message
}

/// Whether a reader waits for a writer that waits itself.
fn is_behind(view: View<'_>, reader: &Blocked, writer: &Blocked) -> bool {
    let [reader, writer] = [reader, writer].map(|blocked| view.pending(blocked.task));
    reader.operation == Operation::ReadLock
        && writer.operation == Operation::WriteLock
        && reader.object == writer.object
}

fn for_nobody(view: View<'_>, names: &Names, blocked: &[Blocked]) -> String {
    let waiting: Vec<String> = blocked.iter().map(|blocked| waits(view, names, blocked)).collect();
    format!("nothing can go on: {}", waiting.join("; "))
}

pub(crate) fn waits(view: View<'_>, names: &Names, blocked: &Blocked) -> String {
    let operation = view.pending(blocked.task).operation;
    let what = match operation {
        Operation::Wake => "waits to be notified by".to_owned(),
        // The object is the task itself.
        Operation::Park => return format!("{} is parked", names.task(blocked.task)),
        Operation::FutexReturn => "waits to be woken at".to_owned(),
        Operation::TakePermits => "waits for permits of".to_owned(),
        Operation::Join => "waits for the end of".to_owned(),
        Operation::Recv => "waits for a message from".to_owned(),
        Operation::Send => "waits for room in".to_owned(),
        Operation::Handover => "waits for its message to be taken from".to_owned(),
        Operation::Leave => "waits for the others at".to_owned(),
        Operation::OnceBegin => "waits for the initialisation of".to_owned(),
        _ => format!("waits to {operation}"),
    };
    format!("{} {what} {}", names.task(blocked.task), names.object(blocked.object))
}
