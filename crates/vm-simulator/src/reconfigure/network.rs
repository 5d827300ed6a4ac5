//! Network cards: the network behind them, their place on the PCI bus, their MAC address.

use super::change::invalid;
use super::{DeviceChange, Effect, Notice, Operation, Planner};
use crate::device::{Backing, Device, Kind, NetworkAllocation, list};
use crate::fault::{Fault, FaultKind};
use crate::reference::{ObjectKind, Ref};
use crate::state::GuestNic;

/// The first half of every generated MAC address.
const VENDOR: &str = "00:0c:29";

impl Planner<'_> {
    pub(super) fn configure_nic(
        &mut self,
        device: &mut Device,
        change: &DeviceChange,
        label: &str,
    ) -> Result<(), Fault> {
        let controller = list::pick_controller(&self.state.devices, Kind::PciController).cloned();
        let (name, network, summary) = self.resolve_network(device)?;
        self.count_nic(1, network);
        let spec = device.clone();
        let assigned = match device.unit_number {
            Some(_) => None,
            None => Some(self.place(device, controller.as_ref())?),
        };
        if device.mac_address.is_empty() {
            let unit = device.unit_number.unwrap_or_default();
            device.mac_address = generated_mac(&self.state.settings.uuid, unit);
        }
        if change.operation == Operation::Add && device.allocation.is_none() {
            device.allocation = Some(NetworkAllocation { reservation: 0, shares: 50, limit: -1 });
        }
        let summary = summary.unwrap_or_else(|| label.into());
        self.finish(device, label.into(), summary);
        self.attach(device, &spec, assigned);
        self.emit(Effect::AddGuestNic(GuestNic {
            network: name,
            mac_address: device.mac_address.clone(),
            device_config_id: device.key,
        }));
        Ok(())
    }

    /// The device as the specification has it comes into being, then gets its place and its address.
    fn attach(&mut self, device: &Device, spec: &Device, assigned: Option<(i32, i32)>) {
        let mut created = device.clone();
        created.controller_key = spec.controller_key;
        created.unit_number = spec.unit_number;
        created.mac_address.clone_from(&spec.mac_address);
        if assigned.is_some() {
            self.forget_child(device.key);
        }
        self.emit(Effect::Create(Box::new(created)));
        if let Some((controller, unit)) = assigned {
            self.emit(Effect::Assign { device: device.key, controller, unit });
        }
        if device.mac_address != spec.mac_address {
            self.emit(Effect::SetMac { device: device.key, mac: device.mac_address.clone() });
        }
    }

    /// Finds the device a unit on `controller`, where the original would panic if there is none to be had.
    fn place(&self, device: &mut Device, controller: Option<&Device>) -> Result<(i32, i32), Fault> {
        let controller =
            controller.ok_or_else(|| invalid("controllerKey", "there is no PCI controller to attach to"))?;
        let unit = list::unit_for(&self.state.devices, device.kind, controller)
            .map_err(|taken| invalid("unitNumber", taken.to_string()))?;
        device.controller_key = controller.key;
        device.unit_number = Some(unit);
        Ok((controller.key, unit))
    }

    fn resolve_network(&self, device: &mut Device) -> Result<(String, Option<Ref>, Option<String>), Fault> {
        match &mut device.backing {
            Some(Backing::Network { name, network }) => {
                let found = self.around.networks.get(name).filter(|_| !self.fails("network.lookup"));
                let found =
                    *found.ok_or_else(|| invalid("backing.deviceName", format!("there is no network '{name}'")))?;
                *network = Some(found.typed());
                Ok((name.clone(), Some(found), Some(name.clone())))
            }
            Some(Backing::DistributedPort { switch, portgroup }) => {
                if !self.around.switches.contains(switch) || self.fails("network.switch-members") {
                    return Err(Fault::new(
                        FaultKind::NotFound,
                        format!("not every host is a member of the switch '{switch}'"),
                    )
                    .of("VirtualDeviceSpec.device.backing.port.switchUuid"));
                }
                Ok((String::new(), port_group(portgroup), Some(format!("DVSwitch: {switch}"))))
            }
            _ => Ok((String::new(), None, None)),
        }
    }

    /// Undoes the bookkeeping of a network card. The specification must say which network it was on: the original
    /// follows a missing reference and dies.
    pub(super) fn remove_nic(&mut self, spec: &Device) -> Result<(), Fault> {
        let network = match &spec.backing {
            Some(Backing::Network { network: None, .. }) => {
                return Err(invalid("backing.network", "the card to remove names no network"));
            }
            Some(Backing::Network { network: Some(typed), .. }) => {
                self.state.settings.networks.iter().copied().find(|known| known.typed() == *typed)
            }
            Some(Backing::DistributedPort { portgroup, .. }) => port_group(portgroup),
            _ => Some(Ref::new(ObjectKind::Network, 0)),
        };
        self.emit(Effect::RemoveGuestNic(spec.key));
        self.count_nic(-1, network);
        Ok(())
    }

    fn count_nic(&mut self, by: i32, network: Option<Ref>) {
        self.emit(Effect::CountNic { by, network });
        self.emit(Effect::Notify(vec![Notice::assign("summary.config.numEthernetCards"), Notice::assign("network")]));
    }
}

fn port_group(name: &str) -> Option<Ref> {
    let id = name.rsplit('-').next().and_then(|id| id.parse().ok()).unwrap_or(0);
    Some(Ref::new(ObjectKind::DistributedVirtualPortgroup, id))
}

/// The vendor's half, then the last three characters of the machine's identifier; the first of them is moved by the
/// unit, so that the cards of one machine differ.
pub(super) fn generated_mac(uuid: &str, unit: i32) -> String {
    let bytes = uuid.as_bytes();
    let at = |back: usize| bytes.len().checked_sub(back).map_or(0, |index| bytes[index]);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // modulo 256 is what is meant
    let moved = at(3).wrapping_add(unit.wrapping_sub(7) as u8);
    format!("{VENDOR}:{moved:02x}:{:02x}:{:02x}", at(2), at(1))
}
