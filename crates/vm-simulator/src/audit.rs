//! What must hold: of an inventory at rest, of what a client reads, and of what a watcher has been told.
//!
//! Each finding names its invariant:
//!
//! * `S1` a device list is whole: cards have their place and address, child lists name what is listed, no place is taken
//!   twice, no key is given twice;
//! * `S2` what is counted beside the list agrees with it: cards, disks, networks, the guest's cards;
//! * `S3` a machine that can be found is initialised and not destroyed;
//! * `S4` a machine is in one folder, the one that it says;
//! * `S5` folders list what can be found, each once;
//! * `S6` a disk's file is there;
//! * `S7` a watcher that has asked for everything that is new knows what is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::collector::{ChangeKind, FilterSpec, ObjectContent, UpdateSet};
use crate::device::{Backing, Device, Kind};
use crate::inventory::{Folder, VirtualMachine};
use crate::reference::{ObjectKind, Ref};
use crate::registry::Object;
use crate::simulator::Simulator;
use crate::value::{Found, Value, lookup};

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `S1` to `S7`.
    pub invariant: &'static str,
    /// The object that it is about.
    pub object: Ref,
    /// What is wrong, in words.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.invariant, self.object, self.text)
    }
}

impl Simulator {
    /// Everything that does not hold. Meant for a simulator at rest: an operation under way is half done by nature.
    pub fn audit(&self) -> Vec<Finding> {
        let objects = self.registry.all();
        let folders: Vec<_> = objects.iter().filter_map(folder).map(|of| (of.reference(), of.children())).collect();
        let mut findings = Vec::new();
        for machine in objects.iter().filter_map(machine) {
            of_machine(self, machine, &folders, &mut findings);
        }
        for (reference, children) in &folders {
            of_folder(*reference, children, &objects, &mut findings);
        }
        findings
    }
}

fn machine(object: &Object) -> Option<&VirtualMachine> {
    if let Object::Machine(machine) = object { Some(machine) } else { None }
}

fn folder(object: &Object) -> Option<&Folder> {
    if let Object::Folder(folder) = object { Some(folder) } else { None }
}

type Children = (Ref, Vec<Ref>);

fn of_machine(simulator: &Simulator, machine: &VirtualMachine, folders: &[Children], findings: &mut Vec<Finding>) {
    let object = machine.reference();
    let mut find = |invariant, text| findings.push(Finding { invariant, object, text });
    let state = machine.store.state();
    let settings = &state.settings;
    of_list(&state.devices).into_iter().for_each(|text| find("S1", text));
    let counted = Counted {
        cards: Some(settings.num_ethernet_cards.into()),
        disks: Some(settings.num_virtual_disks.into()),
        networks: Some(settings.networks.len()),
        guest: Some(settings.guest.net.iter().map(|nic| nic.device_config_id).collect()),
    };
    counted.against(&state.devices).into_iter().for_each(|text| find("S2", text));
    if settings.power.is_none() || settings.destroyed {
        find("S3", "it can be found, and is not initialised or has been destroyed".to_owned());
    }
    let holding: Vec<Ref> =
        folders.iter().filter(|(_, children)| children.contains(&object)).map(|(folder, _)| *folder).collect();
    let says = machine.parent();
    if holding != Vec::from_iter(says) {
        find("S4", format!("the folders {holding:?} have it, and it says {says:?}"));
    }
    let files = simulator.datastore.files();
    for name in state.devices.iter().filter_map(file_of).filter(|name| !files.contains_key(*name)) {
        find("S6", format!("there is no file '{name}' below its disk"));
    }
}

fn of_folder(object: Ref, children: &[Ref], objects: &[Object], findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for child in children {
        let known = objects.iter().any(|object| object.reference() == *child);
        if !known || !seen.insert(child) {
            let what = if known { "twice" } else { "and nobody can find it" };
            findings.push(Finding { invariant: "S5", object, text: format!("it lists {child} {what}") });
        }
    }
}

fn file_of(device: &Device) -> Option<&str> {
    if let Some(Backing::Disk(backing)) = &device.backing { Some(&backing.file_name) } else { None }
}

