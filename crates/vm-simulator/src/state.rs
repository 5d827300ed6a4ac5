//! A machine's state as one value: what a reconfigure reads, and what it may change.

use crate::device::Device;
use crate::reference::Ref;

/// The power state of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    /// Off.
    Off,
    /// On.
    On,
    /// Suspended.
    Suspended,
}

impl PowerState {
    /// The name in the vSphere API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "poweredOff",
            Self::On => "poweredOn",
            Self::Suspended => "suspended",
        }
    }
}

/// A network card as the guest sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestNic {
    /// The network's name.
    pub network: String,
    /// The card's MAC address.
    pub mac_address: String,
    /// The key of the card.
    pub device_config_id: i32,
}

/// What the guest reports of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guest {
    /// Its network cards.
    pub net: Vec<GuestNic>,
    /// Its host name, once customised.
    pub host_name: String,
    /// Its address, once customised.
    pub ip_address: String,
}

/// A customisation that the next power-on applies to the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customization {
    /// The host name to give.
    pub host_name: String,
    /// The address to give.
    pub ip_address: String,
}

/// Everything about a machine except its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// Its universally unique identifier; MAC addresses are made from its end.
    pub uuid: String,
    /// Free text.
    pub annotation: String,
    /// The guest operating system.
    pub guest_id: String,
    /// Memory.
    pub memory_mb: i64,
    /// Processors.
    pub num_cpus: i32,
    /// `bios` or `efi`.
    pub firmware: String,
    /// Secure boot, which needs `efi`.
    pub secure_boot: bool,
    /// Free key-value pairs.
    pub extra_config: Vec<(String, String)>,
    /// A template: no powering on, hardly any reconfiguring.
    pub template: bool,
    /// The folder of the machine's files, as in `[datastore] folder`.
    pub directory: String,
    /// The power state; none until the machine is initialised.
    pub power: Option<PowerState>,
    /// The guest.
    pub guest: Guest,
    /// A customisation waiting for the next power-on.
    pub customization: Option<Customization>,
    /// How many network cards the summary counts.
    pub num_ethernet_cards: i32,
    /// How many disks the summary counts.
    pub num_virtual_disks: i32,
    /// The networks, one entry a card.
    pub networks: Vec<Ref>,
    /// Counts the successful reconfigurations. Upstream puts the time here; a count is as good and repeats.
    pub change_version: u64,
    /// The machine is gone.
    pub destroyed: bool,
}

impl Settings {
    /// The settings of a new machine.
    pub fn new(name: &str, uuid: &str, directory: &str) -> Self {
        Self {
            name: name.into(),
            uuid: uuid.into(),
            annotation: String::new(),
            guest_id: "otherGuest".into(),
            memory_mb: 32,
            num_cpus: 1,
            firmware: "bios".into(),
            secure_boot: false,
            extra_config: Vec::new(),
            template: false,
            directory: directory.into(),
            power: None,
            guest: Guest::default(),
            customization: None,
            num_ethernet_cards: 0,
            num_virtual_disks: 0,
            networks: Vec::new(),
            change_version: 0,
            destroyed: false,
        }
    }
}

/// A machine's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineState {
    /// All but the devices.
    pub settings: Settings,
    /// The devices, in order.
    pub devices: Vec<Device>,
}
