//! Virtual machines.

use bohrbug_sync::{Shared, label};

use crate::device::Device;
use crate::fault::{Fault, FaultKind};
use crate::lock::ObjectLock;
use crate::reference::Ref;
use crate::revision::StoreKind;
use crate::state::Settings;
use crate::store::alias::AliasStore;
use crate::store::atomic::AtomicStore;
use crate::store::copied::CopiedStore;
use crate::store::live::LiveStore;
use crate::store::{Part, Store};
use crate::value::{Value, settings_tree};

/// A virtual machine.
pub struct VirtualMachine {
    reference: Ref,
    lock: ObjectLock,
    parent: Shared<Option<Ref>>,
    pub(crate) store: Box<dyn Store>,
}

impl VirtualMachine {
    pub(crate) fn new(reference: Ref, kind: StoreKind, settings: Settings, devices: &[Part]) -> Self {
        let machine = Self {
            reference,
            lock: ObjectLock::new(reference),
            parent: Shared::new(None),
            store: kind.store(&reference.to_string(), settings, devices),
        };
        label(&machine.parent, format_args!("{reference} parent"));
        machine
    }

    /// The machine's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    /// The folder the machine says it is in.
    pub fn parent(&self) -> Option<Ref> {
        self.parent.get()
    }

    pub(crate) fn set_parent(&self, parent: Option<Ref>) {
        self.parent.set(parent);
    }

    /// The devices as they are now, for looking at a machine that nobody is changing.
    pub fn devices(&self) -> Vec<Device> {
        self.store.devices()
    }

    /// The settings as they are now, for looking at a machine that nobody is changing.
    pub fn settings(&self) -> Settings {
        self.store.settings()
    }

    /// All of the machine's properties, read in one step; nothing if it is gone.
    pub(crate) fn whole_tree(&self, paths: &[String]) -> Option<Value> {
        let state = self.store.state();
        if state.settings.destroyed {
            return None;
        }
        let mut tree = settings_tree(&state.settings, Value::Devices(state.devices));
        if let Value::Struct(fields) = &mut tree
            && paths.iter().any(|path| path == "parent")
        {
            fields.push(("parent", self.parent().map_or(Value::Unset, Value::Ref)));
        }
        Some(tree)
    }

    /// What of the machine's properties these paths need, and no more: each part is steps in a trace.
    pub(crate) fn tree(&self, paths: &[String]) -> Value {
        let needs_devices =
            |path: &String| path.starts_with("config.hardware.device") || path == "config.hardware" || path == "config";
        let only_devices = |path: &String| path.starts_with("config.hardware.device");
        let mut tree = if paths.iter().all(only_devices) {
            let hardware = Value::Struct(vec![("device", Value::Devices(self.store.devices()))]);
            Value::Struct(vec![("config", Value::Struct(vec![("hardware", hardware)]))])
        } else if paths.iter().any(needs_devices) {
            let state = self.store.state();
            settings_tree(&state.settings, Value::Devices(state.devices))
        } else {
            settings_tree(&self.store.settings(), Value::Unset)
        };
        if let Value::Struct(fields) = &mut tree
            && paths.iter().any(|path| path == "parent")
        {
            fields.push(("parent", self.parent().map_or(Value::Unset, Value::Ref)));
        }
        tree
    }

    /// Refuses to go on with a machine that is gone.
    pub(crate) fn check_exists(&self, settings: &Settings) -> Result<(), Fault> {
        if settings.destroyed {
            let message = format!("{} was destroyed", self.reference);
            return Err(Fault::new(FaultKind::ManagedObjectNotFound, message).of("obj"));
        }
        Ok(())
    }
}

impl StoreKind {
    fn store(self, owner: &str, settings: Settings, devices: &[Part]) -> Box<dyn Store> {
        match self {
            Self::Live { locked } => Box::new(LiveStore::new(owner, settings, devices, locked)),
            Self::Alias => Box::new(AliasStore::new(owner, settings, devices)),
            Self::Copied => Box::new(CopiedStore::new(owner, settings, devices)),
            Self::Atomic { telling } => Box::new(AtomicStore::new(owner, settings, devices, telling)),
        }
    }
}