/// Everything that is wrong with what a client has read of one object by `spec`, as far as what was asked for can tell.
pub fn of_content(content: &ObjectContent, spec: &FilterSpec) -> Vec<Finding> {
    if content.object.kind != ObjectKind::VirtualMachine {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut find = |invariant, text| findings.push(Finding { invariant, object: content.object, text });
    if let Some(devices) = content.devices() {
        of_list(devices).into_iter().for_each(|text| find("S1", text));
        Counted::of(content).against(devices).into_iter().for_each(|text| find("S2", text));
    }
    let asked = spec.paths(content.object.kind).iter().any(|path| path == "runtime.powerState");
    if asked && content.get("runtime.powerState").is_none() {
        find("S3", "it has no power state".to_owned());
    }
    findings
}

/// What is counted beside a device list, where that is known.
struct Counted {
    cards: Option<i64>,
    disks: Option<i64>,
    networks: Option<usize>,
    guest: Option<BTreeSet<i32>>,
}

impl Counted {
    fn of(content: &ObjectContent) -> Self {
        let number = |path: &str| match content.get(path) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        Self {
            cards: number("summary.config.numEthernetCards"),
            disks: number("summary.config.numVirtualDisks"),
            networks: match content.get("network") {
                Some(Value::Refs(networks)) => Some(networks.len()),
                _ => None,
            },
            guest: match content.get("guest") {
                Some(Value::Guest(guest)) => Some(guest.net.iter().map(|nic| nic.device_config_id).collect()),
                _ => None,
            },
        }
    }

    fn against(&self, devices: &[Device]) -> Vec<String> {
        let cards: BTreeSet<i32> =
            devices.iter().filter(|device| device.kind.is_ethernet()).map(|device| device.key).collect();
        let disks = devices.iter().filter(|device| device.kind == Kind::Disk && device.backing.is_some()).count();
        let mut wrong = Vec::new();
        if self.cards.is_some_and(|counted| usize::try_from(counted) != Ok(cards.len())) {
            wrong.push(format!("{} network cards are listed, and {:?} counted", cards.len(), self.cards));
        }
        if self.disks.is_some_and(|counted| usize::try_from(counted) != Ok(disks)) {
            wrong.push(format!("{disks} disks are listed, and {:?} counted", self.disks));
        }
        if self.networks.is_some_and(|counted| counted != cards.len()) {
            wrong.push(format!("{} network cards are listed, on {:?} networks", cards.len(), self.networks));
        }
        if self.guest.as_ref().is_some_and(|seen| *seen != cards) {
            wrong.push(format!("the guest sees the cards {:?}, and listed are {cards:?}", self.guest));
        }
        wrong
    }
}

/// What is wrong with a device list: nobody ever committed such a list.
pub fn of_list(devices: &[Device]) -> Vec<String> {
    let mut wrong = Vec::new();
    let listed: BTreeSet<i32> = devices.iter().map(|device| device.key).collect();
    wrong.extend(devices.iter().filter(|device| device.kind.is_ethernet()).filter_map(|card| of_card(card, devices)));
    for controller in devices {
        let mut children = controller.children.iter();
        if let Some(child) = children.find(|child| !listed.contains(child)) {
            let key = controller.key;
            wrong.push(format!("the child list of controller {key} names {child}, which is not in the list"));
        }
    }
    let place = |device: &Device| (device.kind, device.controller_key, device.unit_number);
    for (at, device) in devices.iter().enumerate().filter(|(_, device)| device.unit_number.is_some()) {
        if let Some(other) = devices[at + 1..].iter().find(|other| place(other) == place(device)) {
            let (unit, controller) = (device.unit_number.unwrap_or_default(), device.controller_key);
            let (one, other) = (device.key, other.key);
            wrong.push(format!("devices {one} and {other} are both at unit {unit} of controller {controller}"));
        }
    }
    if listed.len() != devices.len() {
        wrong.push("two devices have one key".to_owned());
    }
    wrong
}

fn of_card(card: &Device, devices: &[Device]) -> Option<String> {
    let key = card.key;
    if card.unit_number.is_none() {
        return Some(format!("network card {key} is listed without a unitNumber"));
    }
    if card.mac_address.is_empty() {
        return Some(format!("network card {key} is listed without a macAddress"));
    }
    let controller = devices.iter().find(|controller| controller.key == card.controller_key)?;
    let named = controller.children.contains(&key);
    let controller = card.controller_key;
    (!named).then(|| format!("card {key} is on controller {controller}, whose child list does not name it"))
}

/// What a watcher knows: everything that it has been told, applied in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    known: BTreeMap<(u32, Ref), BTreeMap<String, Option<Value>>>,
}

impl Mirror {
    /// Takes in an answer.
    pub fn hear(&mut self, updates: &UpdateSet) {
        for filter in &updates.filters {
            for object in &filter.objects {
                let key = (filter.filter, object.object);
                match object.kind {
                    ChangeKind::Leave => drop(self.known.remove(&key)),
                    ChangeKind::Enter | ChangeKind::Modify => {
                        let known = self.known.entry(key).or_default();
                        for change in &object.changes {
                            known.insert(change.path.clone(), change.value.clone());
                        }
                    }
                }
            }
        }
    }

    /// Where what is known through a filter differs from what is read now.
    pub fn differences(&self, filter: u32, contents: &[ObjectContent]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let find = |object, text: String| Finding { invariant: "S7", object, text };
        for ((_, object), _) in self.known.iter().filter(|((of, _), _)| *of == filter) {
            if !contents.iter().any(|content| content.object == *object) {
                findings.push(find(*object, "a watcher was never told that it is gone".to_owned()));
            }
        }
        for content in contents {
            let Some(known) = self.known.get(&(filter, content.object)) else {
                findings.push(find(content.object, "a watcher was never told that it is there".to_owned()));
                continue;
            };
            for (path, value) in &content.values {
                if known.get(path).and_then(Option::as_ref).and_then(set) != Some(value.clone()) {
                    findings.push(find(content.object, format!("what a watcher was told of {path} is not what is")));
                }
            }
        }
        findings
    }
}

/// The value, as reading a property gives it.
fn set(value: &Value) -> Option<Value> {
    match lookup(&Value::Struct(vec![("value", value.clone())]), "value") {
        Ok(Found::Value(value)) => Some(value),
        _ => None,
    }
}
