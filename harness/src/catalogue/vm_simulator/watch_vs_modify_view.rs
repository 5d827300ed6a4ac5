//! A client waits for updates of the machines in a list view while the view is modified.
//!
//! The waiting client has its filter locked and locks the view; the modification has the view locked and tells the
//! filter.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::FilterSpec;

use super::common::{SYSTEM, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const STUCK: Expectation = Expectation::Fails { kind: FailureKind::Deadlock, message: "" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "watch-vs-modify-view",
    summary: "a list view is modified while a client waits for updates of what is in it",
    expectations: &[
        ("reported", STUCK),
        ("device-lock", STUCK),
        ("copy-on-write", STUCK),
        ("transaction", STUCK),
        ("shared-defaults", STUCK),
        ("root-lock", STUCK),
        ("own-defaults", STUCK),
        ("upstream", Expectation::Holds),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let simulator = simulator(revision);
    let machine = machine(&simulator, "vm").reference();
    let view = simulator.create_list_view(&[]);
    let watcher = simulator.create_collector();
    let ctx = &mut Context::new();
    watcher.create_filter(ctx, FilterSpec::machines_of_view(view.reference(), &["name"]));
    let begun = watcher.check_for_updates(&simulator, ctx, "");
    assert!(begun.is_ok(), "the client watches: {begun:?}");
    // An earlier modification, so that the client has a reason to look into the view.
    simulator.modify_list_view(ctx, &view, &[machine], &[]);
    let reader = {
        let simulator = Arc::clone(&simulator);
        spawn("watcher", move || watcher.check_for_updates(&simulator, &mut Context::new(), "-"))
    };
    let writer = spawn("modify-view", move || {
        simulator.modify_list_view(&mut Context::new(), &view, &[], &[machine]);
    });
    let told = join(reader);
    assert!(told.is_ok(), "the client is told: {told:?}");
    join(writer);
}
