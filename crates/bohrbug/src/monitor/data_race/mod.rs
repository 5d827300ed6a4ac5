//! Data races: two accesses to one cell, one of them at least a write, that nothing orders.
//!
//! What orders is happens-before, as C11 has it, on every runtime: a relaxed access orders nothing, whatever came of it in
//! this execution. So a missing release or acquire is found under sequentially consistent schedules, too. Only what is
//! reported as an access is looked at: `UnsafeCell` and `Shared` of `bohrbug_sync`, by the rules of
//! [`UnsafeCell`](bohrbug_sync::cell::UnsafeCell); plain memory, a `RefCell` or a `static mut` is not, unless somebody tells
//! every access (`plain`), as `cargo bohrbug test --every-access` does.
//!
//! A pointer of `UnsafeCell::get` may be for a read or for a write. Beside a write it is a race, and beside anything else
//! that nothing orders it is a [`Doubt`]: there may be one.
//!
//! Of each cell the last write is kept, and the reads since then that happen before no later one (FastTrack: Flanagan and
//! Freund, PLDI 2009). So the first race of an execution is found, and the execution ends there. Limits:
//!
//! 1. Nothing is known of an execution that was not run: where relaxed accesses decide what runs, explore on loom, too.
//! 2. What orders tasks without an event is not seen, and that makes false alarms: the counter of an `Arc`, when the last
//!    owner's destructor accesses a cell by anything but `get_mut`; a lock that is not of `bohrbug_sync`; a cell in memory
//!    that was given back without a drop of the cell and that is used again.
//! 3. The accesses of a task that unwinds are not looked at: it cannot wait for a lock, so it would race where no real
//!    thread does.
//! 4. An atomic in memory that was another atomic's passes for that one, whose writes then seem to order something.
//!
//! [`HappensBefore`](crate::happens_before) lists what orders.

mod doubts;
mod explain;
mod plain;

use bohrbug_sync::control::{Event, RawAccess, View};
use bohrbug_trace::{FailureKind, ObjectId, Operation, Outcome, StepIdx};

use self::doubts::Doubts;
use self::plain::Plain;
use super::Monitor;
use crate::basis::Doubt;
use crate::failure::Failure;
use crate::happens_before::HappensBefore;

/// Finds data races.
#[derive(Clone, Debug, Default)]
pub struct DataRace {
    order: HappensBefore,
    /// By object; empty for those that are no cells.
    cells: Vec<Cell>,
    doubts: Doubts,
    plain: Plain,
    /// A race on plain memory that was found where none could be told.
    late: Option<Failure>,
}

/// The accesses to a cell that a later one can race with.
#[derive(Clone, Debug, Default)]
struct Cell {
    write: Option<StepIdx>,
    /// One at the most of each task.
    reads: Vec<StepIdx>,
    /// The pointers taken, one at the most of each task.
    gets: Vec<StepIdx>,
}

/// Two accesses that nothing orders, the earlier first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Race {
    pub(crate) first: StepIdx,
    pub(crate) second: StepIdx,
}

impl DataRace {
    /// Takes in what has happened since the last time, up to the first race.
    fn advance(&mut self, view: View<'_>) -> Option<Failure> {
        while let Some(event) = view.events().get(self.order.steps()) {
            let step = StepIdx(self.order.steps() as u32);
            if let Some(failure) = self.next(view, event) {
                return Some(failure);
            }
            if is_access(event)
                && let Some(first) = self.access(view, step, event)
            {
                return Some(explain::failure(self.kind(), view, Race { first, second: step }));
            }
        }
        None
    }

    /// Takes in the next event, and what it is beside accesses to plain memory.
    fn next(&mut self, view: View<'_>, event: &Event) -> Option<Failure> {
        if !self.plain.awaits() {
            self.order.step(view, event);
            return None;
        }
        let before = self.order.moment(event.task);
        self.order.step(view, event);
        self.plain.happened(view, &self.order, event, before)
    }

    /// An access; the earlier one that it races with, if there is one.
    fn access(&mut self, view: View<'_>, step: StepIdx, event: &Event) -> Option<StepIdx> {
        let known = self.order.clock(event.task);
        let event_of = |step: StepIdx| view.events()[step.0 as usize];
        let is_before = |earlier: &StepIdx| known.get(event_of(*earlier).task.index()).has(*earlier);
        let beside = |steps: &[StepIdx]| steps.iter().find(|earlier| !is_before(earlier)).copied();
        let cell = cell_at(&mut self.cells, event.object);
        if let Some(write) = cell.write.filter(|write| !is_before(write)) {
            return Some(write);
        }
        let (read, get) = (beside(&cell.reads), beside(&cell.gets));
        let list = match event.operation {
            Operation::CellWrite => {
                if let Some(earlier) = read.or(get) {
                    return Some(earlier);
                }
                cell.reads.clear();
                cell.gets.clear();
                cell.write = Some(step);
                return None;
            }
            Operation::CellGet => {
                self.doubts.pair(view, read.or(get), step);
                &mut cell.gets
            }
            _ => {
                self.doubts.pair(view, get, step);
                &mut cell.reads
            }
        };
        list.retain(|earlier| !is_before(earlier));
        list.push(step);
        None
    }
}

fn cell_at(cells: &mut Vec<Cell>, object: ObjectId) -> &mut Cell {
    if cells.len() <= object.index() {
        cells.resize_with(object.index() + 1, Cell::default);
    }
    &mut cells[object.index()]
}

fn is_access(event: &Event) -> bool {
    event.operation.is_of_cell() && event.outcome != Outcome::Unwinding
}

impl Monitor for DataRace {
    fn kind(&self) -> FailureKind {
        FailureKind::DataRace
    }

    fn begin(&mut self) {
        self.order.clear();
        self.plain.begin();
        self.late = None;
        for cell in &mut self.cells {
            cell.write = None;
            cell.reads.clear();
            cell.gets.clear();
        }
    }

    fn watches_cells(&self) -> bool {
        true
    }

    fn dropped(&mut self, view: View<'_>, object: ObjectId) {
        if let Some(failure) = self.advance(view) {
            self.late.get_or_insert(failure);
        }
        let known = self.order.clock(view.current());
        let cell = cell_at(&mut self.cells, object);
        let uses = cell.write.iter().chain(&cell.reads).chain(&cell.gets);
        let beside = uses.copied().find(|step| !known.get(view.events()[step.0 as usize].task.index()).has(*step));
        self.doubts.drop_beside(view, object, beside);
    }

    fn accessed(&mut self, view: View<'_>, access: &RawAccess) -> Option<Failure> {
        // Those since the last time are no accesses to a cell. Of later ones the access may be told, too.
        while self.order.steps() < access.at.steps.0 as usize {
            let event = &view.events()[self.order.steps()];
            if let Some(failure) = self.next(view, event) {
                return Some(failure);
            }
        }
        let found = self.plain.accessed(view, &mut self.order, access);
        let next = view.events().get(self.order.steps()).filter(|event| self.plain.is_access(view, event));
        found.or_else(|| next.and_then(|event| self.next(view, event)))
    }

    fn reported(&mut self, view: View<'_>, _: &Event) -> Option<Failure> {
        self.late.take().or_else(|| self.advance(view))
    }

    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        self.late.take().or_else(|| if self.plain.awaits() { self.advance(view) } else { None })
    }

    fn doubts(&mut self, raised: &mut Vec<Doubt>) {
        raised.append(&mut self.doubts.take());
    }
}
