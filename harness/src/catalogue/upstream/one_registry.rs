//! govmomi#2570: simulators in one process share the registry of the one that was started last.
//!
//! The registry is a variable of the package. A test that starts a simulator writes it while the one of another test still answers
//! requests: a data race, in one of ten runs of somebody's tests. `pr2571` (govmomi#2571, not merged) guards the variable with a lock:
//! no race is left, and a request is still answered from the other simulator's registry. `pr3701` (govmomi#3701) gives each simulator
//! a registry of its own.

use bohrbug_sync::{Arc, RwLock, Shared, label};

use super::{HOLDS, SYSTEM, join, panics, spawn, unknown};
use crate::scenario::{Expectation, FailureKind, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "one-registry",
    summary: "a simulator is started while another one in the same process answers a request",
    expectations: &[
        ("reported", Expectation::Fails { kind: FailureKind::DataRace, message: "simulator.Map" }),
        ("pr2571", panics("another simulator's")),
        ("pr3701", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

/// What a simulator knows of: the name of its machines' folder stands for all of it.
type Registry = &'static str;

/// The variable of the package.
enum Variable {
    Bare(Shared<Registry>),
    Locked(RwLock<Registry>),
    /// There is none: each simulator has its own.
    Gone,
}

impl Variable {
    fn new(revision: &str) -> Self {
        match revision {
            "reported" => {
                let cell = Shared::new("");
                label(&cell, "simulator.Map");
                Self::Bare(cell)
            }
            "pr2571" => {
                let lock = RwLock::new("");
                label(&lock, "simulator.Map");
                Self::Locked(lock)
            }
            "pr3701" => Self::Gone,
            other => unknown(other),
        }
    }

    fn set(&self, registry: Registry) {
        match self {
            Self::Bare(cell) => cell.set(registry),
            Self::Locked(lock) => *lock.write().expect("the variable") = registry,
            Self::Gone => {}
        }
    }

    /// What a simulator with that registry answers from.
    fn get(&self, own: Registry) -> Registry {
        match self {
            Self::Bare(cell) => cell.get(),
            Self::Locked(lock) => *lock.read().expect("the variable"),
            Self::Gone => own,
        }
    }
}

fn run(revision: &str) {
    let variable = Arc::new(Variable::new(revision));
    variable.set("first");
    let other = {
        let variable = variable.clone();
        spawn("other-test", move || variable.set("second"))
    };
    let answered_from = variable.get("first");
    join(other);
    assert_eq!(
        answered_from, "first",
        "a request to the first simulator was answered from another simulator's registry"
    );
}
