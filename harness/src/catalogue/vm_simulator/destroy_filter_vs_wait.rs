//! A client destroys one of its filters while it waits for updates of another.
//!
//! The filter that stays must be told its update once. The collector has a lock, which is taken at every place where
//! its filters are used; but it is a lock that locks nothing.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::collector::FilterSpec;
use vm_simulator::reconfigure::ConfigSpec;

use super::common::{SYSTEM, join, machine, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const TWICE: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "the filter that stays was told" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "destroy-filter-vs-wait",
    summary: "a client destroys a filter while it waits for updates of another",
    expectations: &[
        ("reported", TWICE),
        ("device-lock", TWICE),
        ("copy-on-write", TWICE),
        ("transaction", TWICE),
        ("shared-defaults", TWICE),
        ("root-lock", TWICE),
        ("own-defaults", TWICE),
        ("upstream", TWICE),
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
    let spec = FilterSpec::of(machine.reference(), &["config.changeVersion"]);
    let [goes, stays] = [spec.clone(), spec].map(|spec| watcher.create_filter(ctx, spec));
    let begun = watcher.check_for_updates(&simulator, ctx, "");
    assert!(begun.is_ok(), "the client watches: {begun:?}");
    let changed = simulator.reconfigure_vm(ctx, &machine, &ConfigSpec::annotated("changed"));
    assert!(changed.is_ok(), "an annotation can be changed: {changed:?}");
    let reader = {
        let (simulator, watcher) = (Arc::clone(&simulator), Arc::clone(&watcher));
        spawn("watcher", move || watcher.check_for_updates(&simulator, &mut Context::new(), "-"))
    };
    let destroyer = spawn("destroy-filter", move || watcher.destroy_filter(&mut Context::new(), goes));
    let told = join(reader).unwrap_or_else(|fault| panic!("the client is told: {fault}"));
    let destroyed = join(destroyer);
    assert!(destroyed.is_ok(), "the filter was there: {destroyed:?}");
    let filters = told.map(|updates| updates.filters).unwrap_or_default();
    let times = filters.iter().filter(|update| update.filter == stays).count();
    assert_eq!(times, 1, "the filter that stays was told {times} times of one update");
}
