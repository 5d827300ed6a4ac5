//! One machine: two network cards are added, one after the other, while a client watches its device list.
//!
//! The k-th list that the client is told must be the k-th that was committed. Where an update carries the machine's
//! own list, it says what that list says when the client asks, not what it said when the update was made.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::{FilterSpec, UpdateSet};
use vm_simulator::fault::Fault;
use vm_simulator::value::Value;

use super::common::{DEVICES, SYSTEM, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, Scenario};

const ALIASED: Expectation = Expectation::panics("is not the list that was committed");

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "reconfigure-vs-watch",
    summary: "two network cards are added to a machine whose device list a client watches",
    expectations: &[
        ("reported", ALIASED),
        ("device-lock", ALIASED),
        ("copy-on-write", Expectation::Holds),
        ("transaction", Expectation::Holds),
        ("shared-defaults", ALIASED),
        ("root-lock", ALIASED),
        ("own-defaults", ALIASED),
        ("upstream", ALIASED),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let simulator = simulator(revision);
    let machine = machine(&simulator, "vm");
    let watcher = simulator.create_collector();
    let ctx = &mut Context::new();
    watcher.create_filter(ctx, FilterSpec::of(machine.reference(), &[DEVICES]));
    told(watcher.check_for_updates(&simulator, ctx, ""));
    let writer = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("reconfigure", move || {
            let commit = |_| reconfigure(&simulator, &machine).then(|| machine.devices());
            (0..2).filter_map(commit).collect::<Vec<_>>()
        })
    };
    let reader = {
        let (simulator, watcher) = (Arc::clone(&simulator), Arc::clone(&watcher));
        spawn("watcher", move || told(watcher.check_for_updates(&simulator, &mut Context::new(), "-")))
    };
    let committed = join(writer);
    let mut seen = join(reader);
    seen.extend(told(watcher.check_for_updates(&simulator, ctx, "-")));
    assert_eq!(seen.len(), committed.len(), "the client is told as many lists as were committed");
    for (at, (seen, committed)) in seen.iter().zip(&committed).enumerate() {
        let same = *seen == Value::Devices(committed.clone());
        assert!(same, "update {} of the device list is not the list that was committed", at + 1);
    }
}

fn told(updates: Result<Option<UpdateSet>, Fault>) -> Vec<Value> {
    let updates = updates.unwrap_or_else(|fault| panic!("the client watches: {fault}"));
    updates.map(|updates| updates.values(DEVICES)).unwrap_or_default()
}
