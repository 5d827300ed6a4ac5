//! The pure functions over a device list: keys, names, controllers, units.
//!
//! They compute and never touch shared state, so one implementation serves every revision. Where the simulator that
//! they are modelled on would index out of bounds, they answer [`UnitOutOfTable`].

use super::{Device, Kind};

/// Units that a controller of any kind can hand out.
pub const UNITS: usize = 30;

/// The first unit of a network card on the PCI bus.
pub const ETHERNET_OFFSET: usize = 7;

/// A listed device claims a unit outside the table of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("device {key} claims unit {unit}, and units go from 0 to {last}", last = UNITS - 1)]
pub struct UnitOutOfTable {
    /// The device that claims it.
    pub key: i32,
    /// The unit.
    pub unit: i32,
}

/// The device with this key.
pub fn find_by_key(list: &[Device], key: i32) -> Option<&Device> {
    list.iter().find(|device| device.key == key)
}

/// The device with this name.
pub fn find<'a>(list: &'a [Device], wanted: &str) -> Option<&'a Device> {
    list.iter().find(|device| name(device) == wanted)
}

/// A stable name: the type, then what tells devices of the type apart.
pub fn name(device: &Device) -> String {
    let unit = i64::from(device.unit_number.unwrap_or(0));
    let kind = device.kind.type_name();
    if device.kind.is_ethernet() {
        return match unit {
            36..=45 => format!("{kind}-sriov-{}", 45 - unit),
            _ => format!("{kind}-{}", unit - 7),
        };
    }
    match device.kind {
        Kind::Disk => format!("{kind}-{}-{unit}", device.controller_key),
        _ => format!("{kind}-{}", device.key),
    }
}

/// A temporary key for a device that is about to be added; saturating at the smallest key there is.
pub fn new_key(list: &[Device]) -> i32 {
    let lowest = list.iter().map(|device| device.key).min().unwrap_or(0);
    lowest.min(-200).saturating_sub(1)
}

/// The first controller of `kind`, or of a kind that extends it, whose child list has room.
pub fn pick_controller(list: &[Device], kind: Kind) -> Option<&Device> {
    list.iter().filter(|device| device.kind.is_a(kind)).find(|device| device.children.len() < capacity(device.kind))
}

fn capacity(kind: Kind) -> usize {
    match kind {
        kind if kind.is_scsi() => 15,
        Kind::IdeController => 2,
        kind if kind.is_a(Kind::SataController) => 30,
        Kind::NvmeController => 8,
        _ => usize::MAX,
    }
}

/// The lowest free unit from `offset` on, or -1 when all are taken.
pub fn new_unit_number(list: &[Device], controller: &Device, offset: usize) -> Result<i32, UnitOutOfTable> {
    let mut taken = [false; UNITS];
    taken[..offset.min(UNITS)].fill(true);
    if controller.kind.is_scsi() {
        claim(&mut taken, controller.key, controller.scsi_controller_unit)?;
    }
    for device in list.iter().filter(|device| device.controller_key == controller.key) {
        if let Some(unit) = device.unit_number {
            claim(&mut taken, device.key, unit)?;
        }
    }
    let free = taken.iter().position(|taken| !taken);
    Ok(free.and_then(|unit| i32::try_from(unit).ok()).unwrap_or(-1))
}

fn claim(taken: &mut [bool; UNITS], key: i32, unit: i32) -> Result<(), UnitOutOfTable> {
    let slot = usize::try_from(unit).ok().and_then(|unit| taken.get_mut(unit));
    *slot.ok_or(UnitOutOfTable { key, unit })? = true;
    Ok(())
}

/// The unit at which a device of `kind` would be attached to `controller`.
pub fn unit_for(list: &[Device], kind: Kind, controller: &Device) -> Result<i32, UnitOutOfTable> {
    let offset = if kind.is_ethernet() { ETHERNET_OFFSET } else { 0 };
    new_unit_number(list, controller, offset)
}

/// Attaches `device` to `controller`: its controller, its unit, and the controller's child list.
///
/// Nothing is checked against the child list: neither that the key is new there nor that there is room.
pub fn assign_controller(list: &[Device], device: &mut Device, controller: &mut Device) -> Result<(), UnitOutOfTable> {
    let unit = unit_for(list, device.kind, controller)?;
    device.controller_key = controller.key;
    device.unit_number = Some(unit);
    if device.key == 0 {
        // Upstream draws a random negative key; a fresh temporary key keeps executions repeatable.
        device.key = new_key(list);
    }
    controller.children.push(device.key);
    Ok(())
}

