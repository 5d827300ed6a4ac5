//! One machine: its device list is collected while a network card is added.
//!
//! The report's own scenario. What is collected must be the list before the change or the list after it.

use bohrbug_sync::Arc;

use super::common::{SYSTEM, collect, flaw, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const TORN: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "torn device list" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "reconfigure-vs-collect",
    summary: "a machine's device list is collected while a network card is added to it",
    expectations: &[
        ("reported", TORN),
        ("device-lock", Expectation::Holds),
        ("copy-on-write", Expectation::Holds),
        ("transaction", Expectation::Holds),
        ("shared-defaults", Expectation::Holds),
        ("root-lock", Expectation::Holds),
        ("own-defaults", Expectation::Holds),
        ("upstream", Expectation::Holds),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};

pub(super) fn run(revision: &str) {
    let simulator = simulator(revision);
    let machine = machine(&simulator, "vm");
    let before = machine.devices();
    let writer = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("reconfigure", move || reconfigure(&simulator, &machine))
    };
    let reader = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("collector", move || collect(&simulator, &machine))
    };
    join(writer);
    let collected = join(reader);
    if let Some(flaw) = flaw(&collected) {
        panic!("torn device list: {flaw}");
    }
    let committed = collected == before || collected == machine.devices();
    assert!(committed, "torn device list: it is neither the one before the change nor the one after");
}
