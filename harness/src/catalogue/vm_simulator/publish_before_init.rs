//! The machines of a folder are collected while a machine is created in it.
//!
//! A machine that can be found must have a power state.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::FilterSpec;
use vm_simulator::inventory::NewMachine;

use super::common::{SYSTEM, add_card, join, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const TOO_SOON: Expectation = Expectation::panics("found before it was initialised");
/// Upstream initialises the machine first, and still reads the folder's children without the folder's lock.
const RACY: Expectation = Expectation::Fails { kind: FailureKind::DataRace, message: "childEntity" };
const POWER: &str = "runtime.powerState";

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "publish-before-init",
    summary: "the machines of a folder are collected while one is created in it",
    expectations: &[
        ("reported", TOO_SOON),
        ("device-lock", TOO_SOON),
        ("copy-on-write", TOO_SOON),
        ("transaction", TOO_SOON),
        ("shared-defaults", RACY),
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
    let spec = FilterSpec::machines_in(simulator.root().reference(), &[POWER]);
    let writer = {
        let simulator = Arc::clone(&simulator);
        // With a card of its own the machine takes a while to be initialised. Whether that worked is not the question.
        let new = NewMachine::named("vm").with(add_card());
        spawn("create", move || simulator.create_vm(&mut Context::new(), simulator.root(), &new).is_ok())
    };
    let reader = spawn("collector", move || simulator.retrieve(&mut Context::new(), &spec));
    join(writer);
    let contents = join(reader).unwrap_or_else(|fault| panic!("the folder is registered: {fault}"));
    for content in contents {
        let initialised = content.get(POWER).is_some();
        assert!(initialised, "{} was found before it was initialised: it has no power state", content.object);
    }
}
