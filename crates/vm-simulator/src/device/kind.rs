//! The kinds of devices and which kind extends which.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $(extends $base:ident)?;)*) => {
        /// The kind of a device. Selection by kind includes the kinds that extend it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// The kind's name in the vSphere API.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            fn base(self) -> Option<Kind> {
                match self { $(Kind::$variant => kinds!(@base $($base)?),)* }
            }
        }
    };
    (@base $base:ident) => { Some(Kind::$base) };
    (@base) => { None };
}

kinds! {
    /// The PCI bus; network cards hang on it.
    PciController = "VirtualPCIController";
    /// An IDE channel.
    IdeController = "VirtualIDEController";
    /// Keyboard and mouse.
    Ps2Controller = "VirtualPS2Controller";
    /// Serial and parallel ports, floppies.
    SioController = "VirtualSIOController";
    /// Any SCSI controller.
    ScsiController = "VirtualSCSIController";
    /// LSI Logic, parallel.
    LsiLogic = "VirtualLsiLogicController" extends ScsiController;
    /// LSI Logic, SAS.
    LsiLogicSas = "VirtualLsiLogicSASController" extends ScsiController;
    /// BusLogic.
    BusLogic = "VirtualBusLogicController" extends ScsiController;
    /// Paravirtual SCSI.
    ParaVirtualScsi = "ParaVirtualSCSIController" extends ScsiController;
    /// Any SATA controller.
    SataController = "VirtualSATAController";
    /// AHCI, which is how SATA is spoken.
    AhciController = "VirtualAHCIController" extends SataController;
    /// NVM Express.
    NvmeController = "VirtualNVMEController";
    /// USB 2.
    UsbController = "VirtualUSBController";
    /// USB 3.
    UsbXhciController = "VirtualUSBXHCIController";
    /// Any network card.
    EthernetCard = "VirtualEthernetCard";
    /// Intel E1000.
    E1000 = "VirtualE1000" extends EthernetCard;
    /// Intel E1000e.
    E1000e = "VirtualE1000e" extends EthernetCard;
    /// AMD PCnet.
    PcNet32 = "VirtualPCNet32" extends EthernetCard;
    /// A card with its own virtual function.
    Sriov = "VirtualSriovEthernetCard" extends EthernetCard;
    /// VMXNET of any generation.
    Vmxnet = "VirtualVmxnet" extends EthernetCard;
    /// VMXNET 2.
    Vmxnet2 = "VirtualVmxnet2" extends Vmxnet;
    /// VMXNET 3.
    Vmxnet3 = "VirtualVmxnet3" extends Vmxnet;
    /// VMXNET 3 with remote direct memory access.
    Vmxnet3Vrdma = "VirtualVmxnet3Vrdma" extends Vmxnet3;
    /// A disk.
    Disk = "VirtualDisk";
    /// A CD-ROM drive.
    Cdrom = "VirtualCdrom";
    /// A floppy drive.
    Floppy = "VirtualFloppy";
    /// A serial port.
    SerialPort = "VirtualSerialPort";
    /// A parallel port.
    ParallelPort = "VirtualParallelPort";
    /// A USB device.
    Usb = "VirtualUSB";
    /// A keyboard.
    Keyboard = "VirtualKeyboard";
    /// A mouse.
    PointingDevice = "VirtualPointingDevice";
    /// The video card.
    VideoCard = "VirtualMachineVideoCard";
    /// The machine's own communication device.
    Vmci = "VirtualMachineVMCIDevice";
    /// A PCI device of the host.
    PciPassthrough = "VirtualPCIPassthrough";
    /// Any sound card.
    SoundCard = "VirtualSoundCard";
    /// High definition audio.
    HdAudio = "VirtualHdAudioCard" extends SoundCard;
    /// A trusted platform module.
    Tpm = "VirtualTPM";
    /// A precision clock.
    PrecisionClock = "VirtualPrecisionClock";
}

impl Kind {
    /// The kind with this API name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether this kind is `other` or extends it.
    pub fn is_a(self, other: Kind) -> bool {
        let mut at = Some(self);
        while let Some(kind) = at {
            if kind == other {
                return true;
            }
            at = kind.base();
        }
        false
    }

    /// Whether this is a controller.
    pub fn is_controller(self) -> bool {
        const CONTROLLERS: [Kind; 9] = [
            Kind::PciController,
            Kind::IdeController,
            Kind::Ps2Controller,
            Kind::SioController,
            Kind::ScsiController,
            Kind::SataController,
            Kind::NvmeController,
            Kind::UsbController,
            Kind::UsbXhciController,
        ];
        CONTROLLERS.iter().any(|controller| self.is_a(*controller))
    }

    /// Whether this is a network card.
    pub fn is_ethernet(self) -> bool {
        self.is_a(Kind::EthernetCard)
    }

    /// Whether this is a SCSI controller.
    pub fn is_scsi(self) -> bool {
        self.is_a(Kind::ScsiController)
    }

    /// Whether a device of this kind gets a connection when its specification has none.
    pub fn is_connectable(self) -> bool {
        self.is_ethernet() || matches!(self, Kind::Cdrom | Kind::Floppy | Kind::Usb | Kind::SerialPort)
    }

    /// The first part of a device's name.
    pub fn type_name(self) -> String {
        match self {
            kind if kind.is_ethernet() => "ethernet".into(),
            Kind::ParaVirtualScsi => "pvscsi".into(),
            Kind::LsiLogicSas => "lsilogic-sas".into(),
            Kind::NvmeController => "nvme".into(),
            Kind::SataController => "sata".into(),
            Kind::PrecisionClock => "clock".into(),
            kind => trimmed(kind.name()).to_lowercase(),
        }
    }
}

/// An API name without the parts that every such name has.
fn trimmed(name: &str) -> &str {
    let name = name.strip_prefix("Virtual").unwrap_or(name);
    let name = name.strip_prefix("Machine").unwrap_or(name);
    for suffix in ["EthernetCard", "Card", "Device", "Controller"] {
        if let Some(short) = name.strip_suffix(suffix)
            && !short.is_empty()
        {
            return short;
        }
    }
    name
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
