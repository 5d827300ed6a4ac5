//! Cloning and destroying machines.

use bohrbug_sync::Arc;

use super::{Folder, NewMachine, VirtualMachine};
use crate::device::{Backing, Device};
use crate::fault::{Fault, FaultKind};
use crate::lock::Context;
use crate::reconfigure::{ConfigSpec, DeviceChange, FileOperation};
use crate::simulator::Simulator;
use crate::state::{PowerState, Settings};
use crate::store::Part;

/// What a clone does with the devices of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cloning {
    /// It holds them too, so that a change of the clone is a change of the source.
    SharesDevices,
    /// It gets copies. What is counted beside them it gets when it can be found already, as the original applies what a
    /// clone is to have beyond its source.
    CopiesDevices,
    /// The same, but it is complete before anybody can find it.
    CompletesFirst,
}

impl Cloning {
    fn parts(self, source: &VirtualMachine) -> Vec<Part> {
        let parts = source.store.share();
        match self {
            Self::SharesDevices => parts,
            Self::CopiesDevices | Self::CompletesFirst => parts.iter().map(|part| Part::value(part.device())).collect(),
        }
    }
}

impl Simulator {
    /// Clones `source` into `folder`: the same devices, but files of its own below its disks.
    pub fn clone_vm(
        &self,
        ctx: &mut Context,
        source: &VirtualMachine,
        folder: &Folder,
        name: &str,
    ) -> Result<Arc<VirtualMachine>, Fault> {
        match self.policy.cloning {
            // What the clone is of stays as it is until the clone is there: else it could be of a machine that is gone, and
            // have the name of its file.
            Cloning::CompletesFirst => ctx.with_lock(source.lock(), |ctx| {
                let (settings, parts) = self.to_clone(source)?;
                let (new, parts) = new_machine(name, &settings, parts);
                self.create_from(ctx, folder, &new, &parts, &|clone| inherit(clone, &settings))
            }),
            Cloning::SharesDevices | Cloning::CopiesDevices => {
                let (settings, parts) = ctx.with_lock(source.lock(), |_| self.to_clone(source))?;
                let (new, parts) = new_machine(name, &settings, parts);
                let clone = self.create_from(ctx, folder, &new, &parts, &|_| ())?;
                clone.store.change(&[&|clone| inherit(clone, &settings)]);
                Ok(clone)
            }
        }
    }

    /// What of a machine its clone begins with.
    fn to_clone(&self, source: &VirtualMachine) -> Result<(Settings, Vec<Part>), Fault> {
        let settings = source.store.settings();
        source.check_exists(&settings)?;
        Ok((settings, self.policy.cloning.parts(source)))
    }

    /// Destroys a machine that is not powered on: its devices, its disks' files, its place in its folder.
    pub fn destroy_vm(&self, ctx: &mut Context, machine: &VirtualMachine) -> Result<(), Fault> {
        ctx.with_lock(machine.lock(), |ctx| {
            let settings = machine.store.settings();
            machine.check_exists(&settings)?;
            if settings.power == Some(PowerState::On) {
                return Err(
                    Fault::new(FaultKind::InvalidPowerState, "the machine is powered on").of("runtime.powerState")
                );
            }
            let removals = machine.store.devices().into_iter().map(removal).collect();
            self.configure(ctx, machine, &ConfigSpec::devices(removals))?;
            machine.store.change(&[&|settings| settings.destroyed = true]);
            // Last, so that a removal that faults leaves the machine where it was.
            if let Some(folder) = machine.parent().and_then(|parent| self.folder(parent)) {
                self.withdraw(ctx, &folder, machine);
            }
            Ok(())
        })
    }
}

/// The machine to create, with files of its own for its disks, and the devices that it begins with.
fn new_machine(name: &str, settings: &Settings, parts: Vec<Part>) -> (NewMachine, Vec<Part>) {
    let (disks, parts): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| is_file_disk(&part.device()));
    let mut new = NewMachine::named(name);
    new.uuid.clone_from(&settings.uuid);
    new.devices = disks.iter().map(|disk| with_a_new_file(disk.device())).collect();
    (new, parts)
}

/// What a clone has of its source beside the devices.
fn inherit(clone: &mut Settings, source: &Settings) {
    clone.guest_id.clone_from(&source.guest_id);
    clone.num_ethernet_cards = source.num_ethernet_cards;
    clone.networks.clone_from(&source.networks);
    clone.guest.net.clone_from(&source.guest.net);
}

fn is_file_disk(device: &Device) -> bool {
    matches!(device.backing, Some(Backing::Disk(_)))
}

fn with_a_new_file(mut disk: Device) -> DeviceChange {
    if let Some(Backing::Disk(backing)) = &mut disk.backing {
        backing.file_name.clear();
        backing.parent = None;
    }
    disk.unit_number = disk.unit_number.or(Some(0));
    DeviceChange::add(disk).with_file(FileOperation::Create)
}

fn removal(device: Device) -> DeviceChange {
    let owns_file = is_file_disk(&device);
    let change = DeviceChange::remove(device);
    if owns_file { change.with_file(FileOperation::Destroy) } else { change }
}
