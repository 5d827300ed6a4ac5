//! The calls: every operation of a client, with arguments that let it meet the others.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug_sync::Arc;
use bohrbug_sync::time::Duration;
use vm_simulator::Context;
use vm_simulator::collector::{FilterSpec, UpdateSet};
use vm_simulator::device::Kind;
use vm_simulator::fault::Fault;
use vm_simulator::inventory::{NewMachine, VirtualMachine};
use vm_simulator::operation::Operation;
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};
use vm_simulator::reference::Ref;
use vm_simulator::state::{Customization, PowerState};

use super::super::common::add_card;
use super::stage::{PATHS, Stage, Watcher, add_disk, check_whole};

/// A call. "The machine" is the newest of the root folder, so that one that is just being made is met, too. To look for it
/// is a request of its own: by the time of the call it may be another's, or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum Call {
    CreateFolder,
    CreateVm,
    CloneVm,
    CloneAsTask,
    DestroyVm,
    AddCard,
    RemoveCard,
    AddDisk,
    RemoveDisk,
    Annotate,
    AnnotateAsTask,
    RelocateVm,
    PowerOn,
    CustomizeVm,
    ReadFolder,
    ReadPages,
    CreateListView,
    EmptyListView,
    BeginToWatch,
    CreateFilter,
    DestroyFilter,
    CheckForUpdates,
    WaitForUpdates,
    CancelWait,
    StopWatching,
}

/// What came of a call.
pub(super) struct Answer {
    /// The machine that it was about, of those that change something.
    pub(super) about: Option<Ref>,
    /// The machine that it made.
    pub(super) made: Option<Ref>,
    /// Whether it did what it was asked for.
    pub(super) result: Result<(), Fault>,
    /// What the client that watches from the beginning was told by it.
    pub(super) heard: Vec<UpdateSet>,
    /// The filters that it added for that client.
    pub(super) added: BTreeMap<u32, FilterSpec>,
    /// The filter that it took away.
    pub(super) destroyed: Option<u32>,
    /// It ended the watching.
    pub(super) stopped: bool,
    /// Another client that watches now.
    pub(super) watcher: Option<Watcher>,
}

impl From<Result<(), Fault>> for Answer {
    fn from(result: Result<(), Fault>) -> Self {
        Self {
            about: None,
            made: None,
            result,
            heard: Vec::new(),
            added: BTreeMap::new(),
            destroyed: None,
            stopped: false,
            watcher: None,
        }
    }
}

/// What made a machine, or did not.
fn made(result: Result<Ref, Fault>) -> Answer {
    Answer { made: result.as_ref().ok().copied(), ..result.map(drop).into() }
}

/// The calls by which a client comes to this operation.
fn calls(operation: Operation) -> &'static [Call] {
    match operation {
        Operation::CreateFolder => &[Call::CreateFolder],
        Operation::CreateVm => &[Call::CreateVm],
        Operation::CloneVm => &[Call::CloneVm],
        Operation::StartClone => &[Call::CloneAsTask],
        Operation::DestroyVm => &[Call::DestroyVm],
        Operation::ReconfigureVm => &[Call::AddCard, Call::RemoveCard, Call::AddDisk, Call::RemoveDisk, Call::Annotate],
        Operation::StartReconfigure | Operation::WaitForTask | Operation::CancelTask => &[Call::AnnotateAsTask],
        Operation::RelocateVm => &[Call::RelocateVm],
        Operation::SetPower => &[Call::PowerOn],
        Operation::CustomizeVm => &[Call::CustomizeVm],
        Operation::Retrieve => &[Call::ReadFolder],
        Operation::RetrievePage | Operation::ContinueRetrieve => &[Call::ReadPages],
        Operation::CreateListView => &[Call::CreateListView],
        Operation::ModifyListView => &[Call::EmptyListView],
        Operation::CreateCollector => &[Call::BeginToWatch],
        Operation::CreateFilter => &[Call::CreateFilter],
        Operation::DestroyFilter => &[Call::DestroyFilter],
        Operation::CheckForUpdates => &[Call::CheckForUpdates],
        Operation::WaitForUpdates => &[Call::WaitForUpdates],
        Operation::CancelWait => &[Call::CancelWait],
        Operation::Stop => &[Call::StopWatching],
    }
}

