//! Devices that several parties hold: what reconfiguring changes about them is in cells of its own.

use bohrbug_sync::{Arc, Shared, label};

use crate::device::Device;

/// Where a device is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    controller_key: i32,
    unit_number: Option<i32>,
}

/// A device, shared. What never changes after its creation is a plain value; the rest is one cell a field, and only
/// the fields that the kind has are ever read, so that a step in a trace is a step that matters.
#[derive(Debug)]
pub(crate) struct Cell {
    fixed: Device,
    place: Shared<Place>,
    mac_address: Shared<String>,
    children: Shared<Vec<i32>>,
}

impl Cell {
    /// A shared device; `owner` is the machine's name in traces.
    pub(crate) fn new(device: &Device, owner: &str) -> Arc<Self> {
        let place = Place { controller_key: device.controller_key, unit_number: device.unit_number };
        let cell = Self {
            fixed: device.clone(),
            place: Shared::new(place),
            mac_address: Shared::new(device.mac_address.clone()),
            children: Shared::new(device.children.clone()),
        };
        let name = format!("{owner} device[{}]", device.key);
        label(&cell.place, format_args!("{name}.unitNumber"));
        label(&cell.mac_address, format_args!("{name}.macAddress"));
        label(&cell.children, format_args!("{name}.device"));
        Arc::new(cell)
    }

    pub(crate) fn key(&self) -> i32 {
        self.fixed.key
    }

    /// The device as it is now, read field by field: a reader in the middle of a change sees half of it.
    pub(crate) fn encode(&self) -> Device {
        let mut device = self.fixed.clone();
        if device.kind.is_controller() {
            device.children = self.children.get();
        } else {
            let place = self.place.get();
            device.controller_key = place.controller_key;
            device.unit_number = place.unit_number;
        }
        if device.kind.is_ethernet() {
            device.mac_address = self.mac_address.get();
        }
        device
    }

    /// Attaches the device.
    pub(crate) fn set_place(&self, controller_key: i32, unit_number: i32) {
        self.place.set(Place { controller_key, unit_number: Some(unit_number) });
    }

    pub(crate) fn set_mac_address(&self, address: &str) {
        self.mac_address.set(address.to_owned());
    }

    /// Adds to the child list.
    pub(crate) fn add_child(&self, key: i32) {
        self.children.write(|children| children.push(key));
    }

    /// Rewrites the first `from` in the child list.
    pub(crate) fn rename_child(&self, from: i32, to: i32) {
        self.children.write(|children| {
            if let Some(child) = children.iter_mut().find(|child| **child == from) {
                *child = to;
            }
        });
    }

    /// The same device, which nobody else holds, on another controller.
    pub(crate) fn moved_to(&self, controller_key: i32, owner: &str) -> Arc<Self> {
        let mut device = self.encode();
        device.controller_key = controller_key;
        Self::new(&device, owner)
    }
}

/// The devices as they are now, one after the other.
pub(crate) fn encode(cells: &[Arc<Cell>]) -> Vec<Device> {
    cells.iter().map(|cell| cell.encode()).collect()
}
