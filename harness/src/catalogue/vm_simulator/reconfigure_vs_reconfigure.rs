//! One machine: two network cards are added at once.
//!
//! Both must be there afterwards, each with a unit of its own. Immutable lists alone do not give that: of two lists
//! that were made from the same one, the later replaces the earlier.

use bohrbug_sync::Arc;

use super::common::{SYSTEM, flaw, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const DAMAGED: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "damaged assignment" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "reconfigure-vs-reconfigure",
    summary: "two network cards are added to a machine at once",
    expectations: &[
        ("reported", DAMAGED),
        ("device-lock", Expectation::Holds),
        ("copy-on-write", DAMAGED),
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

fn run(revision: &str) {
    let simulator = simulator(revision);
    let machine = machine(&simulator, "vm");
    let writers = ["reconfigure-a", "reconfigure-b"].map(|name| {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn(name, move || reconfigure(&simulator, &machine))
    });
    let added = writers.into_iter().map(join).filter(|added| *added).count();
    let devices = machine.devices();
    let listed = devices.iter().filter(|device| device.kind.is_ethernet()).count();
    assert_eq!(listed, added, "damaged assignment: {added} cards were added, and the list has {listed}");
    if let Some(flaw) = flaw(&devices) {
        panic!("damaged assignment: {flaw}");
    }
    let counted = machine.settings().num_ethernet_cards;
    assert_eq!(counted as usize, added, "damaged assignment: {added} cards were added, and {counted} are counted");
}
