//! The inventory on which the calls are made: a machine with a card and a disk, a folder beside it, a list view, and a
//! client who has been watching all of it from the beginning.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bohrbug_sync::Arc;
use vm_simulator::audit::{Finding, Mirror, of_content};
use vm_simulator::collector::{
    FilterSpec, ListView, ObjectContent, ObjectSpec, PropertyCollector, PropertySpec, Selection, UpdateSet,
};
use vm_simulator::device::{Backing, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::inventory::{Folder, NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{DeviceChange, FileOperation};
use vm_simulator::reference::{ObjectKind, Ref};
use vm_simulator::state::Settings;
use vm_simulator::value::Value;
use vm_simulator::{Context, Simulator};

use super::super::common::{DEVICES, add_card, simulator, steady_simulator};
use super::call::Answer;
use super::{Faults, told};
use crate::catalogue::generated::{aside, orders};

/// What is read and watched of machines.
pub(super) const PATHS: &[&str] = &[
    "name",
    "parent",
    "config.annotation",
    "config.changeVersion",
    DEVICES,
    "summary.config.numEthernetCards",
    "summary.config.numVirtualDisks",
    "network",
    "guest",
    "runtime.powerState",
];

pub(super) struct Stage {
    pub(super) simulator: Arc<Simulator>,
    pub(super) folder: Arc<Folder>,
    pub(super) machine: Arc<VirtualMachine>,
    pub(super) view: Arc<ListView>,
    pub(super) watcher: Watcher,
}

/// A client who watches, and what it knew when it began.
pub(super) struct Watcher {
    pub(super) collector: Arc<PropertyCollector>,
    filters: BTreeMap<u32, FilterSpec>,
    first: UpdateSet,
}

impl Stage {
    pub(super) fn new(revision: &str, faults: Faults) -> Self {
        let simulator = match faults {
            Faults::None => steady_simulator(revision),
            Faults::Any => simulator(revision),
        };
        let ctx = &mut Context::new();
        let folder = simulator.create_folder(ctx, simulator.root(), "a");
        let (settings, devices) = equipped();
        for name in devices.iter().filter_map(file_of) {
            simulator.datastore().put_file(name, DISK_KB * 1024);
        }
        let machine = simulator.restore_vm(ctx, simulator.root(), settings.clone(), devices.clone());
        let view = simulator.create_list_view(&[machine.reference()]);
        let watcher = Watcher::new(&simulator, &view);
        Self { simulator, folder, machine, view, watcher }
    }

    /// Everything that can be found, by name, and the datastore.
    pub(super) fn inventory(&self) -> String {
        let spec = FilterSpec::of(self.simulator.root().reference(), &["childEntity"]);
        let in_root = self.retrieve(&spec);
        let in_folder = self.retrieve(&FilterSpec::of(self.folder.reference(), &["childEntity"]));
        let mut lines = Vec::new();
        for (folder, content) in
            in_root.iter().map(|content| ("root", content)).chain(in_folder.iter().map(|content| ("a", content)))
        {
            let Some(Value::Refs(children)) = content.get("childEntity") else { continue };
            for child in children {
                lines.push(match self.simulator.machine(*child) {
                    Ok(machine) => format!("{folder}: {:?} {:?}", machine.settings(), machine.devices()),
                    Err(_) => format!("{folder}: {:?}", child.kind),
                });
            }
        }
        lines.sort();
        lines.push(format!(
            "{:?} and {} bytes",
            self.simulator.datastore().files(),
            self.simulator.datastore().free_space()
        ));
        lines.join("\n")
    }

    /// The newest machine of the root folder, and the first where there is none, or where it is gone by the time that it is
    /// looked up.
    pub(super) fn newest(&self) -> Arc<VirtualMachine> {
        self.newer().unwrap_or_else(|| Arc::clone(&self.machine))
    }

    fn newer(&self) -> Option<Arc<VirtualMachine>> {
        let contents = self.retrieve(&FilterSpec::of(self.simulator.root().reference(), &["childEntity"]));
        let Some(Value::Refs(children)) = contents.first().and_then(|content| content.get("childEntity")) else {
            return None;
        };
        let is_newer = |of: &&Ref| of.kind == ObjectKind::VirtualMachine && **of > self.machine.reference();
        children.iter().filter(is_newer).max().and_then(|of| self.simulator.machine(*of).ok())
    }

    /// Reads, and looks whether every object is whole. What a client asks for by a reference that has gone is nothing.
    #[track_caller]
    pub(super) fn retrieve(&self, spec: &FilterSpec) -> Vec<ObjectContent> {
        let contents = self.simulator.retrieve(&mut Context::new(), spec).unwrap_or_default();
        check_whole(&contents, spec);
        contents
    }

    /// Who watches asks once more, and then has to know what is.
    #[track_caller]
    pub(super) fn check_watchers(&self, answers: &[Answer]) {
        let mut filters = self.watcher.filters.clone();
        answers.iter().for_each(|answer| filters.extend(answer.added.clone()));
        filters.retain(|id, _| !answers.iter().any(|answer| answer.destroyed == Some(*id)));
        if !answers.iter().any(|answer| answer.stopped) {
            let heard: Vec<&Vec<UpdateSet>> = answers.iter().map(|answer| &answer.heard).collect();
            self.check_watcher(&self.watcher, &filters, &heard);
        }
        for watcher in answers.iter().filter_map(|answer| answer.watcher.as_ref()) {
            self.check_watcher(watcher, &watcher.filters, &[]);
        }
    }

    /// Two requests of one client at once are answered in some order.
    #[track_caller]
    fn check_watcher(&self, watcher: &Watcher, filters: &BTreeMap<u32, FilterSpec>, heard: &[&Vec<UpdateSet>]) {
        let last = watcher.collector.check_for_updates(&self.simulator, &mut Context::new(), "-");
        let last = last.unwrap_or_else(|fault| panic!("a client that watches is answered: {fault}"));
        let now: Vec<(u32, Vec<ObjectContent>)> = filters.iter().map(|(id, spec)| (*id, self.retrieve(spec))).collect();
        let told_in = |order: &Vec<usize>| -> Vec<Finding> {
            let mut mirror = Mirror::default();
            let answers = order.iter().flat_map(|at| heard[*at]);
            [&watcher.first].into_iter().chain(answers).chain(&last).for_each(|updates| mirror.hear(updates));
            now.iter().flat_map(|(id, contents)| mirror.differences(*id, contents)).collect()
        };
        let wrong: Vec<Vec<Finding>> = orders(heard.len()).iter().map(told_in).collect();
        assert!(wrong.iter().any(Vec::is_empty), "a watcher does not know what is: {}", told(&wrong[0]));
    }
}

impl Watcher {
    /// Begins to watch root and view, and the machines in them.
    pub(super) fn new(simulator: &Arc<Simulator>, view: &ListView) -> Self {
        let (collector, ctx) = (simulator.create_collector(), &mut Context::new());
        let filters =
            [watched(simulator.root().reference(), "childEntity", PATHS), watched(view.reference(), "view", &["name"])];
        let filters = filters.into_iter().map(|spec| (collector.create_filter(ctx, spec.clone()), spec)).collect();
        let first = collector.check_for_updates(simulator, ctx, "").ok().flatten().unwrap_or_default();
        Self { collector, filters, first }
    }
}

/// An object, what it lists, and these properties of the machines among that.
fn watched(root: Ref, list: &str, paths: &[&str]) -> FilterSpec {
    let select = vec![Selection::Traversal { name: None, kind: root.kind, path: list.into(), select: Vec::new() }];
    FilterSpec {
        objects: vec![ObjectSpec { object: root, skip: false, select }],
        properties: vec![
            PropertySpec::new(&format!("{:?}", root.kind), &[list]),
            PropertySpec::new("VirtualMachine", paths),
        ],
    }
}

/// What was read is whole.
#[track_caller]
pub(super) fn check_whole(contents: &[ObjectContent], spec: &FilterSpec) {
    let findings: Vec<Finding> = contents.iter().flat_map(|content| of_content(content, spec)).collect();
    assert!(findings.is_empty(), "what was read is not whole: {}", told(&findings));
}

pub(super) const DISK_KB: i64 = 1024;

/// Adds a disk with a file of its own.
pub(super) fn add_disk(unit: i32) -> DeviceChange {
    let backing = DiskBacking {
        format: DiskFormat::FlatVer2,
        file_name: String::new(),
        mode: "persistent".into(),
        thin: None,
        parent: None,
    };
    let mut disk = Device::new(Kind::Disk, -1).on(0, Some(unit)).backed_by(Backing::Disk(backing));
    disk.capacity_kb = DISK_KB;
    DeviceChange::add(disk).with_file(FileOperation::Create)
}

fn file_of(device: &Device) -> Option<&str> {
    if let Some(Backing::Disk(backing)) = &device.backing { Some(&backing.file_name) } else { None }
}

/// A machine with a card and a disk, as creating it makes one.
pub(super) fn equipped() -> &'static (Settings, Vec<Device>) {
    static EQUIPPED: OnceLock<(Settings, Vec<Device>)> = OnceLock::new();
    EQUIPPED.get_or_init(|| {
        aside(|| {
            let simulator = steady_simulator("strict");
            let new = NewMachine::named("vm").with(add_card()).with(add_disk(0));
            let created = simulator.create_vm(&mut Context::new(), simulator.root(), &new);
            let machine = created.unwrap_or_else(|fault| panic!("a machine can be created: {fault}"));
            (machine.settings(), machine.devices())
        })
    })
}
