//! Two machines: the device list of one is collected while a network card is added to the other.
//!
//! What upstream's report really was about. Where machines share their default devices the card's key appears in the
//! child list of a controller that is also the other machine's. A lock of either machine's own does not help.

use bohrbug_sync::Arc;

use super::common::{SYSTEM, collect, flaw, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const TORN: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "torn device list" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "reconfigure-vs-collect-other",
    summary: "a machine's device list is collected while a network card is added to another machine",
    expectations: &[
        ("reported", TORN),
        ("device-lock", TORN),
        ("copy-on-write", Expectation::Holds),
        ("transaction", Expectation::Holds),
        ("shared-defaults", TORN),
        ("root-lock", TORN),
        ("own-defaults", Expectation::Holds),
        ("upstream", Expectation::Holds),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let simulator = simulator(revision);
    let changed = machine(&simulator, "changed");
    let read = machine(&simulator, "read");
    let writer = {
        let simulator = Arc::clone(&simulator);
        spawn("reconfigure", move || reconfigure(&simulator, &changed))
    };
    let reader = {
        let simulator = Arc::clone(&simulator);
        spawn("collector", move || collect(&simulator, &read))
    };
    join(writer);
    if let Some(flaw) = flaw(&join(reader)) {
        panic!("torn device list: {flaw}");
    }
}
