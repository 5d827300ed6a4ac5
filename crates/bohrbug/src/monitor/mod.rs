//! Monitors: what is wrong.
//!
//! One file each behind one trait, and one line in the list below. A monitor sees reported events and incidents, and
//! calls some of them failures.

mod deadlock;
mod panic;
mod runtime;
mod step_bound;

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

    /// An event has happened.
    fn reported(&mut self, view: View<'_>, event: &Event) -> Option<Failure> {
        let _ = (view, event);
        None
    }

    /// Something may have gone wrong.
    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure>;
}

/// A monitor's name, and how it is made.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Makes one.
    pub make: fn() -> Box<dyn Monitor>,
}

/// Every monitor.
pub const ALL: &[Entry] = &[
    Entry { name: "panic", summary: "a panic that nothing caught", make: || Box::new(Panic) },
    Entry { name: "deadlock", summary: "tasks that wait for each other, or for nobody", make: || Box::new(Deadlock) },
    Entry { name: "step-bound", summary: "an execution without end", make: || Box::new(StepBound) },
    Entry { name: "runtime", summary: "what a runtime could not follow", make: || Box::new(Runtime) },
];
