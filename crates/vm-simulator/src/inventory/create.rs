//! Creating machines: where their default devices come from, and when others get to see them.

use bohrbug_sync::Arc;

use super::{Folder, VirtualMachine};
use crate::device::Device;
use crate::fault::Fault;
use crate::lock::Context;
use crate::reconfigure::{ConfigSpec, DeviceChange};
use crate::reference::ObjectKind;
use crate::registry::Object;
use crate::revision::Telling;
use crate::simulator::Simulator;
use crate::state::{PowerState, Settings};
use crate::store::Part;

/// A machine to create.
#[derive(Clone, Debug)]
pub struct NewMachine {
    /// Its name.
    pub name: String,
    /// Its identifier; MAC addresses are made from its end.
    pub uuid: String,
    /// The devices it gets besides the default ones.
    pub devices: Vec<DeviceChange>,
}

impl NewMachine {
    /// A machine with only the default devices.
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), uuid: "11111111-2222-3333-4444-5555556666af".into(), devices: Vec::new() }
    }

    /// The same machine with more devices.
    pub fn with(mut self, change: DeviceChange) -> Self {
        self.devices.push(change);
        self
    }
}

/// Where a new machine's default devices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defaults {
    /// All machines hold the same devices. A lock of the machine's own is no use against another machine's change.
    Shared,
    /// Each machine gets copies.
    Own,
}

impl Defaults {
    pub(crate) fn parts(self, templates: &[Part]) -> Vec<Part> {
        match self {
            Self::Shared => templates.to_vec(),
            Self::Own => templates.iter().map(|part| Part::value(part.device())).collect(),
        }
    }
}

/// When a new machine is put where others can find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// Before it has a power state, devices of its own, a version; and watchers are told before its folder lists it.
    PublishedFirst,
    /// When it is complete, and listed: both under the folder's lock.
    PublishedLast,
}

impl Simulator {
    /// Creates a machine in `folder`.
    pub fn create_vm(
        &self,
        ctx: &mut Context,
        folder: &Folder,
        new: &NewMachine,
    ) -> Result<Arc<VirtualMachine>, Fault> {
        let parts = self.policy.defaults.parts(&self.templates);
        self.create_from(ctx, folder, new, &parts, &|_| ())
    }

    pub(crate) fn create_from(
        &self,
        ctx: &mut Context,
        folder: &Folder,
        new: &NewMachine,
        parts: &[Part],
        complete: &dyn Fn(&mut Settings),
    ) -> Result<Arc<VirtualMachine>, Fault> {
        let machine = self.new_machine(new, parts);
        match self.policy.creation {
            Creation::PublishedFirst => {
                self.publish(ctx, folder, &machine);
                let initialised = self.initialise(ctx, &machine, new, complete);
                if initialised.is_err() {
                    self.withdraw(ctx, folder, &machine);
                }
                initialised?;
            }
            Creation::PublishedLast => {
                self.initialise(ctx, &machine, new, complete)?;
                self.publish(ctx, folder, &machine);
            }
        }
        Ok(machine)
    }

    fn new_machine(&self, new: &NewMachine, parts: &[Part]) -> Arc<VirtualMachine> {
        let reference = self.registry.next(ObjectKind::VirtualMachine);
        let directory = format!("[{}] {}", self.datastore.name(), new.name);
        let settings = Settings::new(&new.name, &new.uuid, &directory);
        Arc::new(VirtualMachine::new(reference, self.policy.store, settings, parts))
    }

    fn publish(&self, ctx: &mut Context, folder: &Folder, machine: &Arc<VirtualMachine>) {
        machine.set_parent(Some(folder.reference()));
        self.list(ctx, folder, Object::Machine(Arc::clone(machine)));
    }

    /// Puts a new object into its folder, and where it can be found.
    pub(crate) fn list(&self, ctx: &mut Context, folder: &Folder, object: Object) {
        let reference = object.reference();
        match self.policy.creation {
            Creation::PublishedFirst => {
                self.registry.put(object);
                self.adopt(ctx, folder, reference, || ());
            }
            Creation::PublishedLast => self.adopt(ctx, folder, reference, || self.registry.put(object)),
        }
    }

    pub(crate) fn withdraw(&self, ctx: &mut Context, folder: &Folder, machine: &VirtualMachine) {
        let forget = || self.registry.remove(machine.reference());
        match self.policy.telling {
            Telling::AsOriginal => {
                self.disown(ctx, folder, machine.reference(), || ());
                forget();
            }
            Telling::Everything => self.disown(ctx, folder, machine.reference(), forget),
        }
    }

    /// Everything between an empty machine and one that can be used.
    fn initialise(
        &self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        new: &NewMachine,
        complete: &dyn Fn(&mut Settings),
    ) -> Result<(), Fault> {
        if !new.devices.is_empty() {
            let spec = ConfigSpec::devices(new.devices.clone());
            match self.policy.creation {
                Creation::PublishedFirst => self.configure(ctx, machine, &spec)?,
                // Nobody has been told of the machine, so nobody can be watching it.
                Creation::PublishedLast => self.configure_untold(ctx, machine, &spec).result?,
            }
        }
        machine.store.change(&[&|settings| {
            settings.power = Some(PowerState::Off);
            complete(settings);
        }]);
        Ok(())
    }

    /// Creates a machine with exactly these devices and settings: a state that was recorded elsewhere.
    pub fn restore_vm(
        &self,
        ctx: &mut Context,
        folder: &Folder,
        settings: Settings,
        devices: Vec<Device>,
    ) -> Arc<VirtualMachine> {
        let reference = self.registry.next(ObjectKind::VirtualMachine);
        let parts: Vec<Part> = devices.into_iter().map(Part::value).collect();
        let machine = VirtualMachine::new(reference, self.policy.store, settings, &parts);
        let machine = Arc::new(machine);
        self.publish(ctx, folder, &machine);
        machine
    }
}
