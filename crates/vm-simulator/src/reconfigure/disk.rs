//! Disks: their capacity, their file, the space they take.

use super::change::invalid;
use super::{DeviceChange, Effect, FileOperation, Notice, Planner, Rules};
use crate::device::{Backing, Device, DiskBacking, DiskFormat};
use crate::fault::{Fault, FaultKind};

impl Planner<'_> {
    pub(super) fn configure_disk(
        &mut self,
        disk: &mut Device,
        change: &DeviceChange,
        old: Option<&Device>,
        summary: &mut String,
    ) -> Result<(), Fault> {
        let size = match old.filter(|old| old.kind == disk.kind) {
            Some(old) => changed_size(old, disk).ok_or_else(|| {
                Fault::new(FaultKind::InvalidDeviceOperation, "a disk only grows, and its two capacities agree")
                    .of("VirtualDeviceSpec.device.capacityInBytes")
            })?,
            None => disk.size_in_bytes(),
        };
        set_size(disk, size);
        match disk.backing.clone() {
            Some(Backing::Disk(backing)) => {
                let backing = self.back(disk, backing, change)?;
                *summary = format!("{} KB", grouped(disk.capacity_kb));
                disk.backing = Some(Backing::Disk(backing));
                self.count_disk(1);
                let freed = old.map_or(0, Device::size_in_bytes);
                self.emit(Effect::Space { by: freed.saturating_sub(disk.size_in_bytes()) });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks the file below the disk, and creates it where that was asked for.
    fn back(
        &mut self,
        disk: &mut Device,
        mut backing: DiskBacking,
        change: &DeviceChange,
    ) -> Result<DiskBacking, Fault> {
        if backing.format == DiskFormat::SparseVer2 {
            return Err(Fault::new(FaultKind::DeviceUnsupportedForVmPlatform, "sparse disks cannot be created here")
                .of("VirtualDeviceSpec.device.backing"));
        }
        if let Some(parent) = &backing.parent {
            let Some(size) = self.files.get(parent) else {
                return Err(invalid("backing.parent.fileName", "the parent cannot be read"));
            };
            set_size(disk, *size);
        }
        backing.file_name = self.path(&backing.file_name)?;
        self.file(&backing.file_name, disk.size_in_bytes(), change.file_operation)?;
        backing.thin = backing.thin.or(Some(false));
        Ok(backing)
    }

    /// A path that names a file, made up from the machine's name where the specification has none.
    fn path(&self, given: &str) -> Result<String, Fault> {
        let given = if given.is_empty() { self.state.settings.directory.as_str() } else { given };
        let Some((datastore, path)) = given.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return Err(Fault::new(FaultKind::InvalidDatastorePath, format!("'{given}' names no datastore"))
                .of("VirtualDeviceSpec.device.backing.fileName"));
        };
        if !self.around.datastores.contains(datastore) {
            return Err(Fault::new(FaultKind::InvalidDatastore, format!("there is no datastore '{datastore}'"))
                .of("VirtualDeviceSpec.device.backing.fileName"));
        }
        if path.trim().ends_with(".vmdk") {
            return Ok(given.to_owned());
        }
        let name = &self.state.settings.name;
        let folder = if path.trim().is_empty() { name.as_str() } else { path.trim().trim_end_matches('/') };
        let mut index = 0;
        loop {
            let number = if index == 0 { String::new() } else { format!("_{index}") };
            let path = format!("[{datastore}] {folder}/{name}{number}.vmdk");
            if !self.files.contains_key(&path) {
                return Ok(path);
            }
            index += 1;
        }
    }

    fn file(&mut self, path: &str, size: i64, operation: Option<FileOperation>) -> Result<(), Fault> {
        let exists = self.files.contains_key(path);
        let blamed =
            |kind, message: String| Err(Fault::new(kind, message).of("VirtualDeviceSpec.device.backing.fileName"));
        match operation {
            None if exists => Ok(()),
            None => blamed(FaultKind::FileNotFound, format!("there is no file '{path}'")),
            Some(FileOperation::Replace) => {
                if exists {
                    self.emit(Effect::DeleteFile { path: path.to_owned() });
                }
                self.create(path, size)
            }
            Some(_) if exists => blamed(FaultKind::FileAlreadyExists, format!("the file '{path}' exists")),
            Some(_) => self.create(path, size),
        }
    }

    fn create(&mut self, path: &str, size: i64) -> Result<(), Fault> {
        if self.fails("datastore.create-file") {
            return Err(Fault::new(FaultKind::HostCommunication, "the host did not create the file")
                .of("VirtualDeviceSpec.device.backing.fileName"));
        }
        self.emit(Effect::CreateFile { path: path.to_owned(), size });
        Ok(())
    }

    /// Undoes the bookkeeping of a disk, and deletes its file where that was asked for.
    pub(super) fn remove_disk(&mut self, spec: &Device, file: Option<FileOperation>) -> Result<(), Fault> {
        if file == Some(FileOperation::Destroy)
            && let Some(Backing::Disk(backing)) = &spec.backing
        {
            self.emit(Effect::Space { by: spec.size_in_bytes() });
            match (self.fails("datastore.delete-file"), self.around.rules) {
                (false, _) => self.emit(Effect::DeleteFile { path: backing.file_name.clone() }),
                // It is left behind: the original does not look at the outcome.
                (true, Rules::Original) => {}
                (true, Rules::Strict) => {
                    return Err(Fault::new(FaultKind::HostCommunication, "the host did not delete the file")
                        .of("VirtualDeviceSpec.device.backing.fileName"));
                }
            }
        }
        self.count_disk(-1);
        Ok(())
    }

    fn count_disk(&mut self, by: i32) {
        self.emit(Effect::CountDisk { by });
        self.emit(Effect::Notify(vec![Notice::assign("summary.config.numVirtualDisks")]));
    }
}

fn set_size(disk: &mut Device, bytes: i64) {
    disk.capacity_bytes = bytes;
    disk.capacity_kb = bytes / 1024;
}

/// The new size of an edited disk; `None` when it would shrink or its two capacities disagree. A capacity that says
/// the same as before is not looked at, so that one of the two is enough to grow a disk.
fn changed_size(old: &Device, new: &Device) -> Option<i64> {
    let shrinks = |new: i64, old: i64| new > 0 && new < old;
    if shrinks(new.capacity_bytes, old.capacity_bytes) || shrinks(new.capacity_kb, old.capacity_kb) {
        return None;
    }
    let from_kb = new.capacity_kb.saturating_mul(1024);
    if new.capacity_bytes == old.capacity_bytes {
        return Some(from_kb);
    }
    let both = new.capacity_bytes > 0 && new.capacity_kb > 0 && new.capacity_kb != old.capacity_kb;
    if both && from_kb != new.capacity_bytes {
        return None;
    }
    Some(new.capacity_bytes)
}

/// A number with a comma between each three digits.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}
