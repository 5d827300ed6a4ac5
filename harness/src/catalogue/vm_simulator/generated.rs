//! Operations that the scheduler chooses, by two clients of one machine: reconfigure it, collect it, move it, switch it on.
//!
//! What is drawn is in the trace, as the `choose` events at its beginning. Whatever it is, nobody may see a device list
//! that nobody committed, every card that was added is listed, and the machine is in the one folder that it says.

use bohrbug_sync::Arc;
use bohrbug_sync::choice::choose;
use vm_simulator::inventory::{Folder, VirtualMachine};
use vm_simulator::state::PowerState;
use vm_simulator::{Context, Simulator};

use super::common::{SYSTEM, collect, flaw, join, machine, reconfigure, simulator, spawn};
use crate::scenario::{Expectation, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "generated",
    summary: "two clients of a machine do what the scheduler chooses",
    expectations: &[("strict", Expectation::Holds)],
    run,
    leaves_out: Some("random operations break every other revision soon"),
    ..Scenario::USUAL
};

/// How many operations each client does.
const OPERATIONS: usize = 2;

#[derive(Clone, Copy)]
enum Operation {
    Reconfigure,
    Collect,
    Relocate,
    PowerOn,
}

const ALL: [Operation; 4] = [Operation::Reconfigure, Operation::Collect, Operation::Relocate, Operation::PowerOn];

fn run(revision: &str) {
    let simulator = simulator(revision);
    let folder = simulator.create_folder(&mut Context::new(), simulator.root(), "a");
    let machine = machine(&simulator, "vm");
    let clients = ["one", "two"].map(|name| (name, [(); OPERATIONS].map(|()| ALL[choose(ALL.len())])));
    let clients = clients.map(|(name, operations)| {
        let (simulator, machine, folder) = (Arc::clone(&simulator), Arc::clone(&machine), Arc::clone(&folder));
        spawn(name, move || {
            operations.iter().filter(|operation| operation.adds_a_card(&simulator, &machine, &folder)).count()
        })
    });
    let added: usize = clients.map(join).into_iter().sum();
    let devices = machine.devices();
    assert_eq!(flaw(&devices), None, "the list at the end is damaged");
    let listed = devices.iter().filter(|device| device.kind.is_ethernet()).count();
    assert_eq!(listed, added, "{added} cards were added, and the list has {listed}");
    let parent = machine.parent();
    assert!([simulator.root().reference(), folder.reference()].map(Some).contains(&parent), "astray: {parent:?}");
}

impl Operation {
    /// Does it; whether that added a card.
    fn adds_a_card(self, simulator: &Simulator, machine: &Arc<VirtualMachine>, folder: &Arc<Folder>) -> bool {
        let ctx = &mut Context::new();
        match self {
            Self::Reconfigure => return reconfigure(simulator, machine),
            Self::Collect => assert_eq!(flaw(&collect(simulator, machine)), None, "a damaged list was collected"),
            Self::Relocate => assert!(simulator.relocate_vm(ctx, machine, folder).is_ok(), "a machine can be moved"),
            // It may be on already.
            Self::PowerOn => drop(simulator.set_power(ctx, machine, PowerState::On)),
        }
        false
    }
}