/// Why no controller was found or created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControllerError {
    /// None of this kind has room.
    #[error("no available {0} controller")]
    NoneAvailable(&'static str),
    /// The name is not that of a controller.
    #[error("{0} is not a valid controller")]
    NotAController(String),
    /// No device has the name.
    #[error("device '{0}' not found")]
    NotFound(String),
    /// The device is not of the kind asked for.
    #[error("{name} is not an {kind} controller")]
    OtherKind {
        /// The device.
        name: String,
        /// The kind asked for.
        kind: &'static str,
    },
    /// The bus numbers 0 to 3 are taken.
    #[error("no bus numbers available")]
    NoBusNumber,
    /// There is no such SCSI controller type.
    #[error("unknown SCSI controller type '{0}'")]
    UnknownScsiType(String),
}

/// The controller for a new disk, by family (`ide`, `scsi` or nothing, `nvme`, `sata`) or by name.
pub fn find_disk_controller<'a>(list: &'a [Device], wanted: &str) -> Result<&'a Device, ControllerError> {
    let (kind, family) = match wanted {
        "ide" => (Kind::IdeController, "IDE"),
        "scsi" | "" => (Kind::ScsiController, "SCSI"),
        "nvme" => (Kind::NvmeController, "NVME"),
        "sata" => (Kind::SataController, "SATA or AHCI"),
        named => {
            return find(list, named)
                .filter(|device| device.kind.is_controller())
                .ok_or_else(|| ControllerError::NotAController(named.into()));
        }
    };
    pick_controller(list, kind).ok_or(ControllerError::NoneAvailable(family))
}

/// The IDE controller of this name, or any with room.
pub fn find_ide_controller<'a>(list: &'a [Device], wanted: &str) -> Result<&'a Device, ControllerError> {
    find_named(list, wanted, Kind::IdeController, "IDE")
}

/// The SCSI controller of this name, or any with room.
pub fn find_scsi_controller<'a>(list: &'a [Device], wanted: &str) -> Result<&'a Device, ControllerError> {
    find_named(list, wanted, Kind::ScsiController, "SCSI")
}

fn find_named<'a>(
    list: &'a [Device],
    wanted: &str,
    kind: Kind,
    family: &'static str,
) -> Result<&'a Device, ControllerError> {
    if wanted.is_empty() {
        return pick_controller(list, kind).ok_or(ControllerError::NoneAvailable(family));
    }
    let device = find(list, wanted).ok_or_else(|| ControllerError::NotFound(wanted.into()))?;
    if device.kind.is_a(kind) {
        Ok(device)
    } else {
        Err(ControllerError::OtherKind { name: wanted.into(), kind: family })
    }
}

/// A new SCSI controller: `lsilogic` (the default), `buslogic`, `pvscsi` or `lsilogic-sas`.
pub fn create_scsi_controller(list: &[Device], wanted: &str) -> Result<Device, ControllerError> {
    let kind = match wanted {
        "" | "scsi" | "lsilogic" => Kind::LsiLogic,
        "pvscsi" | "virtualscsi" => Kind::ParaVirtualScsi,
        "buslogic" => Kind::BusLogic,
        "lsilogic-sas" => Kind::LsiLogicSas,
        other => return Err(ControllerError::UnknownScsiType(other.into())),
    };
    let mut controller = Device::new(kind, new_key(list));
    controller.bus_number = free_bus(list, Kind::ScsiController).unwrap_or(-1);
    controller.scsi_controller_unit = 7;
    Ok(controller)
}

/// A new SATA controller, which is an AHCI one.
pub fn create_sata_controller(list: &[Device]) -> Result<Device, ControllerError> {
    let mut controller = Device::new(Kind::AhciController, new_key(list));
    controller.bus_number = free_bus(list, Kind::SataController).ok_or(ControllerError::NoBusNumber)?;
    Ok(controller)
}

/// A new NVMe controller; its bus number is -1 when all are taken.
pub fn create_nvme_controller(list: &[Device]) -> Device {
    let mut controller = Device::new(Kind::NvmeController, new_key(list));
    controller.bus_number = free_bus(list, Kind::NvmeController).unwrap_or(-1);
    controller
}

/// A new IDE controller; its bus number is left at 0.
pub fn create_ide_controller(list: &[Device]) -> Device {
    Device::new(Kind::IdeController, new_key(list))
}

/// The first place where the sorted bus numbers differ from 0, 1, 2, 3; a number that is used twice counts twice.
fn free_bus(list: &[Device], kind: Kind) -> Option<i32> {
    let mut used: Vec<i32> = list
        .iter()
        .filter(|device| device.kind.is_a(kind) && device.bus_number >= 0)
        .map(|device| device.bus_number)
        .collect();
    used.sort_unstable();
    (0..4).find(|bus| used.get(*bus as usize) != Some(bus))
}
