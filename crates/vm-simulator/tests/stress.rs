//! Sixteen real threads on `strict`: reconfiguring, collecting, watching, cloning, destroying, moving, powering.
//!
//! The short run is part of every test run. The long one is `VM_SIMULATOR_STRESS_SECONDS=60 cargo test --release -p
//! vm-simulator --test stress`. A run that ends and whose every observation was sound has had no deadlock and no broken
//! invariant; one that does not end is given up, and fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use vm_simulator::collector::{FilterSpec, ListView, ObjectContent, PropertyCollector};
use vm_simulator::device::{Backing, Device, DiskBacking, DiskFormat, Kind};
use vm_simulator::inventory::{Folder, NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange, FileOperation};
use vm_simulator::reference::Ref;
use vm_simulator::state::PowerState;
use vm_simulator::value::Value;
use vm_simulator::{Context, Revision, Simulator, VM_NETWORK};

const THREADS: usize = 16;
const DEVICES: &str = "config.hardware.device";
const VERSION: &str = "config.changeVersion";

#[test]
fn sixteen_threads_break_no_invariant_and_do_not_deadlock() {
    let seconds = std::env::var("VM_SIMULATOR_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(2));
    let world = World::new();
    let (ended, ends) = mpsc::channel();
    for worker in 0..THREADS {
        let (world, ended) = (Arc::clone(&world), ended.clone());
        std::thread::spawn(move || {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.work(worker)));
            ended.send(result.is_ok()).expect("the test waits for its threads");
        });
    }
    #[expect(clippy::disallowed_methods, reason = "the workers run for a while, on real threads")]
    std::thread::sleep(length);
    world.over.store(true, Ordering::Relaxed);
    for left in (0..THREADS).rev() {
        match ends.recv_timeout(Duration::from_secs(30)) {
            Ok(sound) => assert!(sound, "a thread met a broken invariant"),
            Err(_) => panic!("{} threads are stuck: a deadlock", left + 1),
        }
    }
    world.check_the_end();
    println!("operations: {}", world.operations.load(Ordering::Relaxed));
}

struct World {
    simulator: Arc<Simulator>,
    folders: Vec<Arc<Folder>>,
    view: Arc<ListView>,
    machines: Mutex<Vec<Arc<VirtualMachine>>>,
    /// The device lists that were seen, by machine and version: one version, one list.
    seen: Mutex<BTreeMap<(Ref, String), Vec<Shape>>>,
    over: AtomicBool,
    operations: AtomicUsize,
    free_space: i64,
}

/// What of a device only a reconfiguration changes.
type Shape = (i32, i32, Option<i32>, String, Vec<i32>);

impl World {
    fn new() -> Arc<Self> {
        let simulator = Simulator::new(Revision::Strict);
        let ctx = &mut Context::new();
        let folders = ["a", "b"].map(|name| simulator.create_folder(ctx, simulator.root(), name));
        let machines: Vec<_> = (0..4).map(|at| create(&simulator, &folders[at % 2], &format!("vm{at}"))).collect();
        let references: Vec<Ref> = machines.iter().map(|machine| machine.reference()).collect();
        Arc::new(Self {
            free_space: 1 << 40,
            folders: folders.to_vec(),
            view: simulator.create_list_view(&references),
            machines: Mutex::new(machines),
            simulator,
            seen: Mutex::default(),
            over: AtomicBool::new(false),
            operations: AtomicUsize::new(0),
        })
    }

