//! The effects of a reconfiguration: its smallest steps, in the order in which the original takes them.

use std::collections::BTreeMap;

use crate::device::Device;
use crate::fault::Fault;
use crate::reference::Ref;
use crate::state::{GuestNic, MachineState, Settings};

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The settings that are set without any check.
    Scalars(Box<Settings>),
    /// A device comes into being; it is not in the list yet.
    Create(Box<Device>),
    /// A temporary key in a controller's child list becomes another.
    RenameChild {
        /// The controller.
        controller: i32,
        /// The temporary key.
        from: i32,
        /// The other.
        to: i32,
    },
    /// A device gets its controller and its unit, and the controller's child list the device's key.
    Assign {
        /// The device.
        device: i32,
        /// The controller.
        controller: i32,
        /// The unit.
        unit: i32,
    },
    /// A device gets its MAC address.
    SetMac {
        /// The device.
        device: i32,
        /// The address.
        mac: String,
    },
    /// A device that was created joins the list.
    Append {
        /// The device.
        device: i32,
    },
    /// The device at this place leaves the list; those behind it move up.
    RemoveAt {
        /// The place.
        index: usize,
    },
    /// The key of a removed device leaves the child lists.
    ForgetChild {
        /// The removed device.
        device: i32,
    },
    /// A device now hangs on another controller, because that controller's temporary key became this one.
    Rekey {
        /// The device.
        device: i32,
        /// The controller's key.
        controller: i32,
    },
    /// The summary counts a network card more or less, and its network comes or goes.
    CountNic {
        /// 1 or -1.
        by: i32,
        /// The network, where it is known.
        network: Option<Ref>,
    },
    /// The guest sees a network card.
    AddGuestNic(GuestNic),
    /// The guest no longer sees the network card with this key.
    RemoveGuestNic(i32),
    /// The summary counts a disk more or less.
    CountDisk {
        /// 1 or -1.
        by: i32,
    },
    /// A file is created on the datastore.
    CreateFile {
        /// Its path.
        path: String,
        /// Its size in bytes.
        size: i64,
    },
    /// A file is deleted from the datastore.
    DeleteFile {
        /// Its path.
        path: String,
    },
    /// The datastore's free space changes.
    Space {
        /// By how much.
        by: i64,
    },
    /// One update of properties is sent.
    Notify(Vec<Notice>),
    /// The list as it now is becomes the machine's list.
    Publish,
    /// The change version goes up.
    Bump,
}

/// How a property changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeOp {
    /// An element was added.
    Add,
    /// The value was set.
    Assign,
    /// An element was removed.
    Remove,
}

impl NoticeOp {
    /// The name in the vSphere API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Assign => "assign",
            Self::Remove => "remove",
        }
    }
}

/// One changed property in an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How it changed.
    pub op: NoticeOp,
    /// Which it is.
    pub path: String,
    /// Whether the update carries its new value.
    pub has_value: bool,
}

impl Notice {
    pub(super) fn assign(path: &str) -> Self {
        Self { op: NoticeOp::Assign, path: path.into(), has_value: true }
    }
}

/// The effects of a reconfiguration and its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it does, in order; when it faults, what it did before.
    pub effects: Vec<Effect>,
    /// How it ends.
    pub result: Result<(), Fault>,
}

/// Applies `effect` to a state that nobody shares. Devices that were created but not yet appended are kept at the end
/// of the list, so that [`Effect::Append`] has nothing left to do.
pub fn apply(state: &mut MachineState, effect: &Effect) {
    let MachineState { settings, devices } = state;
    match effect {
        Effect::Create(device) => devices.push((**device).clone()),
        Effect::RenameChild { controller, from, to } => {
            if let Some(controller) = by_key(devices, *controller)
                && let Some(child) = controller.children.iter_mut().find(|key| *key == from)
            {
                *child = *to;
            }
        }
        Effect::Assign { device, controller, unit } => {
            if let Some(device) = by_key(devices, *device) {
                device.controller_key = *controller;
                device.unit_number = Some(*unit);
            }
            if let Some(controller) = by_key(devices, *controller) {
                controller.children.push(*device);
            }
        }
        Effect::SetMac { device, mac } => {
            if let Some(device) = by_key(devices, *device) {
                device.mac_address.clone_from(mac);
            }
        }
        Effect::RemoveAt { index } => drop(devices.remove(*index)),
        Effect::ForgetChild { device } => {
            for controller in devices.iter_mut() {
                controller.children.retain(|key| key != device);
            }
        }
        Effect::Rekey { device, controller } => {
            if let Some(device) = by_key(devices, *device) {
                device.controller_key = *controller;
            }
        }
        Effect::Append { .. } | Effect::Publish | Effect::Notify(_) => {}
        Effect::CreateFile { .. } | Effect::DeleteFile { .. } | Effect::Space { .. } => {}
        other => apply_to_settings(settings, other),
    }
}

/// Applies the part of `effect` that concerns the settings.
pub(crate) fn apply_to_settings(settings: &mut Settings, effect: &Effect) {
    match effect {
        Effect::Scalars(changed) => *settings = (**changed).clone(),
        Effect::CountNic { by, network } => {
            settings.num_ethernet_cards += by;
            count_network(&mut settings.networks, *by, *network);
        }
        Effect::AddGuestNic(nic) => settings.guest.net.push(nic.clone()),
        Effect::RemoveGuestNic(key) => {
            let nics = &mut settings.guest.net;
            if let Some(at) = nics.iter().position(|nic| nic.device_config_id == *key) {
                nics.remove(at);
            }
        }
        Effect::CountDisk { by } => settings.num_virtual_disks += by,
        Effect::Bump => settings.change_version += 1,
        _ => {}
    }
}

fn count_network(networks: &mut Vec<Ref>, by: i32, network: Option<Ref>) {
    match network {
        Some(network) if by > 0 => networks.push(network),
        Some(network) => {
            if let Some(at) = networks.iter().position(|known| *known == network) {
                networks.remove(at);
            }
        }
        // A card without a backing counts as one on the empty reference.
        None if by > 0 => networks.push(Ref::new(crate::reference::ObjectKind::Network, 0)),
        None => {}
    }
}

fn by_key(devices: &mut [Device], key: i32) -> Option<&mut Device> {
    devices.iter_mut().find(|device| device.key == key)
}

impl Effect {
    /// Whether this effect is on the settings.
    pub(crate) fn is_on_settings(&self) -> bool {
        matches!(
            self,
            Self::Scalars(_)
                | Self::CountNic { .. }
                | Self::AddGuestNic(_)
                | Self::RemoveGuestNic(_)
                | Self::CountDisk { .. }
                | Self::Bump
        )
    }

    /// Applies the part of this effect that concerns the files of a datastore.
    pub(crate) fn apply_to_files(&self, files: &mut BTreeMap<String, i64>) {
        match self {
            Self::CreateFile { path, size } => drop(files.insert(path.clone(), *size)),
            Self::DeleteFile { path } => drop(files.remove(path)),
            _ => {}
        }
    }
}
