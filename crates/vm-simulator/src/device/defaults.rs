//! The devices that every new machine starts with.

use super::{Backing, Device, Kind};

/// Which devices a new machine starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultDevices {
    /// The nine devices of a new virtual machine.
    Nine,
    /// Only the PCI controller: the smallest machine that can take a network card. Scenarios use it, because each
    /// device is more steps for whoever enumerates interleavings.
    PciOnly,
}

impl DefaultDevices {
    /// The devices, in the order in which they are created.
    pub fn devices(self) -> Vec<Device> {
        match self {
            Self::Nine => nine(),
            Self::PciOnly => {
                vec![named(Device::new(Kind::PciController, 100), "PCI controller 0")]
            }
        }
    }
}

fn nine() -> Vec<Device> {
    let mut pci = named(Device::new(Kind::PciController, 100), "PCI controller 0");
    pci.children = vec![500, 12000];
    let ide0 = named(Device::new(Kind::IdeController, 200), "IDE 0");
    let mut ide1 = named(Device::new(Kind::IdeController, 201), "IDE 1");
    ide1.bus_number = 1;
    let mut ps2 = named(Device::new(Kind::Ps2Controller, 300), "PS2 controller 0");
    ps2.children = vec![600, 700];
    let sio = named(Device::new(Kind::SioController, 400), "SIO controller 0");
    let keyboard = Device::new(Kind::Keyboard, 600).on(300, Some(0));
    let mouse = Device::new(Kind::PointingDevice, 700).on(300, Some(1));
    let mouse = mouse.backed_by(Backing::Other { kind: "VirtualPointingDeviceDeviceBackingInfo".into() });
    let video = Device::new(Kind::VideoCard, 500).on(100, Some(0));
    let vmci = Device::new(Kind::Vmci, 12000).on(100, Some(17));
    vec![
        pci,
        ide0,
        ide1,
        ps2,
        sio,
        described(keyboard, "Keyboard ", "Keyboard"),
        described(mouse, "Pointing device", "Pointing device; Device"),
        described(video, "Video card ", "Video card"),
        described(
            vmci,
            "VMCI device",
            "Device on the virtual machine PCI bus that provides support for the virtual machine communication interface",
        ),
    ]
}

fn named(device: Device, name: &str) -> Device {
    described(device, name, name)
}

fn described(mut device: Device, label: &str, summary: &str) -> Device {
    device.label = Some(label.into());
    device.summary = Some(summary.into());
    device
}