    fn work(&self, worker: usize) {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (worker as u64 + 1));
        let collector = self.simulator.create_collector();
        self.begin_to_watch(&collector);
        while !self.over.load(Ordering::Relaxed) {
            self.operation(&mut dice, worker, &collector);
            self.operations.fetch_add(1, Ordering::Relaxed);
        }
        collector.stop(&self.simulator);
    }

    fn begin_to_watch(&self, collector: &Arc<PropertyCollector>) {
        let ctx = &mut Context::new();
        collector.create_filter(ctx, FilterSpec::machines_of_view(self.view.reference(), &[DEVICES]));
        collector.create_filter(ctx, FilterSpec::machines_in(self.folders[0].reference(), &[VERSION, "config"]));
        let first = collector.check_for_updates(&self.simulator, ctx, "").expect("watching begins");
        first.iter().for_each(|set| set.values(DEVICES).iter().for_each(sound_value));
    }

    fn operation(&self, dice: &mut Dice, worker: usize, collector: &Arc<PropertyCollector>) {
        let ctx = &mut Context::new();
        let simulator = &self.simulator;
        let machine = self.any_machine(dice);
        let folder = &self.folders[dice.below(2)];
        match dice.below(16) {
            0..=2 => drop(simulator.reconfigure_vm(ctx, &machine, &add_card())),
            3 => drop(simulator.reconfigure_vm(ctx, &machine, &remove_something(&machine, dice))),
            4 => drop(simulator.reconfigure_vm(ctx, &machine, &faulting())),
            5 | 6 => self.collect(&FilterSpec::of(machine.reference(), &[DEVICES, VERSION])),
            7 => self.collect(&FilterSpec::machines_in(folder.reference(), &[DEVICES, VERSION])),
            8 | 9 => watch(simulator, collector),
            10 => self.clone_machine(&machine, folder, &format!("clone{worker}")),
            11 => self.destroy(&machine),
            12 => drop(simulator.relocate_vm(ctx, &machine, folder)),
            13 => {
                let power = if dice.below(2) == 0 { PowerState::On } else { PowerState::Off };
                drop(simulator.set_power(ctx, &machine, power));
            }
            14 => simulator.modify_list_view(ctx, &self.view, &[machine.reference()], &[]),
            _ => {
                let task = simulator.start_reconfigure(&machine, add_card()).expect("a thread can be started");
                drop(task.wait());
            }
        }
    }

    fn any_machine(&self, dice: &mut Dice) -> Arc<VirtualMachine> {
        let machines = self.machines.lock().unwrap();
        Arc::clone(&machines[dice.below(machines.len())])
    }

    fn collect(&self, spec: &FilterSpec) {
        // A machine may be destroyed before it is asked.
        for content in self.simulator.retrieve(&mut Context::new(), spec).unwrap_or_default() {
            self.check(&content);
        }
    }

    fn check(&self, content: &ObjectContent) {
        let Some(devices) = content.devices() else { return };
        sound(devices);
        let Some(Value::Text(version)) = content.get(VERSION) else { return };
        let shapes: Vec<Shape> = devices.iter().map(shape).collect();
        let mut seen = self.seen.lock().unwrap();
        let known = seen.entry((content.object, version.clone())).or_insert_with(|| shapes.clone());
        assert_eq!(*known, shapes, "{} has two device lists at version {version}", content.object);
    }

    fn clone_machine(&self, source: &Arc<VirtualMachine>, folder: &Arc<Folder>, name: &str) {
        if self.machines.lock().unwrap().len() >= 12 {
            return;
        }
        if let Ok(clone) = self.simulator.clone_vm(&mut Context::new(), source, folder, name) {
            let reference = clone.reference();
            self.machines.lock().unwrap().push(clone);
            self.simulator.modify_list_view(&mut Context::new(), &self.view, &[reference], &[]);
        }
    }

    fn destroy(&self, machine: &Arc<VirtualMachine>) {
        let mut machines = self.machines.lock().unwrap();
        if machines.len() <= 2 {
            return;
        }
        machines.retain(|known| known.reference() != machine.reference());
        drop(machines);
        let ctx = &mut Context::new();
        if self.simulator.destroy_vm(ctx, machine).is_err() && self.simulator.machine(machine.reference()).is_ok() {
            self.machines.lock().unwrap().push(Arc::clone(machine));
        }
    }

    fn check_the_end(&self) {
        let mut children = Vec::new();
        for folder in &self.folders {
            let spec = FilterSpec::of(folder.reference(), &["childEntity"]);
            let contents = self.simulator.retrieve(&mut Context::new(), &spec).unwrap();
            if let Some(Value::Refs(refs)) = contents[0].get("childEntity") {
                children.extend(refs.iter().map(|child| (*child, folder.reference())));
            }
        }
        let machines = self.machines.lock().unwrap();
        let mut says: Vec<_> =
            machines.iter().map(|machine| (machine.reference(), machine.parent().expect("a folder"))).collect();
        says.sort_unstable();
        says.dedup();
        children.sort_unstable();
        assert_eq!(children, says, "each machine is in the one folder that it says");
        let files: i64 = self.simulator.datastore().files().values().sum();
        assert_eq!(self.simulator.datastore().free_space(), self.free_space - files, "free space is what files leave");
    }
}

