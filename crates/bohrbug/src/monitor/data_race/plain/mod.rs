//! Data races on plain memory, and uses of what was freed, where somebody tells every access.
//!
//! Clocks are those of the events, and what orders beside them are the atomics that are told without being events. Those that
//! are events are accesses to memory, too: what they do says the event, and where they do it is told (`own`). Two atomic accesses
//! race only if they are of different sizes. Accesses of a task that unwinds are not looked at, nor those before its first event,
//! which are the runtime's own; what it frees is forgotten.

mod report;
mod shadow;

use std::ops::Range;
use std::panic::Location;

use bohrbug_sync::control::{Event, Position, RawAccess, RawOperation, View};
use bohrbug_trace::{Operation, Outcome, StepIdx, TaskId};

use self::report::{Wrong, failure};
use self::shadow::Shadow;
use crate::failure::Failure;
use crate::happens_before::{HappensBefore, Moment, Unreported};

/// The memory of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Plain {
    shadow: Shadow,
    /// Where the next event may be an access: by whom, if it is one.
    own: Vec<(TaskId, Range<usize>)>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Read,
    Write,
    Allocate,
    Leave,
    Free,
}

/// An access.
#[derive(Clone, Copy, Debug)]
struct Past {
    task: TaskId,
    moment: Moment,
    act: Act,
    /// Of an atomic one, how many bytes it has.
    atomic: Option<u8>,
    place: Place,
}

/// Where in the code.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// As it is told.
    Told(&'static str),
    /// An event's.
    Site(&'static Location<'static>),
}

impl Past {
    /// Whether one of the two changes what the other is about. Atomic accesses may meet, unless they are of different sizes.
    fn conflicts(&self, other: &Self) -> bool {
        let changes = self.act != Act::Read || other.act != Act::Read;
        let is_atomic = self.atomic.is_some() && self.atomic == other.atomic;
        changes && !is_atomic
    }
}

impl Plain {
    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.shadow.clear();
        self.own.clear();
    }

    /// Whether the next event may be an access.
    pub(super) const fn awaits(&self) -> bool {
        !self.own.is_empty()
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
        let (act, atomic) = match access.operation {
            RawOperation::Read => (Act::Read, None),
            RawOperation::Write => (Act::Write, None),
            RawOperation::Atomic { writes, .. } => {
                (if writes { Act::Write } else { Act::Read }, Some(access.size as u8))
            }
            RawOperation::Leave => (Act::Leave, None),
            RawOperation::Free => (Act::Free, None),
            RawOperation::Earlier { writes } => {
                let act = if writes { Act::Write } else { Act::Read };
                if let Some(moment) = moment_at(view, access.at) {
                    let place = Place::Told(access.place);
                    self.shadow.recall(memory, Past { task, moment, act, atomic: None, place });
                }
                return None;
            }
            RawOperation::Own => {
                if order.steps() == access.at.steps.0 as usize {
                    self.own.push((task, memory));
                }
                return None;
            }
            RawOperation::Fence(fence) => {
                order.unreported_fence(task, fence);
                return None;
            }
            RawOperation::Allocate => (Act::Allocate, None),
            RawOperation::Forget => {
                self.shadow.forget(memory.clone());
                order.forget(memory);
                return None;
            }
        };
        let now = order.moment(task).map(|moment| Past { task, moment, act, atomic, place: Place::Told(access.place) });
        let found = now.and_then(|now| self.check(order, memory.clone(), now));
        match access.operation {
            RawOperation::Atomic { reads, writes, order: strength } => {
                order.unreported(task, Unreported { address: access.address, reads, writes, order: strength });
            }
            RawOperation::Free | RawOperation::Allocate => order.forget(memory),
            _ => {}
        }
        found.map(|wrong| failure(view, &wrong, access.size))
    }

    /// Takes in an event, which `order` has, and before which its task was at that moment.
    pub(super) fn happened(
        &mut self,
        view: View<'_>,
        order: &HappensBefore,
        event: &Event,
        before: Option<Moment>,
    ) -> Option<Failure> {
        let access = self.access_of(view, event);
        self.own.clear();
        let (memory, act) = access?;
        let size = memory.len();
        let (atomic, place) = (Some(size as u8), Place::Site(event.site));
        let wrong = self.check(order, memory, Past { task: event.task, moment: before?, act, atomic, place })?;
        Some(failure(view, &wrong, size))
    }

    /// Whether the event is the one that is awaited, and an access.
    pub(super) fn is_access(&self, view: View<'_>, event: &Event) -> bool {
        self.awaits() && self.access_of(view, event).is_some()
    }

    fn access_of(&self, view: View<'_>, event: &Event) -> Option<(Range<usize>, Act)> {
        let act = act_of(event).filter(|_| event.outcome != Outcome::Unwinding)?;
        let address = view.address(event.object)?;
        let (_, memory) = self.own.iter().find(|(task, memory)| *task == event.task && memory.start == address)?;
        Some((memory.clone(), act))
    }

    /// The earlier access that this one is wrong beside, if there is one.
    fn check(&mut self, order: &HappensBefore, memory: Range<usize>, now: Past) -> Option<Wrong> {
        if now.act == Act::Allocate {
            self.shadow.allocate(memory, now);
            return None;
        }
        if std::thread::panicking() {
            if now.act == Act::Free {
                self.shadow.forget(memory);
            }
            return None;
        }
        let is_before = |past: &Past| order.is_after(now.task, past.task, past.moment);
        let wrong = |past: &Past| past.act == Act::Free || past.conflicts(&now) && !is_before(past);
        let past = match now.act {
            Act::Free => self.shadow.free(memory, now, wrong, is_before),
            _ => self.shadow.access(memory, now, wrong, is_before),
        }?;
        Some(Wrong { past, now, is_ordered: is_before(&past) })
    }
}

/// At which moment a task was, when that many events had happened; what it has released since its last one without an event counts
/// as not released yet. None before its first event, but for main.
fn moment_at(view: View<'_>, at: Position) -> Option<Moment> {
    let before = &view.events()[..at.steps.0 as usize];
    match before.iter().rposition(|event| event.task == at.task) {
        Some(step) => Some(Moment::after(StepIdx(step as u32))),
        None => (at.task == TaskId::MAIN).then(Moment::default),
    }
}

/// What an event does with an atomic.
fn act_of(event: &Event) -> Option<Act> {
    let failed = matches!(event.outcome, Outcome::Mismatch | Outcome::WeakFailure);
    match event.operation {
        Operation::Load => Some(Act::Read),
        Operation::CompareExchange if failed => Some(Act::Read),
        Operation::Store | Operation::Rmw | Operation::CompareExchange => Some(Act::Write),
        _ => None,
    }
}
