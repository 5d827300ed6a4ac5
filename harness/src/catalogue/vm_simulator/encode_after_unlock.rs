//! A machine's guest is collected while powering on gives it its name and its address.
//!
//! The client must see both or neither. An answer that holds the machine itself is read after the machine was
//! unlocked, in the middle of the change.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::FilterSpec;
use vm_simulator::state::{Customization, PowerState};

use super::common::{SYSTEM, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const HALF: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "half customised" };
const PATHS: [&str; 2] = ["guest.hostName", "guest.ipAddress"];

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "encode-after-unlock",
    summary: "a machine's guest is collected while powering on customises it",
    expectations: &[
        ("reported", HALF),
        ("device-lock", HALF),
        ("copy-on-write", HALF),
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
    let customization = Customization { host_name: "guest".into(), ip_address: "10.0.0.7".into() };
    let prepared = simulator.customize_vm(&mut Context::new(), &machine, customization);
    assert!(prepared.is_ok(), "a machine that is off can be customised: {prepared:?}");
    let spec = FilterSpec::of(machine.reference(), &PATHS);
    let writer = {
        let simulator = Arc::clone(&simulator);
        // A host that fails (injected) leaves the guest as it was.
        spawn("power-on", move || simulator.set_power(&mut Context::new(), &machine, PowerState::On).is_ok())
    };
    let reader = spawn("collector", move || simulator.retrieve(&mut Context::new(), &spec));
    join(writer);
    let contents = join(reader).unwrap_or_else(|fault| panic!("the machine is registered: {fault}"));
    for content in contents {
        let [named, addressed] = PATHS.map(|path| content.get(path).is_some());
        assert_eq!(named, addressed, "half customised: name set: {named}, address set: {addressed}");
    }
}
