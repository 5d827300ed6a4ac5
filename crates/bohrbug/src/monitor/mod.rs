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
pub use runtime::Runtime;
pub use step_bound::StepBound;

use bohrbug_sync::control::{Event, Incident, View};
use bohrbug_trace::ObjectId;

use crate::basis::Doubt;
use crate::failure::Failure;

/// Watches executions for one kind of failure.
pub trait Monitor {
    /// The name under which it is switched off, and the kind of its failures.
    fn name(&self) -> &'static str;

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

    /// Whether a use of freed memory is its business, so that memory has to be watched.
    fn watches_memory(&self) -> bool {
        false
    }

    /// The current task drops a cell that was used before; told if [`Monitor::watches_cells`].
    fn dropped(&mut self, view: View<'_>, cell: ObjectId) {
        let _ = (view, cell);
    }

    /// Something may have gone wrong.
    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let _ = (view, incident);
        None
    }

    /// The execution has ended. What is found now counts if nothing was wrong with it before.
    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        let _ = view;
        None
    }

    /// What the executions since it was last asked have shown that keeps them from being a proof, each once.
    fn doubts(&mut self) -> Vec<Doubt> {
        Vec::new()
    }
}

/// A monitor's name, and how it is made.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// How far its failures can be trusted to have happened.
    pub certainty: Certainty,
    /// Whether it is on unless it is switched off; otherwise it has to be switched on.
    pub usual: bool,
    /// Makes one.
    pub make: fn() -> Box<dyn Monitor>,
}

impl Entry {
    /// Whether it is about more than this execution. A replay asks only the one of those that found the failure, since the
    /// others are about other failures.
    pub fn predicts(&self) -> bool {
        self.certainty != Certainty::Happened
    }
}

/// How far a monitor's failures have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The execution failed.
    Happened,
    /// The execution went well, and shows that the program is wrong all the same.
    Shown,
    /// The execution went well, and another may not. This counts only if the exploration has no better: no failure, and no
    /// proof that there is none.
    Suspected,
}

/// Every monitor, in the order in which they are asked.
pub const ALL: &[Entry] = &[
    on("panic", "a panic that nothing caught", Certainty::Happened, || Box::new(Panic)),
    on("lost-wakeup", "a notification that came before its wait", Certainty::Happened, || Box::new(LostWakeup)),
    on("deadlock", "tasks that wait for each other, or for nobody", Certainty::Happened, || Box::new(Deadlock)),
    on("livelock", "tasks that run and come no further", Certainty::Happened, || Box::new(Livelock)),
    on("step-bound", "an execution without end", Certainty::Happened, || Box::new(StepBound)),
    on("runtime", "what a runtime could not follow", Certainty::Happened, || Box::new(Runtime)),
    on("data-race", "two accesses to a cell that nothing orders", Certainty::Shown, || Box::new(DataRace::default())),
    on("memory-misuse", "double frees, writes after frees, leaks", Certainty::Happened, || {
        Box::new(MemoryMisuse::default())
    }),
    on("lock-order", "locks taken in opposite orders", Certainty::Suspected, || Box::new(LockOrder::default())),
    off("leaked-threads", "a thread that main does not wait for", Certainty::Shown, || Box::new(LeakedThreads)),
];

/// The monitor of that name.
pub fn named(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

type Make = fn() -> Box<dyn Monitor>;

const fn on(name: &'static str, summary: &'static str, certainty: Certainty, make: Make) -> Entry {
    Entry { name, summary, certainty, usual: true, make }
}

const fn off(name: &'static str, summary: &'static str, certainty: Certainty, make: Make) -> Entry {
    Entry { name, summary, certainty, usual: false, make }
}
