//! Monitors: what is wrong.
//!
//! One file each behind one trait, and one line in the list below. A monitor sees reported events and incidents, and
//! calls some of them failures.

mod data_race;
mod deadlock;
mod panic;
mod runtime;
mod step_bound;

pub use data_race::DataRace;
pub use deadlock::Deadlock;
pub use panic::Panic;
pub use runtime::Runtime;
pub use step_bound::StepBound;

use bohrbug_sync::control::{Event, Incident, View};

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

    /// Something may have gone wrong.
    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let _ = (view, incident);
        None
    }

    /// The execution has ended, and nothing was wrong with it so far.
    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        let _ = view;
        None
    }
}

/// A monitor's name, and how it is made.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Whether it finds what is wrong with the program although nothing went wrong in this execution. A replay asks only
    /// the one of those that found the failure, since the others are about other failures.
    pub predicts: bool,
    /// Makes one.
    pub make: fn() -> Box<dyn Monitor>,
}

/// Every monitor.
pub const ALL: &[Entry] = &[
    incidents("panic", "a panic that nothing caught", || Box::new(Panic)),
    incidents("deadlock", "tasks that wait for each other, or for nobody", || Box::new(Deadlock)),
    incidents("step-bound", "an execution without end", || Box::new(StepBound)),
    incidents("runtime", "what a runtime could not follow", || Box::new(Runtime)),
    predicts("data-race", "two accesses to a cell that nothing orders", || Box::new(DataRace::default())),
];

const fn incidents(name: &'static str, summary: &'static str, make: fn() -> Box<dyn Monitor>) -> Entry {
    Entry { name, summary, predicts: false, make }
}

const fn predicts(name: &'static str, summary: &'static str, make: fn() -> Box<dyn Monitor>) -> Entry {
    Entry { name, summary, predicts: true, make }
}
