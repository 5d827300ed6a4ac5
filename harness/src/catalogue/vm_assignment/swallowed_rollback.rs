//! A card is released in an inner transaction; when that fails the error is swallowed, but the rollback has ended the
//! outer transaction. What follows commits statement by statement, and the call answers success.
//! It takes a machine that is being stopped, which every revision but `strict` accepts.

use vm_assignment::records::{Nic, NicState, Vm, VmState};
use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const FOUND: &str = "success was answered, and half of it was lost";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "swallowed-rollback",
    summary: "the release of a network card fails inside the transaction and is ignored: what is committed?",
    expectations: &[
        ("transaction", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("reservations", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("strict", Holds),
    ],
    run,
    leaves_out: Some("there is no transaction to roll back"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.edit::<Vm>("v1", |vm| vm.state = VmState::Stopping);
    for mut nic in world.tables.all::<Nic>() {
        nic.state = NicState::Reserved;
        world.tables.put(&nic);
    }
    let stage = Stage::new(revision, world);
    let _ = stage.alone("assign", |cloud| {
        let only_release = |point: &'static str| point == "network.release" && bohrbug_sync::choice::fault(point);
        cloud.with_faults(&only_release).assign(&to("v1", "B"))
    });
    Verdict::new(FOUND).require_sound(&stage.contents()).deliver();
}