impl Call {
    /// Every call of every operation.
    pub fn all() -> Vec<Self> {
        let all: BTreeSet<Self> = Operation::ALL.iter().flat_map(|operation| calls(*operation)).copied().collect();
        all.into_iter().collect()
    }

    /// Whether it can change what is in the inventory.
    pub(super) fn changes_something(self) -> bool {
        match self {
            Self::CreateFolder
            | Self::CreateVm
            | Self::CloneVm
            | Self::CloneAsTask
            | Self::DestroyVm
            | Self::AddCard
            | Self::RemoveCard
            | Self::AddDisk
            | Self::RemoveDisk
            | Self::Annotate
            | Self::AnnotateAsTask
            | Self::RelocateVm
            | Self::PowerOn
            | Self::CustomizeVm => true,
            Self::ReadFolder
            | Self::ReadPages
            | Self::CreateListView
            | Self::EmptyListView
            | Self::BeginToWatch
            | Self::CreateFilter
            | Self::DestroyFilter
            | Self::CheckForUpdates
            | Self::WaitForUpdates
            | Self::CancelWait
            | Self::StopWatching => false,
        }
    }

    /// Makes the call, and tries to cancel it where it is a task.
    pub(super) fn make(self, stage: &Stage) -> Answer {
        if !self.changes_something() {
            return self.make_on(stage, &stage.machine, true);
        }
        let machine = stage.newest();
        Answer { about: Some(machine.reference()), ..self.make_on(stage, &machine, true) }
    }

    /// The same about a machine that is known.
    pub(super) fn make_on(self, stage: &Stage, machine: &Arc<VirtualMachine>, cancelled: bool) -> Answer {
        let (simulator, ctx) = (&stage.simulator, &mut Context::new());
        match self {
            Self::CreateFolder => drop(simulator.create_folder(ctx, simulator.root(), "b")),
            Self::CreateVm => {
                let new = NewMachine::named("new").with(add_card()).with(add_disk(0));
                let created = simulator.create_vm(ctx, simulator.root(), &new);
                return made(created.map(|created| created.reference()));
            }
            Self::CloneVm => {
                let clone = simulator.clone_vm(ctx, machine, simulator.root(), "copy");
                return made(clone.map(|clone| clone.reference()));
            }
            Self::CloneAsTask => return clone_as_task(stage, machine),
            Self::DestroyVm => return simulator.destroy_vm(ctx, machine).into(),
            Self::AddCard => return reconfigure(stage, machine, add_card()),
            Self::RemoveCard => return remove(stage, machine, Kind::is_ethernet),
            Self::AddDisk => return reconfigure(stage, machine, add_disk(1)),
            Self::RemoveDisk => return remove(stage, machine, |kind| kind == Kind::Disk),
            Self::Annotate => {
                return simulator.reconfigure_vm(ctx, machine, &ConfigSpec::annotated("x")).into();
            }
            Self::AnnotateAsTask => return as_task(stage, machine, cancelled).into(),
            Self::RelocateVm => return simulator.relocate_vm(ctx, machine, &stage.folder).into(),
            Self::PowerOn => return simulator.set_power(ctx, machine, PowerState::On).into(),
            Self::CustomizeVm => {
                let to = Customization { host_name: "host".into(), ip_address: "10.0.0.2".into() };
                return simulator.customize_vm(ctx, machine, to).into();
            }
            Self::ReadFolder => drop(stage.retrieve(&FilterSpec::machines_in(simulator.root().reference(), PATHS))),
            Self::ReadPages => read_pages(stage),
            Self::CreateListView => {
                let view = simulator.create_list_view(&[stage.machine.reference()]);
                drop(stage.retrieve(&FilterSpec::machines_of_view(view.reference(), PATHS)));
            }
            Self::EmptyListView => simulator.modify_list_view(ctx, &stage.view, &[], &[stage.machine.reference()]),
            Self::BeginToWatch => {
                let watcher = Watcher::new(simulator, &stage.view);
                return Answer { watcher: Some(watcher), ..Ok(()).into() };
            }
            Self::CreateFilter => {
                let spec = FilterSpec::machines_in(simulator.root().reference(), &["name", "config.annotation"]);
                let id = stage.watcher.collector.create_filter(ctx, spec.clone());
                return Answer { added: BTreeMap::from([(id, spec)]), ..Ok(()).into() };
            }
            Self::DestroyFilter => {
                let result = stage.watcher.collector.destroy_filter(ctx, 1);
                return Answer { destroyed: Some(1), ..result.into() };
            }
            Self::CheckForUpdates | Self::WaitForUpdates => return self.ask(stage),
            Self::CancelWait => stage.watcher.collector.cancel_wait(),
            Self::StopWatching => {
                stage.watcher.collector.stop(simulator);
                return Answer { stopped: true, ..Ok(()).into() };
            }
        }
        Ok(()).into()
    }

