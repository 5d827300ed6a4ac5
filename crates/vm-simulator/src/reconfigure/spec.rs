//! What a client asks for.

use crate::device::Device;

/// What to do with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Add it.
    Add,
    /// Replace the device that has its key.
    Edit,
    /// Remove the device that has its key.
    Remove,
    /// Nothing was said.
    Unset,
}

/// What to do with the file below a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOperation {
    /// Create it.
    Create,
    /// Delete it.
    Destroy,
    /// Create it anew.
    Replace,
}

/// One change to the device list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceChange {
    /// What to do.
    pub operation: Operation,
    /// What to do with its file.
    pub file_operation: Option<FileOperation>,
    /// The device.
    pub device: Device,
}

impl DeviceChange {
    /// Adds `device`.
    pub fn add(device: Device) -> Self {
        Self { operation: Operation::Add, file_operation: None, device }
    }

    /// Replaces the device that has the key of `device`.
    pub fn edit(device: Device) -> Self {
        Self { operation: Operation::Edit, file_operation: None, device }
    }

    /// Removes the device that has the key of `device`.
    pub fn remove(device: Device) -> Self {
        Self { operation: Operation::Remove, file_operation: None, device }
    }

    /// The same change, with an operation on its file.
    pub fn with_file(mut self, operation: FileOperation) -> Self {
        self.file_operation = Some(operation);
        self
    }
}

/// A specification: what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigSpec {
    /// A new name.
    pub name: Option<String>,
    /// A new annotation.
    pub annotation: Option<String>,
    /// Another guest operating system.
    pub guest_id: Option<String>,
    /// Another memory size.
    pub memory_mb: Option<i64>,
    /// Another number of processors.
    pub num_cpus: Option<i32>,
    /// `bios` or `efi`.
    pub firmware: Option<String>,
    /// Secure boot.
    pub secure_boot: Option<bool>,
    /// The version that the client last saw. Nothing compares it.
    pub change_version: Option<u64>,
    /// Pairs to set; an empty value removes the pair.
    pub extra_config: Vec<(String, String)>,
    /// Changes to the device list, applied in order.
    pub device_change: Vec<DeviceChange>,
}

impl ConfigSpec {
    /// A specification that only changes devices.
    pub fn devices(device_change: Vec<DeviceChange>) -> Self {
        Self { device_change, ..Self::default() }
    }

    /// A specification that only sets the annotation.
    pub fn annotated(annotation: &str) -> Self {
        Self { annotation: Some(annotation.into()), ..Self::default() }
    }

    pub(super) fn allowed_on_a_template(&self) -> bool {
        let named = Self { name: self.name.clone(), annotation: self.annotation.clone(), ..Self::default() };
        *self == named
    }
}
