//! A machine is moved into two folders at once.
//!
//! Afterwards it must be in exactly one folder, the one that it says.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::Simulator;
use vm_simulator::collector::FilterSpec;
use vm_simulator::reference::Ref;
use vm_simulator::value::Value;

use super::common::{SYSTEM, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const ASTRAY: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "astray" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "relocate-vs-relocate",
    summary: "a machine is moved into two folders at once",
    expectations: &[
        ("reported", ASTRAY),
        ("device-lock", ASTRAY),
        ("copy-on-write", ASTRAY),
        ("transaction", ASTRAY),
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
    let ctx = &mut Context::new();
    let folders = ["a", "b"].map(|name| simulator.create_folder(ctx, simulator.root(), name));
    let machine = machine(&simulator, "vm");
    let movers = folders.clone().map(|folder| {
        let (simulator, machine) = (Arc::clone(&simulator), Arc::clone(&machine));
        spawn(&format!("to-{}", folder.reference()), move || {
            simulator.relocate_vm(&mut Context::new(), &machine, &folder)
        })
    });
    for moved in movers.map(join) {
        assert!(moved.is_ok(), "a machine can be moved: {moved:?}");
    }
    let folders = [simulator.root(), &folders[0], &folders[1]].map(|folder| folder.reference());
    let holding: Vec<Ref> =
        folders.into_iter().filter(|folder| children(&simulator, *folder).contains(&machine.reference())).collect();
    let says = machine.parent();
    assert_eq!(holding, Vec::from_iter(says), "astray: the folders that have the machine, and the one it says");
}

fn children(simulator: &Simulator, folder: Ref) -> Vec<Ref> {
    let spec = FilterSpec::of(folder, &["childEntity"]);
    let contents = simulator.retrieve(&mut Context::new(), &spec);
    let contents = contents.unwrap_or_else(|fault| panic!("the folder is registered: {fault}"));
    match contents.first().and_then(|content| content.get("childEntity")) {
        Some(Value::Refs(children)) => children.clone(),
        _ => Vec::new(),
    }
}
