//! The changes to the device list, one after the other, each checked when its turn comes.

use std::collections::BTreeSet;

use super::{ConfigSpec, DeviceChange, Effect, FileOperation, Notice, NoticeOp, Operation, Planner, Rules};
use crate::device::{Backing, Connectable, Device, Kind, list};
use crate::fault::{Fault, FaultKind};
use crate::state::PowerState;

const LIST: &str = "config.hardware.device";

impl Planner<'_> {
    pub(super) fn devices(&mut self, spec: &ConfigSpec) -> Result<(), Fault> {
        // The specification's own devices are what ends up in the list, so a rewritten key is written here.
        let mut changes = spec.device_change.clone();
        let mut notices = Vec::new();
        for index in 0..changes.len() {
            if let Some(op) = self.change(&mut changes, index).map_err(|fault| blame(fault, index))? {
                let key = changes[index].device.key;
                let path = format!("{LIST}[{key}]");
                let has_value = matches!(changes[index].operation, Operation::Add | Operation::Edit);
                notices.push(Notice { op, path, has_value });
            }
        }
        if !notices.is_empty() {
            notices.push(Notice::assign(LIST));
            self.emit(Effect::Publish);
            self.emit(Effect::Notify(notices));
        }
        Ok(())
    }

    /// Applies the change at `index`; `None` when it was silently skipped.
    fn change(&mut self, changes: &mut [DeviceChange], index: usize) -> Result<Option<NoticeOp>, Fault> {
        let change = &changes[index];
        let device = &change.device;
        if change.file_operation == Some(FileOperation::Create)
            && device.kind == Kind::Disk
            && device.unit_number.is_none()
        {
            return Err(invalid("unitNumber", "a new disk needs a unit"));
        }
        match change.operation {
            Operation::Add => {
                if device.controller_key == 0 && self.listed(device.key).is_some() {
                    return Ok(None);
                }
                self.check_unit_is_free(device)?;
                self.add(changes, index)?;
                Ok(Some(NoticeOp::Add))
            }
            Operation::Edit => {
                changes[index].device = self.edit(change.clone())?;
                Ok(Some(NoticeOp::Assign))
            }
            Operation::Remove => {
                let removed = change.clone();
                self.remove(&removed.device, removed.file_operation)?;
                self.forget_child(removed.device.key);
                Ok(Some(NoticeOp::Remove))
            }
            Operation::Unset => Ok(Some(NoticeOp::Assign)),
        }
    }

    fn check_unit_is_free(&self, device: &Device) -> Result<(), Fault> {
        let taken = device.unit_number.is_some()
            && self.state.devices.iter().any(|listed| {
                listed.kind.is_a(device.kind)
                    && listed.controller_key == device.controller_key
                    && listed.unit_number == device.unit_number
            });
        if taken { Err(invalid("unitNumber", "the unit is taken")) } else { Ok(()) }
    }

    fn add(&mut self, changes: &mut [DeviceChange], index: usize) -> Result<(), Fault> {
        let change = changes[index].clone();
        let wanted = change.device.key;
        let device = self.configure_device(change, None)?;
        let key = device.key;
        changes[index].device = device;
        self.emit(Effect::Append { device: key });
        if key != wanted {
            for change in changes.iter_mut().filter(|change| change.device.controller_key == wanted) {
                change.device.controller_key = key;
                if self.listed(change.device.key).is_some_and(|listed| listed.controller_key == wanted) {
                    self.emit(Effect::Rekey { device: change.device.key, controller: key });
                }
            }
        }
        Ok(())
    }

    fn edit(&mut self, change: DeviceChange) -> Result<Device, Fault> {
        let Some(old) = self.listed(change.device.key).cloned() else {
            return Err(invalid("key", format!("no device has the key {}", change.device.key)));
        };
        // The bookkeeping is that of the device as it was, but the file operation is the edit's own.
        self.remove(&old, change.file_operation)?;
        let mut change = change;
        change.device.summary = None;
        let device = self.configure_device(change, Some(&old))?;
        self.emit(Effect::Append { device: device.key });
        Ok(device)
    }

    /// Removes the device that has the key of `spec`; the bookkeeping goes by the class that `spec` says.
    fn remove(&mut self, spec: &Device, file: Option<FileOperation>) -> Result<(), Fault> {
        let Some(index) = self.state.devices.iter().position(|device| device.key == spec.key) else {
            return Ok(());
        };
        let stored = self.state.devices[index].clone();
        self.emit(Effect::RemoveAt { index });
        // What the specification says of a device that is to go may be out of date, or another machine's: its file may be
        // somebody else's by now.
        let spec = match self.around.rules {
            Rules::Original => spec,
            Rules::Strict => &stored,
        };
        if spec.kind.is_ethernet() {
            self.remove_nic(spec)
        } else if spec.kind == Kind::Disk {
            self.remove_disk(spec, file)
        } else {
            Ok(())
        }
    }

    /// Strict child lists name no device that is gone, and none twice. The original leaves the key where it is.
    pub(super) fn forget_child(&mut self, key: i32) {
        let named = self.state.devices.iter().any(|device| device.children.contains(&key));
        if self.around.rules == Rules::Strict && named {
            self.emit(Effect::ForgetChild { device: key });
        }
    }

    /// Makes a device of a specification: its key, its place, what backs it, how it is described.
    fn configure_device(&mut self, change: DeviceChange, old: Option<&Device>) -> Result<Device, Fault> {
        let mut device = change.device.clone();
        let label = self.choose_key(&mut device)?;
        let mut summary = label.clone();
        match device.kind {
            kind if kind.is_ethernet() => {
                self.configure_nic(&mut device, &change, &label)?;
                return Ok(device);
            }
            Kind::Disk => self.configure_disk(&mut device, &change, old, &mut summary)?,
            _ => summary = describe(&device).unwrap_or(summary),
        }
        self.finish(&mut device, label, summary);
        self.emit(Effect::Create(Box::new(device.clone())));
        Ok(device)
    }

    /// Chooses the device's key and answers its label, which is made of what is known at this point.
    fn choose_key(&mut self, device: &mut Device) -> Result<String, Fault> {
        let wanted = device.key;
        if wanted <= 0 {
            device.key = -list::new_key(&self.state.devices);
        }
        let tentative = device.key;
        // Sorted once: a list of thousands of devices is searched for a gap thousands of times.
        let taken: BTreeSet<i32> = self.state.devices.iter().map(|listed| listed.key).collect();
        while taken.contains(&device.key) {
            let next = device.key.checked_add(1);
            device.key = next.ok_or_else(|| invalid("key", "no larger key is left"))?;
        }
        if wanted != tentative {
            // The original writes the tentative key, which may turn out to be another device's.
            let to = match self.around.rules {
                Rules::Original => tentative,
                Rules::Strict => device.key,
            };
            self.rename_child(device.controller_key, wanted, to);
        }
        Ok(list::name(device))
    }

    fn rename_child(&mut self, controller: i32, from: i32, to: i32) {
        if self.listed(controller).is_some_and(|found| found.children.contains(&from)) {
            self.emit(Effect::RenameChild { controller, from, to });
        }
    }

    /// Fills in what a device has by default once it is otherwise complete.
    pub(super) fn finish(&self, device: &mut Device, label: String, summary: String) {
        let blank = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        if blank(&device.label) {
            device.label = Some(label);
        }
        if blank(&device.summary) {
            device.summary = Some(summary);
        }
        if device.connectable.is_none() && device.kind.is_connectable() {
            device.connectable =
                Some(Connectable { start_connected: true, allow_guest_control: false, connected: true });
        }
        if let Some(connectable) = &mut device.connectable
            && self.state.settings.power != Some(PowerState::On)
        {
            connectable.connected = false;
        }
    }

    pub(super) fn listed(&self, key: i32) -> Option<&Device> {
        list::find_by_key(&self.state.devices, key)
    }
}

fn describe(device: &Device) -> Option<String> {
    let Some(Backing::File { name }) = &device.backing else { return None };
    let what = match device.kind {
        Kind::Cdrom => "ISO",
        Kind::Floppy => "Image",
        Kind::SerialPort => "File",
        _ => return None,
    };
    Some(format!("{what} {name}"))
}

pub(super) fn invalid(property: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::InvalidDeviceSpec, message).of(format!("VirtualDeviceSpec.device.{property}"))
}

/// Faults about a device say at which change it was.
fn blame(fault: Fault, index: usize) -> Fault {
    if fault.device_index.is_some() { fault } else { fault.at(index) }
}
