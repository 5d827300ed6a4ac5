//! Power operations, and the customisation of the guest that a power-on brings about.

use super::VirtualMachine;
use crate::device::Device;
use crate::fault::{Fault, FaultKind};
use crate::lock::Context;
use crate::reconfigure::NoticeOp;
use crate::simulator::Simulator;
use crate::state::{Customization, PowerState, Settings};
use crate::store::{Changed, Held};
use crate::value::settings_value;
use bohrbug_sync::choice::fault;

impl Simulator {
    /// Powers a machine on, off, or suspends it.
    pub fn set_power(&self, ctx: &mut Context, machine: &VirtualMachine, wanted: PowerState) -> Result<(), Fault> {
        ctx.with_lock(machine.lock(), |_| {
            let settings = machine.store.settings();
            machine.check_exists(&settings)?;
            self.check_power(&settings, wanted)?;
            if wanted == PowerState::On {
                customize(machine, &settings);
            }
            machine.store.change(&[&|settings| settings.power = Some(wanted)]);
            // The list is replaced by a deep copy, so from here on the machine shares no device with another.
            let connect = |devices: &mut Vec<Device>| connect(devices, wanted);
            let list = machine.store.replace_devices(&connect);
            self.registry.update(machine.reference(), vec![changes(machine, list)]);
            Ok(())
        })
    }

    fn check_power(&self, settings: &Settings, wanted: PowerState) -> Result<(), Fault> {
        let now = settings.power.unwrap_or(PowerState::Off);
        if settings.template && wanted == PowerState::On {
            return Err(Fault::new(FaultKind::InvalidState, "a template cannot be powered on").of("config.template"));
        }
        if now == wanted || (wanted == PowerState::Suspended && now != PowerState::On) {
            return Err(power_fault(now));
        }
        if wanted == PowerState::On && self.faults && fault("host.power-on") {
            return Err(
                Fault::new(FaultKind::HostCommunication, "the host did not start the machine").of("runtime.powerState")
            );
        }
        Ok(())
    }

    /// Prepares a customisation of the guest for the next power-on.
    pub fn customize_vm(
        &self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        customization: Customization,
    ) -> Result<(), Fault> {
        ctx.with_lock(machine.lock(), |_| {
            let settings = machine.store.settings();
            machine.check_exists(&settings)?;
            if settings.power == Some(PowerState::On) {
                return Err(power_fault(PowerState::On));
            }
            machine.store.change(&[&|settings| {
                settings.customization = Some(customization.clone());
            }]);
            Ok(())
        })
    }
}

fn power_fault(now: PowerState) -> Fault {
    Fault::new(FaultKind::InvalidPowerState, format!("the machine is {}", now.name())).of("runtime.powerState")
}

/// The guest gets its name, then its address: two steps, unless the store makes one of them.
fn customize(machine: &VirtualMachine, settings: &Settings) {
    let Some(customization) = &settings.customization else { return };
    machine.store.change(&[&|settings| settings.guest.host_name.clone_from(&customization.host_name), &|settings| {
        settings.guest.ip_address.clone_from(&customization.ip_address);
        settings.customization = None;
    }]);
}

fn connect(devices: &mut [Device], power: PowerState) {
    for connectable in devices.iter_mut().filter_map(|device| device.connectable.as_mut()) {
        connectable.connected = power == PowerState::On && connectable.start_connected;
    }
}

fn changes(machine: &VirtualMachine, list: Held) -> Vec<Changed> {
    let settings = machine.store.settings();
    let mut changes: Vec<Changed> = ["runtime.powerState", "summary.runtime.powerState", "guest"]
        .into_iter()
        .filter_map(|path| Some(Changed::assign(path, settings_value(&settings, path)?)))
        .collect();
    changes.push(Changed { op: NoticeOp::Assign, path: "config.hardware.device".into(), value: Some(list) });
    changes
}
