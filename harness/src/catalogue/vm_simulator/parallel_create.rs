//! Two machines with a disk each are created at once.
//!
//! Afterwards the datastore must have less free space by both disks. The machines go into different folders and take
//! disk files that are there, so that the free space is what they meet at.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::device::{Backing, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::inventory::NewMachine;
use vm_simulator::reconfigure::DeviceChange;

use super::common::{SYSTEM, join, simulator, spawn};
use crate::scenario::{Expectation, FailureKind, Scenario};

const LOST: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "lost decrement" };
const DISK_KB: i64 = 4;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "parallel-create",
    summary: "two machines with a disk each are created at once",
    expectations: &[
        ("reported", LOST),
        ("device-lock", LOST),
        ("copy-on-write", LOST),
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
    let before = simulator.datastore().free_space();
    let writers = ["a", "b"].map(|name| {
        let file = format!("[LocalDS_0] {name}.vmdk");
        simulator.datastore().put_file(&file, DISK_KB * 1024);
        let folder = simulator.create_folder(&mut Context::new(), simulator.root(), name);
        (name, folder, NewMachine::named(name).with(disk(file)))
    });
    let writers = writers.map(|(name, folder, new)| {
        let simulator = Arc::clone(&simulator);
        spawn(&format!("create-{name}"), move || simulator.create_vm(&mut Context::new(), &folder, &new).is_ok())
    });
    let created = writers.map(join).into_iter().filter(|created| *created).count() as i64;
    let taken = before - simulator.datastore().free_space();
    let expected = created * DISK_KB * 1024;
    assert_eq!(taken, expected, "lost decrement: {created} disks take {taken} bytes of the datastore");
}

fn disk(file_name: String) -> DeviceChange {
    let mut disk = Device::new(Kind::Disk, -1).on(0, Some(0));
    disk.capacity_kb = DISK_KB;
    let backing =
        DiskBacking { format: DiskFormat::FlatVer2, file_name, mode: "persistent".into(), thin: None, parent: None };
    DeviceChange::add(disk.backed_by(Backing::Disk(backing)))
}
