//! Two machines with a disk each are created at once.
//!
//! Afterwards the datastore must have less free space by both disks.

use bohrbug_sync::Arc;
use vm_simulator::Context;
use vm_simulator::device::{Backing, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::inventory::NewMachine;
use vm_simulator::reconfigure::{DeviceChange, FileOperation};

use super::common::{SYSTEM, join, simulator, spawn};
use crate::scenario::{Expectation, Scenario};

const LOST: Expectation = Expectation::Fails { kind: "panic", message: "lost decrement" };
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
};

fn run(revision: &str) {
    let simulator = simulator(revision);
    let before = simulator.datastore().free_space();
    let writers = ["create-a", "create-b"].map(|name| {
        let simulator = Arc::clone(&simulator);
        spawn(name, move || {
            let new = NewMachine::named(name).with(disk());
            simulator.create_vm(&mut Context::new(), simulator.root(), &new).is_ok()
        })
    });
    let created = writers.map(join).into_iter().filter(|created| *created).count() as i64;
    let taken = before - simulator.datastore().free_space();
    let expected = created * DISK_KB * 1024;
    assert_eq!(taken, expected, "lost decrement: {created} disks take {taken} bytes of the datastore");
}

fn disk() -> DeviceChange {
    let mut disk = Device::new(Kind::Disk, -1).on(0, Some(0));
    disk.capacity_kb = DISK_KB;
    let backing = DiskBacking {
        format: DiskFormat::FlatVer2,
        file_name: String::new(),
        mode: "persistent".into(),
        thin: None,
        parent: None,
    };
    DeviceChange::add(disk.backed_by(Backing::Disk(backing))).with_file(FileOperation::Create)
}
