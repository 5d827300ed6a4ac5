//! The bugs that need no second thread: what two machines share, what an update carries, what a fault leaves.

use bohrbug_sync::Arc;
use vm_simulator::collector::{FilterSpec, PropertyCollector};
use vm_simulator::device::{Backing, Device, Kind};
use vm_simulator::inventory::{NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};
use vm_simulator::value::Value;
use vm_simulator::{Context, Revision, Simulator, VM_NETWORK};

const DEVICES: &str = "config.hardware.device";

fn machine(simulator: &Simulator, name: &str) -> Arc<VirtualMachine> {
    simulator.create_vm(&mut Context::new(), simulator.root(), &NewMachine::named(name)).unwrap()
}

fn card() -> DeviceChange {
    let network = Backing::Network { name: VM_NETWORK.into(), network: None };
    DeviceChange::add(Device::new(Kind::E1000, -1).backed_by(network))
}

fn apply(simulator: &Simulator, machine: &VirtualMachine, change: DeviceChange) {
    simulator.reconfigure_vm(&mut Context::new(), machine, &ConfigSpec::devices(vec![change])).unwrap();
}

fn children(machine: &VirtualMachine) -> Vec<i32> {
    machine.devices()[0].children.clone()
}

#[test]
fn a_card_of_one_machine_is_in_the_child_list_of_another_where_default_devices_are_shared() {
    for (revision, expected) in [
        (Revision::Reported, vec![500, 12000, 202]),
        (Revision::DeviceLock, vec![500, 12000, 202]),
        (Revision::SharedDefaults, vec![500, 12000, 202]),
        (Revision::RootLock, vec![500, 12000, 202]),
        (Revision::CopyOnWrite, vec![500, 12000]),
        (Revision::Transaction, vec![500, 12000]),
        (Revision::OwnDefaults, vec![500, 12000]),
        (Revision::Strict, vec![500, 12000]),
    ] {
        let simulator = Simulator::new(revision);
        let (changed, other) = (machine(&simulator, "a"), machine(&simulator, "b"));
        apply(&simulator, &changed, card());
        assert_eq!(children(&other), expected, "{}", revision.name());
        assert_eq!(children(&machine(&simulator, "later")), expected, "{}", revision.name());
    }
}

#[test]
fn powering_on_ends_the_sharing() {
    let simulator = Simulator::new(Revision::SharedDefaults);
    let (changed, other) = (machine(&simulator, "a"), machine(&simulator, "b"));
    simulator.set_power(&mut Context::new(), &other, vm_simulator::state::PowerState::On).unwrap();
    apply(&simulator, &changed, card());
    assert_eq!(children(&other), [500, 12000]);
}

/// The lists that a watcher is told after a card was added, another added, and the keyboard removed: keys, and the
/// PCI controller's child list.
fn watched(revision: Revision) -> Vec<(Vec<i32>, Vec<i32>)> {
    let simulator = Simulator::new(revision);
    let machine = machine(&simulator, "vm");
    let ctx = &mut Context::new();
    let watcher: Arc<PropertyCollector> = simulator.create_collector();
    watcher.create_filter(ctx, FilterSpec::of(machine.reference(), &[DEVICES]));
    watcher.check_for_updates(&simulator, ctx, "").unwrap();
    for change in [card(), card(), DeviceChange::remove(Device::new(Kind::Keyboard, 600))] {
        apply(&simulator, &machine, change);
    }
    let told = watcher.check_for_updates(&simulator, ctx, "-").unwrap().unwrap();
    let lists = told.values(DEVICES).into_iter().map(|value| match value {
        Value::Devices(devices) => (devices.iter().map(|device| device.key).collect(), devices[0].children.clone()),
        other => panic!("{other:?} is no device list"),
    });
    lists.collect()
}

#[test]
fn upstream_tells_a_watcher_lists_that_were_never_committed() {
    let all = vec![500, 12000, 202, 203];
    assert_eq!(
        watched(Revision::Upstream),
        [
            (vec![100, 200, 201, 300, 400, 700, 500, 12000, 202, 203], all.clone()),
            (vec![100, 200, 201, 300, 400, 700, 500, 12000, 202, 203, 203], all.clone()),
            (vec![100, 200, 201, 300, 400, 700, 500, 12000, 202, 203], all),
        ]
    );
}

#[test]
fn strict_tells_a_watcher_each_list_as_it_was_committed() {
    let nine = vec![100, 200, 201, 300, 400, 600, 700, 500, 12000];
    let with = |more: &[i32]| [nine.clone(), more.to_vec()].concat();
    assert_eq!(
        watched(Revision::Strict),
        [
            (with(&[202]), vec![500, 12000, 202]),
            (with(&[202, 203]), vec![500, 12000, 202, 203]),
            (vec![100, 200, 201, 300, 400, 700, 500, 12000, 202, 203], vec![500, 12000, 202, 203]),
        ]
    );
}
