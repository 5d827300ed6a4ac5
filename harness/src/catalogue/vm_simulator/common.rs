//! What the scenarios have in common: a small inventory, threads with names, and what a device list must be like.

use bohrbug_sync::{Arc, thread};
use vm_simulator::collector::FilterSpec;
use vm_simulator::device::{Backing, DefaultDevices, Device, Kind};
use vm_simulator::inventory::{NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};
use vm_simulator::{Context, Revision, Simulator, VM_NETWORK};

/// The system's name in the catalogue.
pub(super) const SYSTEM: &str = "vm-simulator";

/// The device list's path.
pub(super) const DEVICES: &str = "config.hardware.device";

/// A simulator of this revision. Its machines start with a PCI controller alone, the smallest that takes a card.
pub(super) fn simulator(revision: &str) -> Arc<Simulator> {
    let Some(revision) = Revision::from_name(revision) else {
        panic!("the simulator has no revision '{revision}'");
    };
    Simulator::with_defaults(revision, DefaultDevices::PciOnly)
}

/// The same where no step fails by itself.
pub(super) fn steady_simulator(revision: &str) -> Arc<Simulator> {
    let Some(revision) = Revision::from_name(revision) else {
        panic!("the simulator has no revision '{revision}'");
    };
    Simulator::steady(revision, DefaultDevices::PciOnly)
}

/// A machine with the default devices.
pub(super) fn machine(simulator: &Simulator, name: &str) -> Arc<VirtualMachine> {
    let created = simulator.create_vm(&mut Context::new(), simulator.root(), &NewMachine::named(name));
    created.unwrap_or_else(|fault| panic!("a machine without devices of its own can be created: {fault}"))
}

/// Adds a network card that leaves its key, its place and its address to the simulator.
pub(super) fn add_card() -> DeviceChange {
    let network = Backing::Network { name: VM_NETWORK.into(), network: None };
    DeviceChange::add(Device::new(Kind::E1000, -1).backed_by(network))
}

/// Adds a network card to a machine; whether it worked (a fault may have been injected).
pub(super) fn reconfigure(simulator: &Simulator, machine: &VirtualMachine) -> bool {
    let spec = ConfigSpec::devices(vec![add_card()]);
    simulator.reconfigure_vm(&mut Context::new(), machine, &spec).is_ok()
}

/// Collects a machine's device list, as a client does.
pub(super) fn collect(simulator: &Simulator, machine: &VirtualMachine) -> Vec<Device> {
    let spec = FilterSpec::of(machine.reference(), &[DEVICES]);
    let answer = simulator.retrieve(&mut Context::new(), &spec);
    let contents = answer.unwrap_or_else(|fault| panic!("the machine is registered: {fault}"));
    contents.iter().find_map(|content| content.devices().map(<[Device]>::to_vec)).unwrap_or_default()
}

/// A thread of the scenario.
#[track_caller]
pub(super) fn spawn<R: Send + 'static>(name: &str, body: impl FnOnce() -> R + Send + 'static) -> thread::JoinHandle<R> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
    spawned.unwrap_or_else(|error| panic!("thread {name} could not be started: {error}"))
}

/// The thread's result; its panic goes on here.
#[track_caller]
pub(super) fn join<R>(thread: thread::JoinHandle<R>) -> R {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What is wrong with a device list, if anything is: nobody ever committed such a list.
pub(super) fn flaw(devices: &[Device]) -> Option<String> {
    vm_simulator::audit::of_list(devices).into_iter().next()
}
