//! The simulator: an inventory, and the operations on it.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug_sync::{Arc, thread};

use crate::device::DefaultDevices;
use crate::fault::{Fault, FaultKind};
use crate::inventory::{Datastore, Defaults, Folder, Network, OnDatastore, VirtualMachine};
use crate::lock::Context;
use crate::reconfigure::{ConfigSpec, DeviceChange, Rules, Surroundings, plan};
use crate::reference::{ObjectKind, Ref};
use crate::registry::{Object, Registry};
use crate::revision::{MachineLock, Planning, Policy, Revision, Telling};
use crate::store::cells::Cell;
use crate::store::{Changed, Outcome, Part};
use crate::task::Task;
use crate::value::Value;

/// The name of the network that every simulator has.
pub const VM_NETWORK: &str = "VM Network";

/// A simulator of one revision.
pub struct Simulator {
    pub(crate) policy: Policy,
    /// Whether steps of the host and the network may fail by themselves.
    pub(crate) faults: bool,
    pub(crate) registry: Registry,
    pub(crate) templates: Vec<Part>,
    pub(crate) datastore: Arc<Datastore>,
    networks: BTreeMap<String, Ref>,
    switches: BTreeSet<String>,
    datastores: BTreeSet<String>,
    root: Arc<Folder>,
    revision: Revision,
}

impl Simulator {
    /// A simulator whose machines start with the nine default devices.
    pub fn new(revision: Revision) -> Arc<Self> {
        Self::with_defaults(revision, DefaultDevices::Nine)
    }

    /// A simulator whose machines start with these devices.
    pub fn with_defaults(revision: Revision, defaults: DefaultDevices) -> Arc<Self> {
        Self::of(revision, defaults, true)
    }

    /// The same where no step fails by itself: for workloads that are about interleavings only.
    pub fn steady(revision: Revision, defaults: DefaultDevices) -> Arc<Self> {
        Self::of(revision, defaults, false)
    }

    /// `device-lock` with its locks nested in two orders: two requests for one machine can wait for each other.
    pub fn with_nested_locks(defaults: DefaultDevices) -> Arc<Self> {
        Self::with_policy(Revision::DeviceLock, Policy::nested(), defaults, false)
    }

    fn of(revision: Revision, defaults: DefaultDevices, faults: bool) -> Arc<Self> {
        Self::with_policy(revision, revision.policy(), defaults, faults)
    }

    fn with_policy(revision: Revision, policy: Policy, defaults: DefaultDevices, faults: bool) -> Arc<Self> {
        let registry = Registry::new(policy.lookups);
        let root = Folder::new(registry.next(ObjectKind::Folder), "vm");
        let datastore = registry.next(ObjectKind::Datastore);
        let datastore = Datastore::new(datastore, "LocalDS_0", 1 << 40);
        let network = Ref::new(ObjectKind::Network, 6);
        let object = Network::new(network, VM_NETWORK);
        registry.put(Object::Folder(Arc::clone(&root)));
        registry.put(Object::Datastore(Arc::clone(&datastore)));
        registry.put(Object::Network(Arc::new(object)));
        Arc::new(Self {
            policy,
            faults,
            registry,
            templates: templates(policy.defaults, defaults),
            datastores: BTreeSet::from([datastore.name().to_owned()]),
            datastore,
            networks: BTreeMap::from([(VM_NETWORK.to_owned(), network)]),
            switches: BTreeSet::from(["DVS0".to_owned()]),
            root,
            revision,
        })
    }

    /// The revision that this simulator is of.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The folder at the root.
    pub fn root(&self) -> &Arc<Folder> {
        &self.root
    }

    /// The datastore.
    pub fn datastore(&self) -> &Arc<Datastore> {
        &self.datastore
    }

    /// The machine with this reference.
    pub fn machine(&self, reference: Ref) -> Result<Arc<VirtualMachine>, Fault> {
        match self.registry.get(reference)? {
            Object::Machine(machine) => Ok(machine),
            _ => Err(Fault::new(FaultKind::InvalidArgument, format!("{reference} is no machine")).of("this")),
        }
    }

    pub(crate) fn folder(&self, reference: Ref) -> Option<Arc<Folder>> {
        match self.registry.get(reference) {
            Ok(Object::Folder(folder)) => Some(folder),
            _ => None,
        }
    }

    /// Creates a folder below `parent`.
    pub fn create_folder(&self, ctx: &mut Context, parent: &Folder, name: &str) -> Arc<Folder> {
        let folder = Folder::new(self.registry.next(ObjectKind::Folder), name);
        self.list(ctx, parent, Object::Folder(Arc::clone(&folder)));
        folder
    }

    /// Changes a machine's configuration.
    pub fn reconfigure_vm(&self, ctx: &mut Context, machine: &VirtualMachine, spec: &ConfigSpec) -> Result<(), Fault> {
        match self.policy.reconfigure {
            MachineLock::NotTaken => self.configure(ctx, machine, spec),
            MachineLock::Held => ctx.with_lock(machine.lock(), |ctx| self.configure(ctx, machine, spec)),
        }
    }

    /// The body of a reconfiguration; the caller has locked what it means to lock.
    pub(crate) fn configure(
        &self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        spec: &ConfigSpec,
    ) -> Result<(), Fault> {
        // As upstream, the plain fields are set without telling anyone: watchers see the change version.
        let outcome = self.configure_untold(ctx, machine, spec);
        match self.policy.telling {
            Telling::AsOriginal => self.registry.update(machine.reference(), outcome.updates),
            Telling::Everything => self.registry.update_at_once(machine.reference(), outcome.updates),
        }
        outcome.result
    }

