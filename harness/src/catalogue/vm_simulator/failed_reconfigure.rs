//! A reconfiguration adds a network card and then faults, while the machine is collected.
//!
//! It must leave nothing, and nobody may have seen anything of it.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::device::{Device, Kind};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};

use super::common::{SYSTEM, add_card, collect, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const LEFT: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "a faulted reconfiguration" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "failed-reconfigure",
    summary: "a machine is collected while a reconfiguration of it faults half way",
    expectations: &[
        ("reported", LEFT),
        ("device-lock", LEFT),
        ("copy-on-write", LEFT),
        ("transaction", Expectation::Holds),
        ("shared-defaults", LEFT),
        ("root-lock", LEFT),
        ("own-defaults", LEFT),
        ("upstream", LEFT),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let simulator = simulator(revision);
    let machine = machine(&simulator, "vm");
    let (devices, settings) = (machine.devices(), machine.settings());
    let unknown = DeviceChange::edit(Device::new(Kind::E1000, 9999));
    let spec = ConfigSpec::devices(vec![add_card(), unknown]);
    let writer = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("reconfigure", move || simulator.reconfigure_vm(&mut Context::new(), &machine, &spec))
    };
    let reader = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("collector", move || collect(&simulator, &machine))
    };
    assert!(join(writer).is_err(), "there is no device 9999 to edit");
    assert_eq!(join(reader), devices, "a faulted reconfiguration was seen");
    assert_eq!(machine.devices(), devices, "a faulted reconfiguration left something in the device list");
    assert_eq!(machine.settings(), settings, "a faulted reconfiguration left something in the settings");
}
