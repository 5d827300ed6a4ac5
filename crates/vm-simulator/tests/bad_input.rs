//! Input that makes no sense: a typed fault that names the property, and nothing changed.

use bohrbug_sync::Arc;
use vm_simulator::collector::{FilterSpec, ObjectSpec, PropertySpec, Selection};
use vm_simulator::device::{Backing, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::fault::{Fault, FaultKind};
use vm_simulator::inventory::{NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange, FileOperation};
use vm_simulator::reference::{ObjectKind, Ref};
use vm_simulator::{Context, Revision, Simulator, VM_NETWORK};

fn simulator() -> (Arc<Simulator>, Arc<VirtualMachine>) {
    let simulator = Simulator::new(Revision::Strict);
    let machine = simulator.create_vm(&mut Context::new(), simulator.root(), &NewMachine::named("vm")).unwrap();
    (simulator, machine)
}

fn card(network: &str) -> Device {
    Device::new(Kind::E1000, -1).backed_by(Backing::Network { name: network.into(), network: None })
}

fn disk(file: &str, kb: i64) -> Device {
    let mut disk = Device::new(Kind::Disk, -1).on(0, Some(0));
    disk.capacity_kb = kb;
    disk.backed_by(Backing::Disk(DiskBacking {
        format: DiskFormat::FlatVer2,
        file_name: file.into(),
        mode: "persistent".into(),
        thin: None,
        parent: None,
    }))
}

fn controller(key: i32) -> DeviceChange {
    DeviceChange::add(Device::new(Kind::ParaVirtualScsi, key))
}

/// Refuses `spec` with this kind of fault, blaming this property, and changes nothing.
fn refused(spec: &ConfigSpec, kind: FaultKind, property: &str) {
    let (simulator, machine) = simulator();
    let before = (machine.devices(), machine.settings(), simulator.datastore().files());
    let free = simulator.datastore().free_space();
    let fault = simulator.reconfigure_vm(&mut Context::new(), &machine, spec).unwrap_err();
    assert_eq!((fault.kind, fault.property.as_deref()), (kind, Some(property)), "{fault}");
    assert_eq!((machine.devices(), machine.settings(), simulator.datastore().files()), before, "{fault}");
    assert_eq!(simulator.datastore().free_space(), free, "{fault}");
}

#[test]
fn senseless_device_changes_are_refused() {
    use FaultKind::*;
    let unit = "VirtualDeviceSpec.device.unitNumber";
    let capacity = "VirtualDeviceSpec.device.capacityInBytes";
    let file = "VirtualDeviceSpec.device.backing.fileName";
    let create = |device| DeviceChange::add(device).with_file(FileOperation::Create);
    let cases: Vec<(Vec<DeviceChange>, FaultKind, &str)> = vec![
        (vec![DeviceChange::edit(Device::new(Kind::E1000, 4711))], InvalidDeviceSpec, "VirtualDeviceSpec.device.key"),
        (vec![DeviceChange::edit(Device::new(Kind::E1000, -5))], InvalidDeviceSpec, "VirtualDeviceSpec.device.key"),
        (
            vec![DeviceChange::edit(Device::new(Kind::E1000, i32::MIN))],
            InvalidDeviceSpec,
            "VirtualDeviceSpec.device.key",
        ),
        (vec![DeviceChange::add(card(VM_NETWORK).on(100, Some(30)))], InvalidDeviceSpec, unit),
        (vec![DeviceChange::add(card(VM_NETWORK).on(100, Some(-1)))], InvalidDeviceSpec, unit),
        (vec![DeviceChange::add(card(VM_NETWORK).on(100, Some(i32::MAX)))], InvalidDeviceSpec, unit),
        (vec![DeviceChange::add(Device::new(Kind::Cdrom, -1).on(200, Some(i32::MIN)))], InvalidDeviceSpec, unit),
        (vec![DeviceChange::add(card("nowhere"))], InvalidDeviceSpec, "VirtualDeviceSpec.device.backing.deviceName"),
        (vec![DeviceChange::add(card(""))], InvalidDeviceSpec, "VirtualDeviceSpec.device.backing.deviceName"),
        (
            vec![controller(-7), controller(-7), create(disk("[LocalDS_0] vm/a.vmdk", 1).on(-7, Some(0)))],
            InvalidDeviceSpec,
            "VirtualDeviceSpec.device.controllerKey",
        ),
        (vec![create(disk("[LocalDS_0] vm/a.vmdk", -1))], InvalidDeviceSpec, capacity),
        (vec![create(disk("[LocalDS_0] vm/a.vmdk", i64::MAX))], InvalidDeviceSpec, capacity),
        (vec![create(disk("[LocalDS_0] vm/a.vmdk", 1 << 31))], InsufficientDatastoreSpace, capacity),
        (vec![create(disk("no brackets", 1))], InvalidDatastorePath, file),
        (vec![create(disk("[Nowhere] a.vmdk", 1))], InvalidDatastore, file),
        (vec![DeviceChange::add(disk("[LocalDS_0] vm/none.vmdk", 1))], FileNotFound, file),
    ];
    for (changes, kind, property) in cases {
        refused(&ConfigSpec::devices(changes.clone()), kind, property);
        // The same behind a change that could be made: it must not be made.
        let behind = [vec![DeviceChange::add(card(VM_NETWORK))], changes].concat();
        refused(&ConfigSpec::devices(behind), kind, property);
    }
}

#[test]
fn ten_thousand_devices_are_refused() {
    let changes = vec![DeviceChange::add(Device::new(Kind::Cdrom, -1)); 10_000];
    refused(&ConfigSpec::devices(changes), FaultKind::InvalidArgument, "configSpec.deviceChange");
}

#[test]
fn duplicate_temporary_keys_become_different_keys() {
    let (simulator, machine) = simulator();
    let changes = vec![DeviceChange::add(card(VM_NETWORK)), DeviceChange::add(card(VM_NETWORK))];
    simulator.reconfigure_vm(&mut Context::new(), &machine, &ConfigSpec::devices(changes)).unwrap();
    let keys: Vec<i32> = machine.devices().iter().map(|device| device.key).filter(|key| *key > 201).collect();
    assert_eq!(keys, [300, 400, 600, 700, 500, 12000, 202, 203]);
}

#[test]
fn the_largest_key_and_the_smallest_can_be_asked_for() {
    let (simulator, machine) = simulator();
    for key in [i32::MAX, i32::MIN] {
        let change = DeviceChange::add(Device::new(Kind::Cdrom, key).on(200, None));
        simulator.reconfigure_vm(&mut Context::new(), &machine, &ConfigSpec::devices(vec![change])).unwrap();
    }
    let again = DeviceChange::add(Device::new(Kind::Cdrom, i32::MAX).on(200, None));
    let fault = simulator.reconfigure_vm(&mut Context::new(), &machine, &ConfigSpec::devices(vec![again]));
    assert_eq!(fault.unwrap_err().property.as_deref(), Some("VirtualDeviceSpec.device.key"));
}

#[test]
fn senseless_settings_are_refused() {
    let spec = ConfigSpec::default;
    let guest = ConfigSpec { guest_id: Some("toaster".into()), ..spec() };
    let memory = ConfigSpec { memory_mb: Some(-4), ..spec() };
    let processors = ConfigSpec { num_cpus: Some(0), ..spec() };
    let boot = ConfigSpec { secure_boot: Some(true), annotation: Some("left?".into()), ..spec() };
    refused(&guest, FaultKind::InvalidArgument, "configSpec.guestId");
    refused(&memory, FaultKind::InvalidArgument, "configSpec.memoryMB");
    refused(&processors, FaultKind::InvalidArgument, "configSpec.numCPUs");
    refused(&boot, FaultKind::InvalidVmConfig, "configSpec.bootOptions.efiSecureBootEnabled");
}

#[test]
fn absurd_property_paths_are_missing_and_named() {
    let (simulator, machine) = simulator();
    let long = "config.".repeat(1000);
    let shown = &long[..256];
    for (path, named) in [
        ("", ""),
        (".", "."),
        ("config.", "config."),
        ("config..name", "config..name"),
        ("nothing", "nothing"),
        ("config.hardware.device.key", "config.hardware.device.key"),
        ("config.hardware.device[", "config.hardware.device["),
        ("config.hardware.device[]", "config.hardware.device[]"),
        ("config.hardware.device[x]", "config.hardware.device[x]"),
        ("config.hardware.device[99999999999]", "config.hardware.device[99999999999]"),
        ("config.hardware.device[100].wheels", "config.hardware.device[100].wheels"),
        ("config.name[1]", "config.name[1]"),
        ("guest.net.macAddress", "guest.net.macAddress"),
        (long.as_str(), shown),
    ] {
        let spec = FilterSpec::of(machine.reference(), &[path]);
        let contents = simulator.retrieve(&mut Context::new(), &spec).unwrap();
        let (asked, fault) = &contents[0].missing[0];
        assert_eq!((asked.as_str(), fault.kind), (path, FaultKind::InvalidProperty));
        assert_eq!(fault.property.as_deref(), Some(named));
    }
}

#[test]
fn what_does_not_exist_cannot_be_asked() {
    let (simulator, machine) = simulator();
    let ctx = &mut Context::new();
    let nobody = FilterSpec::of(Ref::new(ObjectKind::VirtualMachine, 4711), &["name"]);
    assert_eq!(simulator.retrieve(ctx, &nobody).unwrap_err().kind, FaultKind::ManagedObjectNotFound);
    let mut unknown = FilterSpec::of(machine.reference(), &["name"]);
    unknown.objects[0].select = vec![Selection::Named("nothing".into())];
    let fault: Fault = simulator.retrieve(ctx, &unknown).unwrap_err();
    assert_eq!((fault.kind, fault.property.as_deref()), (FaultKind::InvalidArgument, Some("selectSet.name")));
    let collector = simulator.create_collector();
    assert_eq!(collector.continue_retrieve(7, None).unwrap_err().property.as_deref(), Some("token"));
    assert_eq!(collector.destroy_filter(ctx, 7).unwrap_err().property.as_deref(), Some("filter"));
    let version = collector.check_for_updates(&simulator, ctx, "17").unwrap_err();
    assert_eq!(version.property.as_deref(), Some("version"));
    let none = FilterSpec {
        objects: vec![ObjectSpec::only(machine.reference())],
        properties: vec![PropertySpec::new("Toaster", &["name"])],
    };
    assert_eq!(simulator.retrieve(ctx, &none).unwrap(), []);
}
