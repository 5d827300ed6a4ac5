//! The device model: what a virtual machine is made of, as plain values.
//!
//! A [`Device`] here is a value: copying it copies everything. Where a revision shares devices between readers and
//! writers it does so in its own representation (`store/`), never here.

mod defaults;
mod kind;
pub mod list;

pub use defaults::DefaultDevices;
pub use kind::Kind;

/// One virtual device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is.
    pub kind: Kind,
    /// Its key, unique in its machine; zero or negative in a specification means "choose one".
    pub key: i32,
    /// The key of the controller it hangs on; 0 is none.
    pub controller_key: i32,
    /// Its unit on that controller.
    pub unit_number: Option<i32>,
    /// The name shown to people.
    pub label: Option<String>,
    /// One line about what backs it.
    pub summary: Option<String>,
    /// What backs it: a file, a network.
    pub backing: Option<Backing>,
    /// Its connection, for kinds that can be connected.
    pub connectable: Option<Connectable>,
    /// The bus number, on controllers.
    pub bus_number: i32,
    /// The child list, on controllers: keys of the devices that were attached to it.
    pub children: Vec<i32>,
    /// The unit that a SCSI controller itself occupies on its bus.
    pub scsi_controller_unit: i32,
    /// The MAC address, on network cards; empty is none.
    pub mac_address: String,
    /// How the MAC address came about, on network cards.
    pub address_type: String,
    /// Capacity in KB, on disks.
    pub capacity_kb: i64,
    /// Capacity in bytes, on disks.
    pub capacity_bytes: i64,
    /// Network share, on network cards.
    pub allocation: Option<NetworkAllocation>,
}

impl Device {
    /// A device of `kind` with the key `key` and nothing else set.
    pub fn new(kind: Kind, key: i32) -> Self {
        Self {
            kind,
            key,
            controller_key: 0,
            unit_number: None,
            label: None,
            summary: None,
            backing: None,
            connectable: None,
            bus_number: 0,
            children: Vec::new(),
            scsi_controller_unit: 0,
            mac_address: String::new(),
            address_type: String::new(),
            capacity_kb: 0,
            capacity_bytes: 0,
            allocation: None,
        }
    }

    /// The same device on the controller `controller`.
    pub fn on(mut self, controller: i32, unit: Option<i32>) -> Self {
        self.controller_key = controller;
        self.unit_number = unit;
        self
    }

    /// The same device backed by `backing`.
    pub fn backed_by(mut self, backing: Backing) -> Self {
        self.backing = Some(backing);
        self
    }

    /// The size of a disk in bytes, whichever of its two fields says so; saturating, so that no size overflows.
    pub fn size_in_bytes(&self) -> i64 {
        if self.capacity_bytes == 0 { self.capacity_kb.saturating_mul(1024) } else { self.capacity_bytes }
    }
}

/// What a device stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backing {
    /// A network by its name; the reference is filled in when the device is configured.
    Network {
        /// The name of the network.
        name: String,
        /// The network that the name was resolved to, as it prints.
        network: Option<String>,
    },
    /// A port group of a distributed switch.
    DistributedPort {
        /// The switch.
        switch: String,
        /// The port group.
        portgroup: String,
    },
    /// A disk file.
    Disk(DiskBacking),
    /// Any other file: an ISO image, a floppy image, a serial port's log.
    File {
        /// Its path on a datastore.
        name: String,
    },
    /// A kind this library carries along without looking into it.
    Other {
        /// The name of the kind.
        kind: String,
    },
}

/// The file below a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskBacking {
    /// Its format.
    pub format: DiskFormat,
    /// Its path, as in `[datastore] folder/file.vmdk`; an empty path asks for a generated one.
    pub file_name: String,
    /// The disk mode, such as `persistent`.
    pub mode: String,
    /// Whether blocks are allocated on demand.
    pub thin: Option<bool>,
    /// The file that a linked disk extends.
    pub parent: Option<String>,
}

/// The format of a disk file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFormat {
    /// Allocated in full.
    FlatVer2,
    /// Sparse: known, but not supported on this platform.
    SparseVer2,
}

/// The connection of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connectable {
    /// Connected when the machine starts.
    pub start_connected: bool,
    /// The guest may connect and disconnect it.
    pub allow_guest_control: bool,
    /// Connected now.
    pub connected: bool,
}

/// A network card's share of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkAllocation {
    /// Reserved bandwidth.
    pub reservation: i64,
    /// Shares.
    pub shares: i32,
    /// Upper limit; -1 is none.
    pub limit: i64,
}
