//! Data races on plain memory, and uses of what was freed, where somebody tells every access.
//!
//! Clocks are those of the events, and what orders beside them are the atomics that are told without being events. Accesses of a
//! task that unwinds are not looked at, nor those before its first event, which are the runtime's own; what it frees is forgotten. Two
//! atomic accesses never race.

mod shadow;

use bohrbug_sync::control::{RawAccess, RawOperation, View};
use bohrbug_trace::{FailureKind, Operation, TaskId};

use self::shadow::{Act, Past, Shadow};
use crate::failure::Failure;
use crate::happens_before::{HappensBefore, Unreported};
use crate::names::Names;

/// The memory of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Plain(Shadow);

impl Plain {
    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.0.clear();
    }

    /// Takes in an access; `order` has all events before it.
    pub(super) fn accessed(
        &mut self,
        view: View<'_>,
        order: &mut HappensBefore,
        access: &RawAccess,
    ) -> Option<Failure> {
        let task = access.at.task;
        let memory = access.address..access.address.saturating_add(access.size);
        let (act, is_atomic) = match access.operation {
            RawOperation::Read => (Act::Read, false),
            RawOperation::Write => (Act::Write, false),
            RawOperation::Atomic { writes, .. } => (if writes { Act::Write } else { Act::Read }, true),
            RawOperation::Free => (Act::Free, false),
            RawOperation::Fence(fence) => {
                order.unreported_fence(task, fence);
                return None;
            }
            RawOperation::Allocate | RawOperation::Forget => {
                self.0.forget(memory.clone());
                order.forget(memory);
                return None;
            }
        };
        let found = self.check(order, task, access, act, is_atomic);
        match access.operation {
            RawOperation::Atomic { reads, writes, order: strength } => {
                order.unreported(task, Unreported { address: access.address, reads, writes, order: strength });
            }
            RawOperation::Free => order.forget(memory),
            _ => {}
        }
        found.map(|wrong| failure(view, &wrong, access.size))
    }

    /// The earlier access that this one is wrong beside, if there is one.
    fn check(
        &mut self,
        order: &HappensBefore,
        task: TaskId,
        access: &RawAccess,
        act: Act,
        is_atomic: bool,
    ) -> Option<Wrong> {
        let memory = access.address..access.address.saturating_add(access.size);
        if std::thread::panicking() {
            if act == Act::Free {
                self.0.forget(memory);
            }
            return None;
        }
        let now = Past { task, moment: order.moment(task)?, act, is_atomic, place: access.place };
        let is_before = |past: &Past| order.is_after(task, past.task, past.moment);
        let wrong = |past: &Past| {
            let conflict = past.act != Act::Read || act != Act::Read;
            past.act == Act::Free || conflict && !(past.is_atomic && is_atomic) && !is_before(past)
        };
        let past = self.0.access(memory, now, wrong, is_before)?;
        Some(Wrong { past, now, is_ordered: is_before(&past) })
    }
}

/// Two accesses that must not be: nothing orders them, or the first has freed the memory.
struct Wrong {
    past: Past,
    now: Past,
    is_ordered: bool,
}

fn failure(view: View<'_>, wrong: &Wrong, size: usize) -> Failure {
    let &Wrong { past, now, is_ordered } = wrong;
    let names = Names::of(view);
    let bytes = if size == 1 { "1 byte".to_owned() } else { format!("{size} bytes") };
    let kind = if is_ordered { FailureKind::MemoryMisuse } else { FailureKind::DataRace };
    let (me, they) = (names.task(now.task), names.task(past.task));
    let message = if is_ordered {
        format!("{me} {} ({}) that {they} had freed before ({})", verb(now, &bytes), now.place, past.place)
    } else {
        format!(
            "{me} {} ({}), and nothing orders that after {they}'s {} ({})",
            verb(now, &bytes),
            now.place,
            noun(past),
            past.place
        )
    };
    let involved = [past, now].map(|past| {
        let operation = if past.act == Act::Read { Operation::CellRead } else { Operation::CellWrite };
        (operation, format!("{} memory at {}", names.task(past.task), past.place))
    });
    Failure::new(kind, message).in_task(me.to_owned()).at(Some(now.place.to_owned())).of(involved.into())
}

fn verb(now: Past, bytes: &str) -> String {
    match (now.act, now.is_atomic) {
        (Act::Free, _) => "frees a block".to_owned(),
        (Act::Read, false) => format!("reads {bytes}"),
        (Act::Write, false) => format!("writes {bytes}"),
        (Act::Read, true) => format!("atomically reads {bytes}"),
        (Act::Write, true) => format!("atomically writes {bytes}"),
    }
}

const fn noun(past: Past) -> &'static str {
    match (past.act, past.is_atomic) {
        (Act::Free, _) => "free of them",
        (Act::Read, false) => "read of some of them",
        (Act::Write, false) => "write to some of them",
        (Act::Read, true) => "atomic read of some of them",
        (Act::Write, true) => "atomic write to some of them",
    }
}
