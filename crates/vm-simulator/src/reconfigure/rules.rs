//! What the strict rules refuse at once, before anything is planned.
//!
//! The original lets all of this pass, and some of it makes a later request panic.

use std::collections::BTreeMap;

use super::{ConfigSpec, DeviceChange, Operation};
use crate::device::{Device, Kind, list::UNITS};
use crate::fault::{Fault, FaultKind};
use crate::state::MachineState;

/// Devices that one machine can have.
pub(super) const MAX_DEVICES: usize = 1024;

pub(super) fn template_is_fixed() -> Fault {
    Fault::new(FaultKind::NotSupported, "of a template only name and annotation can be changed").of("configSpec")
}

pub(super) fn check(state: &MachineState, spec: &ConfigSpec) -> Result<(), Fault> {
    check_sizes(spec)?;
    let adds = spec.device_change.iter().filter(|change| change.operation == Operation::Add);
    if state.devices.len() + adds.count() > MAX_DEVICES {
        return Err(Fault::new(FaultKind::InvalidArgument, format!("a machine has at most {MAX_DEVICES} devices"))
            .of("configSpec.deviceChange"));
    }
    for (index, change) in spec.device_change.iter().enumerate() {
        if !matches!(change.operation, Operation::Add | Operation::Edit) {
            continue;
        }
        check_unit(&change.device).map_err(|fault| fault.at(index))?;
        check_capacity(&change.device).map_err(|fault| fault.at(index))?;
    }
    check_temporary_keys(&spec.device_change)
}

fn check_sizes(spec: &ConfigSpec) -> Result<(), Fault> {
    if spec.memory_mb.is_some_and(|mb| !(4..=25_165_824).contains(&mb)) {
        return Err(Fault::new(FaultKind::InvalidArgument, "memory is 4 MB to 24 TB").of("configSpec.memoryMB"));
    }
    if spec.num_cpus.is_some_and(|cpus| !(1..=768).contains(&cpus)) {
        return Err(Fault::new(FaultKind::InvalidArgument, "processors are 1 to 768").of("configSpec.numCPUs"));
    }
    Ok(())
}

fn check_unit(device: &Device) -> Result<(), Fault> {
    let Some(unit) = device.unit_number else { return Ok(()) };
    let in_table = usize::try_from(unit).is_ok_and(|unit| unit < UNITS);
    let virtual_function = device.kind == Kind::Sriov && (36..=45).contains(&unit);
    // A card that got unit -1 because all were taken can still be edited and removed.
    let unplaced = unit == -1 && device.key > 0;
    if in_table || virtual_function || unplaced {
        return Ok(());
    }
    Err(Fault::new(FaultKind::InvalidDeviceSpec, format!("there is no unit {unit}"))
        .of("VirtualDeviceSpec.device.unitNumber"))
}

fn check_capacity(device: &Device) -> Result<(), Fault> {
    const LIMIT_KB: i64 = 62 * 1024 * 1024 * 1024;
    let size = 0..=LIMIT_KB * 1024;
    if size.contains(&device.capacity_bytes) && (0..=LIMIT_KB).contains(&device.capacity_kb) {
        return Ok(());
    }
    Err(Fault::new(FaultKind::InvalidDeviceSpec, "a disk has 0 to 62 TB")
        .of("VirtualDeviceSpec.device.capacityInBytes"))
}

/// Two controllers with one temporary key are no problem until a device says that it hangs on that key.
fn check_temporary_keys(changes: &[DeviceChange]) -> Result<(), Fault> {
    let mut controllers: BTreeMap<i32, usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.operation == Operation::Add) {
        if change.device.key <= 0 && change.device.kind.is_controller() {
            *controllers.entry(change.device.key).or_default() += 1;
        }
    }
    for (index, change) in changes.iter().enumerate() {
        let parent = change.device.controller_key;
        if parent < 0 && controllers.get(&parent).is_some_and(|count| *count > 1) {
            return Err(Fault::new(
                FaultKind::InvalidDeviceSpec,
                format!("the temporary key {parent} is that of several controllers"),
            )
            .of("VirtualDeviceSpec.device.controllerKey")
            .at(index));
        }
    }
    Ok(())
}
