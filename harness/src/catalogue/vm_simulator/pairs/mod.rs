//! Two or three clients, each of which makes one call that the scheduler chooses among all that there are.
//!
//! Whatever they call, and however they meet: what each reads is whole; what was acknowledged has happened, as in some
//! order of the calls, and nothing else has; the inventory is sound; and who watches knows in the end what is. A call that
//! ended because a fault was injected has done nothing.

mod call;
mod serial;
mod stage;

pub use call::Call;

use bohrbug_sync::{Arc, thread};

use super::common::{SYSTEM, join, spawn};
use crate::catalogue::generated::{self, Selection, draw};
use crate::scenario::{Expectation, Scenario};
use stage::Stage;

const HOLDS: &[(&str, Expectation)] = &[("strict", Expectation::Holds)];

pub(super) const PAIRS: Scenario = Scenario {
    system: SYSTEM,
    name: "pairs",
    summary: "two clients make any two of all calls at once",
    expectations: HOLDS,
    run: |revision| at_once(revision, Faults::None, &draw(&Call::all(), 2)),
    out_of_reach: Some("any two of all calls: a hundred thousand behaviours, which `--long` explores"),
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

pub(super) const TRIPLES: Scenario = Scenario {
    system: SYSTEM,
    name: "triples",
    summary: "three clients make any three of all calls at once",
    expectations: HOLDS,
    run: |revision| at_once(revision, Faults::None, &draw(&Call::all(), 3)),
    out_of_reach: Some("any three of all calls: billions of behaviours"),
    never_proved: true,
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

pub(super) const FAILING_STEPS: Scenario = Scenario {
    system: SYSTEM,
    name: "failing-steps",
    summary: "a client makes any of all calls, and any step of the host or the network fails",
    expectations: HOLDS,
    run: |revision| at_once(revision, Faults::Any, &draw(&Call::all(), 1)),
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

/// Every selection of so many calls.
pub fn selections(number: usize) -> Vec<Selection> {
    let selection = |calls: Vec<Call>| {
        Selection::new(format!("{calls:?}"), move |revision| at_once(revision, Faults::None, &calls))
    };
    generated::selections(&Call::all(), number).into_iter().map(selection).collect()
}

/// Whether steps fail by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// None does: what varies is the interleaving.
    None,
    /// The scheduler decides.
    Any,
}

/// Makes these calls at once, each in a thread of its own, on a small inventory, and looks whether all is well.
///
/// # Panics
///
/// If something does not hold; the message says what.
pub fn at_once(revision: &str, faults: Faults, calls: &[Call]) {
    let stage = Arc::new(Stage::new(revision, faults));
    let clients: Vec<_> = calls
        .iter()
        .zip(["one", "two", "three"])
        .map(|(call, name)| {
            let (stage, call) = (Arc::clone(&stage), *call);
            spawn(name, move || call.make(&stage))
        })
        .collect();
    thread::yield_now();
    let answers: Vec<_> = clients.into_iter().map(join).collect();
    let findings = stage.simulator.audit();
    assert!(findings.is_empty(), "the inventory is not sound: {}", told(&findings));
    serial::check(revision, calls, &answers, &stage);
    stage.check_watchers(&answers);
}

fn told(findings: &[vm_simulator::audit::Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
