//! One machine, two administrators: to `B` and to `C`. Nothing locks the machine or looks at its owner again, so both
//! move it away from the owner they read.

use vm_assignment::Request;
use vm_assignment::records::{AccountKind, Switch};
use vm_assignment::world::{self, World};

use super::stage::{Stage, Verdict, machines_of, owner, successes, to, told};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const TWICE: &str = "two administrators moved one machine away from A";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "double-assign",
    summary: "one machine is assigned to two accounts at once: A->B beside A->C",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("transaction", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("reservations", Fails { kind: FailureKind::Panic, message: TWICE }),
        ("strict", Holds),
    ],
    run,
    smallest: Some(smallest),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    assign_twice(revision, three_accounts(), to);
}

/// The same for a search without much reduction:
/// the machine has no card to move, and as long as it is stopped
/// nobody counts it.
fn smallest(revision: &str) {
    let mut world = three_accounts();
    world.without_cards("v1");
    world.switch(Switch::RunningVmsOnly, true);
    assign_twice(revision, world, |vm, account| Request { skip_network: true, ..to(vm, account) });
}

fn three_accounts() -> World {
    let mut world = world::small();
    world.account("C", AccountKind::User, "D1");
    world.isolated("netC", "C", "10.1.1.0/24");
    world
}

fn assign_twice(revision: &str, world: World, to: fn(&str, &str) -> Request) {
    let stage = Stage::new(revision, world);
    let b = stage.start_assign("to B", to("v1", "B"));
    let c = stage.start_assign("to C", to("v1", "C"));
    let outcomes = [b.join(), c.join()];
    let after = stage.contents();
    let a = machines_of(&after, "A");
    Verdict::new(TWICE)
        .require(a == 0, || format!("A counts {a} machines; {} owns v1 ({})", owner(&after, "v1"), told(&outcomes)))
        .require_sound(&after)
        // The second may find the first's move complete, and move the machine on: that is no error.
        .require(successes(&outcomes) >= 1, || format!("nobody moved v1: {}", told(&outcomes)))
        .deliver();
}