fn create(simulator: &Simulator, folder: &Folder, name: &str) -> Arc<VirtualMachine> {
    let mut disk = Device::new(Kind::Disk, -2).on(-1, Some(0));
    disk.capacity_kb = 4;
    let disk = disk.backed_by(Backing::Disk(DiskBacking {
        format: DiskFormat::FlatVer2,
        file_name: String::new(),
        mode: "persistent".into(),
        thin: None,
        parent: None,
    }));
    let new = NewMachine::named(name)
        .with(DeviceChange::add(Device::new(Kind::ParaVirtualScsi, -1)))
        .with(DeviceChange::add(disk).with_file(FileOperation::Create));
    simulator.create_vm(&mut Context::new(), folder, &new).expect("a machine can be created")
}

fn card() -> DeviceChange {
    let network = Backing::Network { name: VM_NETWORK.into(), network: None };
    DeviceChange::add(Device::new(Kind::E1000, -1).backed_by(network))
}

fn add_card() -> ConfigSpec {
    ConfigSpec::devices(vec![card()])
}

fn faulting() -> ConfigSpec {
    ConfigSpec::devices(vec![card(), DeviceChange::edit(Device::new(Kind::E1000, 999_999))])
}

/// Removes a card that the machine has at this moment; by the time it is removed it may be gone.
fn remove_something(machine: &VirtualMachine, dice: &mut Dice) -> ConfigSpec {
    let devices = machine.devices();
    let cards: Vec<&Device> = devices.iter().filter(|device| device.kind.is_ethernet()).collect();
    match cards.is_empty() {
        true => add_card(),
        false => ConfigSpec::devices(vec![DeviceChange::remove(cards[dice.below(cards.len())].clone())]),
    }
}

fn watch(simulator: &Simulator, collector: &Arc<PropertyCollector>) {
    let longest = Some(Duration::from_millis(1));
    let told = collector.wait_for_updates(simulator, &mut Context::new(), "-", longest);
    if let Some(told) = told.expect("the client is told") {
        told.values(DEVICES).iter().for_each(sound_value);
    }
}

fn sound_value(value: &Value) {
    match value {
        Value::Devices(devices) => sound(devices),
        other => panic!("{other:?} is no device list"),
    }
}

/// What must be true of every list that anyone is shown.
fn sound(devices: &[Device]) {
    let mut places = Vec::new();
    for device in devices {
        if device.kind.is_ethernet() {
            assert!(device.unit_number.is_some() && !device.mac_address.is_empty(), "{} is half there", device.key);
        }
        for child in &device.children {
            assert!(devices.iter().any(|listed| listed.key == *child), "{} names {child}", device.key);
        }
        // The twenty-third card gets unit -1, as recorded; nothing after it gets any.
        if let Some(unit) = device.unit_number.filter(|unit| *unit >= 0) {
            places.push((device.kind, device.controller_key, unit));
        }
    }
    let count = places.len();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), count, "two devices are at one place");
}

fn shape(device: &Device) -> Shape {
    let mac = device.mac_address.clone();
    (device.key, device.controller_key, device.unit_number, mac, device.children.clone())
}

/// A small generator, so that a run needs nothing from outside.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}
