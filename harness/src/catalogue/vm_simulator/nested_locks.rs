//! The report's warning about its first solution: a mutex of the device list's own, and another lock, in two orders.
//!
//! `device-lock` takes the mutex last. `nested` collects with the machine locked, as upstream does since #3538, and locks the
//! machine for a change that has the mutex.

use bohrbug_sync::Arc;
use vm_simulator::Simulator;
use vm_simulator::device::DefaultDevices;

use super::common::{SYSTEM, collect, join, machine, reconfigure, spawn, steady_simulator};
use crate::scenario::{Expectation, FailureKind, Scenario};

const NESTED: &str = "nested";

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "nested-locks",
    summary: "a device list is collected and changed, and its mutex nested with the machine's lock in two orders",
    expectations: &[
        ("device-lock", Expectation::Holds),
        (NESTED, Expectation::Fails { kind: FailureKind::Deadlock, message: "" }),
    ],
    run,
    leaves_out: Some("a variant of the report's first solution, and that solution: no other has the mutex"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let simulator = match revision {
        NESTED => Simulator::with_nested_locks(DefaultDevices::PciOnly),
        revision => steady_simulator(revision),
    };
    let machine = machine(&simulator, "vm");
    let writer = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("reconfigure", move || reconfigure(&simulator, &machine))
    };
    let reader = spawn("collector", move || collect(&simulator, &machine));
    join(writer);
    join(reader);
}
