//! A client begins to watch a machine while it is reconfigured.
//!
//! Whatever the client is told last must be what is. An update between reading the initial value and being registered
//! reaches nobody.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::{FilterSpec, UpdateSet};
use vm_simulator::fault::Fault;
use vm_simulator::reconfigure::ConfigSpec;
use vm_simulator::value::Value;

use super::common::{SYSTEM, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const LOST: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "lost update" };
const VERSION: &str = "config.changeVersion";

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "collect-then-subscribe",
    summary: "a client begins to watch a machine while it is reconfigured",
    expectations: &[
        ("reported", LOST),
        ("device-lock", LOST),
        ("copy-on-write", LOST),
        ("transaction", LOST),
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
    let watcher = simulator.create_collector();
    let ctx = &mut Context::new();
    watcher.create_filter(ctx, FilterSpec::of(machine.reference(), &[VERSION]));
    let reader = {
        let (simulator, watcher) = (Arc::clone(&simulator), Arc::clone(&watcher));
        spawn("watcher", move || told(watcher.check_for_updates(&simulator, &mut Context::new(), "")))
    };
    let writer = {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn("reconfigure", move || {
            simulator.reconfigure_vm(&mut Context::new(), &machine, &ConfigSpec::annotated("changed"))
        })
    };
    let mut seen = join(reader);
    let changed = join(writer);
    assert!(changed.is_ok(), "an annotation can be changed: {changed:?}");
    seen.extend(told(watcher.check_for_updates(&simulator, ctx, "-")));
    let is = Value::Text(machine.settings().change_version.to_string());
    assert_eq!(seen.last(), Some(&is), "lost update: the version that the client was told last, and the machine's");
}

fn told(updates: Result<Option<UpdateSet>, Fault>) -> Vec<Value> {
    let updates = updates.unwrap_or_else(|fault| panic!("the client watches: {fault}"));
    updates.map(|updates| updates.values(VERSION)).unwrap_or_default()
}
