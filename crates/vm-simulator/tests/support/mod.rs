//! Reading the recorded cases: devices, changes and states as JSON.
#![allow(dead_code)] // each test binary uses its part

use serde_json::Value as Json;
use vm_simulator::device::{Backing, Connectable, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::reconfigure::{DeviceChange, FileOperation, Operation};

pub(crate) fn cases() -> Json {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/vm-simulator.json");
    let text = std::fs::read_to_string(path).expect("the recorded cases are beside the test");
    serde_json::from_str(&text).expect("the recorded cases are JSON")
}

pub(crate) fn text<'a>(json: &'a Json, field: &str) -> &'a str {
    json[field].as_str().unwrap_or("")
}

pub(crate) fn number(json: &Json, field: &str) -> i64 {
    json[field].as_i64().unwrap_or(0)
}

fn key(json: &Json, field: &str) -> i32 {
    i32::try_from(number(json, field)).expect("keys are 32 bits wide")
}

fn some_text(json: &Json, field: &str) -> Option<String> {
    json[field].as_str().map(str::to_owned)
}

pub(crate) fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn devices(json: &Json) -> Vec<Device> {
    list(json).iter().map(device).collect()
}

/// A device as recorded. Fields that the recording leaves out are unset.
pub(crate) fn device(json: &Json) -> Device {
    let kind = text(json, "kind");
    let kind = Kind::from_name(kind).unwrap_or_else(|| panic!("unknown kind {kind}"));
    let mut device = Device::new(kind, key(json, "key"));
    device.controller_key = key(json, "controllerKey");
    device.unit_number = json["unitNumber"].as_i64().map(|unit| unit as i32);
    device.label = some_text(json, "label");
    device.summary = some_text(json, "summary");
    device.bus_number = key(json, "busNumber");
    device.children = list(&json["device"]).iter().map(|key| key.as_i64().unwrap() as i32).collect();
    device.scsi_controller_unit = key(json, "scsiCtlrUnitNumber");
    device.mac_address = text(json, "macAddress").to_owned();
    device.address_type = text(json, "addressType").to_owned();
    device.capacity_kb = number(json, "capacityInKB");
    device.capacity_bytes = number(json, "capacityInBytes");
    device.backing = json.get("backing").map(backing);
    device.connectable = json.get("connectable").map(|json| Connectable {
        start_connected: json["startConnected"] == true,
        allow_guest_control: json["allowGuestControl"] == true,
        connected: json["connected"] == true,
    });
    device
}

fn backing(json: &Json) -> Backing {
    let kind = text(json, "type");
    let disk = |format| {
        Backing::Disk(DiskBacking {
            format,
            file_name: text(json, "fileName").to_owned(),
            mode: text(json, "diskMode").to_owned(),
            thin: json["thinProvisioned"].as_bool(),
            parent: None,
        })
    };
    match kind {
        "VirtualEthernetCardNetworkBackingInfo" => {
            Backing::Network { name: text(json, "deviceName").to_owned(), network: some_text(json, "network") }
        }
        "VirtualDiskFlatVer2BackingInfo" => disk(DiskFormat::FlatVer2),
        "VirtualDiskSparseVer2BackingInfo" => disk(DiskFormat::SparseVer2),
        _ if json.get("fileName").is_some() => Backing::File { name: text(json, "fileName").to_owned() },
        kind => Backing::Other { kind: kind.to_owned() },
    }
}

pub(crate) fn change(json: &Json) -> DeviceChange {
    let operation = match text(json, "operation") {
        "add" => Operation::Add,
        "edit" => Operation::Edit,
        "remove" => Operation::Remove,
        "" => Operation::Unset,
        other => panic!("unknown operation {other}"),
    };
    let file_operation = match text(json, "fileOperation") {
        "" => None,
        "create" => Some(FileOperation::Create),
        "destroy" => Some(FileOperation::Destroy),
        "replace" => Some(FileOperation::Replace),
        other => panic!("unknown file operation {other}"),
    };
    DeviceChange { operation, file_operation, device: device(&json["device"]) }
}

/// A device as it is compared: what the recording does not have is left out.
pub(crate) fn comparable(mut device: Device) -> Device {
    device.allocation = None;
    device
}