    fn ask(self, stage: &Stage) -> Answer {
        let (collector, ctx) = (&stage.watcher.collector, &mut Context::new());
        let told = match self {
            Self::WaitForUpdates => {
                collector.wait_for_updates(&stage.simulator, ctx, "-", Some(Duration::from_secs(1)))
            }
            _ => collector.check_for_updates(&stage.simulator, ctx, "-"),
        };
        match told {
            Ok(told) => Answer { heard: told.into_iter().collect(), ..Ok(()).into() },
            Err(fault) => Err(fault).into(),
        }
    }
}

fn reconfigure(stage: &Stage, machine: &VirtualMachine, change: DeviceChange) -> Answer {
    let spec = ConfigSpec::devices(vec![change]);
    stage.simulator.reconfigure_vm(&mut Context::new(), machine, &spec).into()
}

/// Removes the first card or disk that the machine was made with; if it is gone, that is well.
fn remove(stage: &Stage, machine: &VirtualMachine, is_wanted: impl Fn(Kind) -> bool) -> Answer {
    let (_, devices) = super::stage::equipped();
    let found = devices.iter().find(|device| is_wanted(device.kind)).cloned();
    let changes = found.into_iter().map(DeviceChange::remove).map(|change| {
        if is_wanted(Kind::Disk) { change.with_file(vm_simulator::reconfigure::FileOperation::Destroy) } else { change }
    });
    let spec = ConfigSpec::devices(changes.collect());
    stage.simulator.reconfigure_vm(&mut Context::new(), machine, &spec).into()
}

fn as_task(stage: &Stage, machine: &Arc<VirtualMachine>, cancelled: bool) -> Result<(), Fault> {
    let started = stage.simulator.start_reconfigure(machine, ConfigSpec::annotated("task"));
    let task = started.unwrap_or_else(|error| panic!("a task can be started: {error}"));
    if cancelled {
        // Whether it is refused is seen by what the task comes to.
        let _ = stage.simulator.cancel_task(&task);
    }
    task.wait().map(drop)
}

fn clone_as_task(stage: &Stage, machine: &Arc<VirtualMachine>) -> Answer {
    let root = Arc::clone(stage.simulator.root());
    let started = stage.simulator.start_clone(machine, &root, "task's copy");
    let ended = started.unwrap_or_else(|error| panic!("a task can be started: {error}")).wait();
    Answer { made: ended.as_ref().ok().copied().flatten(), ..ended.map(drop).into() }
}

/// Reads folder and machines one by one, and gets each once.
fn read_pages(stage: &Stage) {
    let (simulator, collector, ctx) = (&stage.simulator, &stage.watcher.collector, &mut Context::new());
    let spec = FilterSpec::machines_in(simulator.root().reference(), PATHS);
    let Ok(mut page) = collector.retrieve(simulator, ctx, &spec, Some(1)) else { return };
    check_whole(&page.objects, &spec);
    while let Some(token) = page.token {
        let next = collector.continue_retrieve(token, Some(1));
        page = next.unwrap_or_else(|fault| panic!("a page that was promised is there: {fault}"));
        check_whole(&page.objects, &spec);
    }
}
