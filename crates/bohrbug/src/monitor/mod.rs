//! Monitors: what is wrong.
//!
//! One file each behind one trait, and one line in the list below. A monitor sees reported events and incidents, and
//! calls some of them failures.

mod data_race;
pub(crate) mod deadlock;
mod leaked_threads;
mod livelock;
mod lock_order;
mod lost_wakeup;
mod memory_misuse;
mod panic;
mod runtime;
mod step_bound;

pub use data_race::DataRace;
pub use deadlock::Deadlock;
pub use leaked_threads::LeakedThreads;
pub use livelock::Livelock;
pub use lock_order::LockOrder;
pub use lost_wakeup::LostWakeup;
pub use memory_misuse::MemoryMisuse;
pub use panic::Panic;
pub use runtime::RuntimeComplaint;
pub use step_bound::StepBound;

pub use bohrbug_sync::control::{Event, Incident, Position, RawAccess, RawOperation, View};
use bohrbug_trace::{FailureKind, ObjectId};

use crate::basis::Doubt;
use crate::failure::Failure;

/// Watches executions for one kind of failure; see [`Program::watched_by`](crate::Program::watched_by) for one of your own.
pub trait Monitor {
    /// The kind of its failures, by whose name it is disabled. A monitor of your own has a
    /// [`Custom`](FailureKind::Custom) one.
    fn kind(&self) -> FailureKind;

    /// An execution begins.
    fn begin(&mut self) {}

    /// Whether [`Monitor::reported`] wants to be called.
    fn watches(&self) -> bool {
        false
    }

    /// Whether [`Monitor::reported`] wants to be called for accesses to cells, even if not for other events. This is all
    /// but free where there are none, and [`View::events`] has what happened in between.
    fn watches_cells(&self) -> bool {
        self.watches()
    }

    /// An event has happened.
    fn reported(&mut self, view: View<'_>, event: &Event) -> Option<Failure> {
        let _ = (view, event);
        None
    }

    /// Whether it wants uses of freed memory to be watched.
    fn watches_memory(&self) -> bool {
        false
    }

    /// The current task drops a cell that was used before; told if [`Monitor::watches_cells`].
    fn dropped(&mut self, view: View<'_>, cell: ObjectId) {
        let _ = (view, cell);
    }

    /// A task has used memory by something that is not an event; told if [`Monitor::watches_cells`], and if somebody
    /// sees such accesses at all.
    fn accessed(&mut self, view: View<'_>, access: &RawAccess) -> Option<Failure> {
        let _ = (view, access);
        None
    }

    /// Something may have gone wrong.
    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let _ = (view, incident);
        None
    }

    /// The execution has failed, and may be stopped early: what it leaves undone means nothing. [`end`](Self::end)
    /// comes next.
    fn failed(&mut self) {}

    /// The execution has ended. A failure found now counts if there was none before.
    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        let _ = view;
        None
    }

    /// Adds the doubts that the executions since the last call have raised, each once.
    fn doubts(&mut self, raised: &mut Vec<Doubt>) {
        let _ = raised;
    }
}

/// One of Bohrbug's monitors: what it finds, and how it is made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The kind of its failures.
    pub kind: FailureKind,
    /// A one-line summary.
    pub summary: &'static str,
    /// Whether it is enabled by default.
    pub usual: bool,
    /// Makes one.
    pub make: fn() -> Box<dyn Monitor>,
}

impl Entry {
    /// The name by which it is enabled and disabled.
    pub const fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Whether it may find a failure of that kind: data races come with uses of freed memory where every access is told.
    pub(crate) fn finds(&self, kind: FailureKind) -> bool {
        self.kind == kind || self.kind == FailureKind::DataRace && kind == FailureKind::MemoryMisuse
    }
}

/// Every monitor, in the order in which they are asked.
pub const ALL: &[Entry] = &[
    on(FailureKind::Panic, "a panic that nothing caught", || Box::<Panic>::default()),
    on(FailureKind::LostWakeup, "a notification that came before its wait", || Box::new(LostWakeup)),
    on(FailureKind::Deadlock, "tasks that wait for each other, or for nobody", || Box::new(Deadlock)),
    on(FailureKind::Livelock, "tasks that run and make no progress", || Box::new(Livelock)),
    on(FailureKind::StepBound, "an execution that does not end", || Box::new(StepBound)),
    on(FailureKind::Runtime, "what a runtime cannot run", || Box::new(RuntimeComplaint)),
    on(FailureKind::DataRace, "two unordered accesses to a cell", || Box::<DataRace>::default()),
    on(FailureKind::MemoryMisuse, "double frees, writes after frees, leaks", || Box::<MemoryMisuse>::default()),
    on(FailureKind::LockOrder, "locks taken in opposite orders", || Box::<LockOrder>::default()),
    off(FailureKind::LeakedThreads, "a thread that main does not wait for", || Box::new(LeakedThreads)),
];

/// The names by which a kind of failure is enabled and disabled: those of all monitors, and `nondeterminism`, which is
/// looked for before an exploration.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(Entry::name).chain([FailureKind::Nondeterminism.name()])
}

type Make = fn() -> Box<dyn Monitor>;

const fn on(kind: FailureKind, summary: &'static str, make: Make) -> Entry {
    Entry { kind, summary, usual: true, make }
}

const fn off(kind: FailureKind, summary: &'static str, make: Make) -> Entry {
    Entry { kind, summary, usual: false, make }
}
