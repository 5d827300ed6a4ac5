//! Faults: what an operation answers when it refuses or cannot go on.

use std::fmt;

/// The type of a fault, as the vSphere API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A device specification that cannot be applied.
    InvalidDeviceSpec,
    /// A change that this device does not allow.
    InvalidDeviceOperation,
    /// A device that the platform does not support.
    DeviceUnsupportedForVmPlatform,
    /// A configuration that contradicts itself.
    InvalidVmConfig,
    /// An argument out of its domain.
    InvalidArgument,
    /// A file that should be there is not.
    FileNotFound,
    /// A file that should not be there is.
    FileAlreadyExists,
    /// A path that is not a datastore path.
    InvalidDatastorePath,
    /// A path on a datastore that does not exist.
    InvalidDatastore,
    /// The datastore is full.
    InsufficientDatastoreSpace,
    /// An object that the operation needs does not exist.
    NotFound,
    /// The object itself does not exist (any more).
    ManagedObjectNotFound,
    /// The object does not do this.
    NotSupported,
    /// Not in this power state.
    InvalidPowerState,
    /// Not in this state.
    InvalidState,
    /// No such property.
    InvalidProperty,
    /// No such page or version of a collection.
    InvalidCollectorVersion,
    /// Not without a session.
    NotAuthenticated,
    /// The request was cancelled.
    RequestCanceled,
    /// The host failed in the middle (injected).
    HostCommunication,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A fault: its type, what it is about, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The type.
    pub kind: FaultKind,
    /// The property that is to blame.
    pub property: Option<String>,
    /// The position in the list of device changes.
    pub device_index: Option<usize>,
    /// What happened.
    pub message: String,
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(index) = self.device_index {
            write!(f, " at device change {index}")?;
        }
        if let Some(property) = &self.property {
            write!(f, " in {property}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Fault {
    /// A fault of this type with this sentence.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, property: None, device_index: None, message: message.into() }
    }

    /// The same fault, blaming `property`.
    pub fn of(mut self, property: impl Into<String>) -> Self {
        self.property = Some(property.into());
        self
    }

    /// The same fault, blaming the device change at `index`.
    pub fn at(mut self, index: usize) -> Self {
        self.device_index = Some(index);
        self
    }
}
