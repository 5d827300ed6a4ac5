//! A machine is collected while its clone gets a network card.
//!
//! The source must not change. It is powered on before it is cloned: that gives it devices of its own, so that all that
//! it can share is what cloning shares.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::state::PowerState;

use super::common::{SYSTEM, collect, flaw, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, Scenario};

const ALIASED: Expectation = Expectation::panics("the source changed with its clone");

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "clone-aliases-source",
    summary: "a machine is collected while its clone is reconfigured",
    expectations: &[
        ("reported", ALIASED),
        ("device-lock", ALIASED),
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

fn run(revision: &str) {
    let simulator = simulator(revision);
    let source = machine(&simulator, "source");
    // A host that fails (injected) leaves nothing to look at.
    if simulator.set_power(&mut Context::new(), &source, PowerState::On).is_err() {
        return;
    }
    let clone = simulator.clone_vm(&mut Context::new(), &source, simulator.root(), "clone");
    let clone = clone.unwrap_or_else(|fault| panic!("a machine can be cloned: {fault}"));
    let writer = {
        let simulator = Arc::clone(&simulator);
        spawn("reconfigure", move || reconfigure(&simulator, &clone))
    };
    let reader = spawn("collector", move || collect(&simulator, &source));
    join(writer);
    if let Some(flaw) = flaw(&join(reader)) {
        panic!("the source changed with its clone: {flaw}");
    }
}