    /// The same without telling watchers.
    pub(crate) fn configure_untold(&self, ctx: &mut Context, machine: &VirtualMachine, spec: &ConfigSpec) -> Outcome {
        let with_files = spec.device_change.iter().any(concerns_files);
        match self.policy.rules {
            // What is planned by the files that there are is done while there are no others.
            Rules::Strict if with_files => ctx.with_lock(self.datastore.lock(), |ctx| {
                let files = self.datastore.files();
                self.configure_on(ctx, machine, spec, &files)
            }),
            Rules::Original if with_files => self.configure_on(ctx, machine, spec, &self.datastore.files()),
            Rules::Strict | Rules::Original => self.configure_on(ctx, machine, spec, &BTreeMap::new()),
        }
    }

    fn configure_on(
        &self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        spec: &ConfigSpec,
        files: &BTreeMap<String, i64>,
    ) -> Outcome {
        let around = Surroundings {
            rules: self.policy.rules,
            faults: self.faults,
            networks: &self.networks,
            switches: &self.switches,
            files,
            datastores: &self.datastores,
        };
        let mut ground = OnDatastore { ctx, datastore: &self.datastore, space: self.policy.space };
        let planned = |state: &crate::state::MachineState| match machine.check_exists(&state.settings) {
            Ok(()) => plan(state, spec, around),
            Err(gone) => crate::reconfigure::Plan { effects: Vec::new(), result: Err(gone) },
        };
        let mut planner = |state: &crate::state::MachineState| match self.policy.planning {
            Planning::AsItIs => planned(state),
            Planning::UnderTheMachinesLock => Context::new().with_lock(machine.lock(), |_| planned(state)),
        };
        machine.store.configure(&mut planner, &mut ground)
    }

    /// Begins to change a machine's configuration, and answers when the change has begun.
    pub fn start_reconfigure(
        self: &Arc<Self>,
        machine: &Arc<VirtualMachine>,
        spec: ConfigSpec,
    ) -> std::io::Result<Arc<Task>> {
        let machine = Arc::clone(machine);
        let entity = machine.reference();
        self.start(entity, "reconfigVm", move |simulator, ctx, task| {
            ctx.with_lock(machine.lock(), |ctx| {
                simulator.begin_task(task);
                simulator.reconfigure_vm(ctx, &machine, &spec).map(|()| None)
            })
        })
    }

    /// Begins to clone a machine, and answers when the cloning has begun.
    pub fn start_clone(
        self: &Arc<Self>,
        source: &Arc<VirtualMachine>,
        folder: &Arc<Folder>,
        name: &str,
    ) -> std::io::Result<Arc<Task>> {
        let (source, folder, name) = (Arc::clone(source), Arc::clone(folder), name.to_owned());
        let entity = source.reference();
        self.start(entity, "cloneVm", move |simulator, ctx, task| {
            simulator.begin_task(task);
            let clone = simulator.clone_vm(ctx, &source, &folder, &name)?;
            Ok(Some(clone.reference()))
        })
    }

    /// Runs `body` on a thread of its own as a task; the body says when it has begun.
    fn start(
        self: &Arc<Self>,
        entity: Ref,
        name: &'static str,
        body: impl FnOnce(&Self, &mut Context, &Task) -> Result<Option<Ref>, Fault> + Send + 'static,
    ) -> std::io::Result<Arc<Task>> {
        let task = Task::new(self.registry.next(ObjectKind::Task), entity, name);
        self.registry.put(Object::Task(Arc::clone(&task)));
        let (simulator, running) = (Arc::clone(self), Arc::clone(&task));
        thread::Builder::new().name(task.reference().to_string()).spawn(move || {
            let result = body(&simulator, &mut Context::new(), &running);
            running.end(result, |info| simulator.tell_task(&running, info));
        })?;
        task.wait_until_begun();
        Ok(task)
    }

    fn begin_task(&self, task: &Task) {
        task.begin(|info| self.tell_task(task, info));
    }

    fn tell_task(&self, task: &Task, info: Value) {
        if self.policy.telling == Telling::Everything {
            self.registry.update(task.reference(), vec![vec![Changed::assign("info", info)]]);
        }
    }

    /// Cancels a task: the original marks it as cancelled, whatever its body goes on to do. Where what is said has to be
    /// so, no task can be cancelled, and that is what is answered.
    pub fn cancel_task(&self, task: &Task) -> Result<(), Fault> {
        match self.policy.telling {
            Telling::AsOriginal => {
                task.cancel();
                Ok(())
            }
            Telling::Everything => {
                Err(Fault::new(FaultKind::NotSupported, format!("{} cannot be cancelled", task.reference())).of("task"))
            }
        }
    }
}

fn concerns_files(change: &DeviceChange) -> bool {
    change.device.kind == crate::device::Kind::Disk
}

/// The default devices as machines get them: where they are shared, the very cells.
fn templates(defaults: Defaults, devices: DefaultDevices) -> Vec<Part> {
    let shared = |device: crate::device::Device| match defaults {
        Defaults::Shared => Part::Cell(Cell::new(&device, "default")),
        Defaults::Own => Part::value(device),
    };
    devices.devices().into_iter().map(shared).collect()
}
