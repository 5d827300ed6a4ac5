//! Property values, and the paths that lead to them.
//!
//! A machine's properties are a tree. A path is names with dots between them; an element of the device list is named
//! by its key, as in `config.hardware.device[4000].macAddress`. A path may lead to nothing because the value is not
//! set ([`Found::Unset`]) or because there is no such property at all, which is a fault that names the path.

use crate::device::{Backing, Device};
use crate::fault::{Fault, FaultKind};
use crate::reference::Ref;
use crate::state::{Guest, Settings};

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not set.
    Unset,
    /// True or false.
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text.
    Text(String),
    /// A reference.
    Ref(Ref),
    /// A list of references.
    Refs(Vec<Ref>),
    /// A list of keys.
    Keys(Vec<i32>),
    /// A device.
    Device(Box<Device>),
    /// A device list.
    Devices(Vec<Device>),
    /// What the guest reports.
    Guest(Guest),
    /// Any other list; a path cannot go through it.
    List(Vec<Value>),
    /// Properties by name.
    Struct(Vec<(&'static str, Value)>),
}

/// Where a path led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// To this value.
    Value(Value),
    /// To a property that is not set.
    Unset,
}

/// A path that cannot be: empty, without end, not made of names.
const LONGEST_PATH: usize = 256;

/// The fault for a path that leads nowhere.
pub fn invalid_property(path: &str) -> Fault {
    let shown: String = path.chars().take(LONGEST_PATH).collect();
    Fault::new(FaultKind::InvalidProperty, "there is no such property").of(shown)
}

/// Follows `path` from `root`.
pub fn lookup(root: &Value, path: &str) -> Result<Found, Fault> {
    if path.is_empty() || path.len() > LONGEST_PATH {
        return Err(invalid_property(path));
    }
    let mut at = root.clone();
    for name in path.split('.') {
        at = step(&at, name).ok_or_else(|| invalid_property(path))?;
    }
    Ok(match at {
        Value::Unset => Found::Unset,
        Value::Text(text) if text.is_empty() => Found::Unset,
        value => Found::Value(value),
    })
}

/// One name of a path, with or without a key behind it.
fn step(at: &Value, name: &str) -> Option<Value> {
    let (name, key) = match name.split_once('[') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(']')?.parse::<i32>().ok()?)),
        None => (name, None),
    };
    let found = field(at, name)?;
    match (key, found) {
        (None, found) => Some(found),
        (Some(key), Value::Devices(devices)) => {
            let device = devices.into_iter().find(|device| device.key == key);
            Some(device.map_or(Value::Unset, |device| Value::Device(Box::new(device))))
        }
        (Some(_), _) => None,
    }
}

fn field(at: &Value, name: &str) -> Option<Value> {
    match at {
        Value::Struct(fields) => fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()),
        Value::Device(device) => field(&device_fields(device), name),
        Value::Guest(guest) => field(&guest_fields(guest), name),
        // Behind something that is not set anything may be asked for, and is not set either.
        Value::Unset => Some(Value::Unset),
        _ => None,
    }
}

fn guest_fields(guest: &Guest) -> Value {
    let nics = guest.net.iter().map(|nic| {
        Value::Struct(vec![
            ("network", text(&nic.network)),
            ("macAddress", text(&nic.mac_address)),
            ("deviceConfigId", Value::Int(nic.device_config_id.into())),
        ])
    });
    Value::Struct(vec![
        ("net", Value::List(nics.collect())),
        ("hostName", text(&guest.host_name)),
        ("ipAddress", text(&guest.ip_address)),
    ])
}

fn device_fields(device: &Device) -> Value {
    let mut fields = vec![
        ("key", Value::Int(device.key.into())),
        ("controllerKey", Value::Int(device.controller_key.into())),
        ("unitNumber", device.unit_number.map_or(Value::Unset, |unit| Value::Int(unit.into()))),
        (
            "deviceInfo",
            Value::Struct(vec![
                ("label", device.label.as_deref().map_or(Value::Unset, text)),
                ("summary", device.summary.as_deref().map_or(Value::Unset, text)),
            ]),
        ),
        ("backing", device.backing.as_ref().map_or(Value::Unset, backing_fields)),
    ];
    if device.kind.is_controller() {
        fields.push(("busNumber", Value::Int(device.bus_number.into())));
        fields.push(("device", Value::Keys(device.children.clone())));
    }
    if device.kind.is_ethernet() {
        fields.push(("macAddress", text(&device.mac_address)));
    }
    if device.kind == crate::device::Kind::Disk {
        fields.push(("capacityInKB", Value::Int(device.capacity_kb)));
        fields.push(("capacityInBytes", Value::Int(device.capacity_bytes)));
    }
    Value::Struct(fields)
}

fn backing_fields(backing: &Backing) -> Value {
    Value::Struct(match backing {
        Backing::Network { name, .. } => vec![("deviceName", text(name))],
        Backing::Disk(disk) => vec![("fileName", text(&disk.file_name))],
        Backing::File { name } => vec![("fileName", text(name))],
        Backing::DistributedPort { .. } | Backing::Other { .. } => Vec::new(),
    })
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The tree of a machine's properties, as far as they do not need the device list.
pub(crate) fn settings_tree(settings: &Settings, devices: Value) -> Value {
    let power = settings.power.map_or(Value::Unset, |power| text(power.name()));
    let extra = settings
        .extra_config
        .iter()
        .map(|(key, value)| Value::Struct(vec![("key", text(key)), ("value", text(value))]));
    Value::Struct(vec![
        ("name", text(&settings.name)),
        ("config", config_tree(settings, devices, Value::List(extra.collect()))),
        ("runtime", Value::Struct(vec![("powerState", power.clone())])),
        ("summary", summary_tree(settings, power)),
        ("guest", Value::Guest(settings.guest.clone())),
        ("network", Value::Refs(settings.networks.clone())),
    ])
}

fn config_tree(settings: &Settings, devices: Value, extra: Value) -> Value {
    let version = settings.change_version;
    let hardware = Value::Struct(vec![
        ("numCPU", Value::Int(settings.num_cpus.into())),
        ("memoryMB", Value::Int(settings.memory_mb)),
        ("device", devices),
    ]);
    Value::Struct(vec![
        ("name", text(&settings.name)),
        ("uuid", text(&settings.uuid)),
        ("annotation", text(&settings.annotation)),
        ("guestId", text(&settings.guest_id)),
        ("firmware", text(&settings.firmware)),
        ("template", Value::Bool(settings.template)),
        ("changeVersion", text(&version.to_string())),
        ("modified", Value::Int(i64::try_from(version).unwrap_or(i64::MAX))),
        ("extraConfig", extra),
        ("hardware", hardware),
    ])
}

fn summary_tree(settings: &Settings, power: Value) -> Value {
    Value::Struct(vec![
        (
            "config",
            Value::Struct(vec![
                ("name", text(&settings.name)),
                ("numEthernetCards", Value::Int(settings.num_ethernet_cards.into())),
                ("numVirtualDisks", Value::Int(settings.num_virtual_disks.into())),
            ]),
        ),
        ("runtime", Value::Struct(vec![("powerState", power)])),
    ])
}

/// The value of a property that needs no device list.
pub(crate) fn settings_value(settings: &Settings, path: &str) -> Option<Value> {
    match lookup(&settings_tree(settings, Value::Unset), path) {
        Ok(Found::Value(value)) => Some(value),
        _ => None,
    }
}
