//! Somebody looks while a machine is moved: at the old owner's machine on the old network, or at the new owner's on the
//! new one, and at nothing in between.

use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const HALF: &str = "a reader sees the machine half moved";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "reader-sees-all-or-nothing",
    summary: "a reader takes snapshots while a machine is moved",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: HALF }),
        ("transaction", Holds),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: HALF }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: HALF }),
        ("pr7061", Holds),
        ("pr10875", Holds),
        ("reservations", Holds),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.volume("root-volume", "A", Some("v1"), 0);
    let stage = Stage::new(revision, world);
    let assign = stage.start_assign("assign", to("v1", "B"));
    let reader = stage.clone();
    let read = stage.start("reader", move |_| reader.contents());
    let (assigned, seen) = (assign.join(), read.join());
    assert!(assigned.is_ok(), "nothing is in the way of the move: {assigned:?}");
    Verdict::new(HALF).require_sound_machine(&seen, "v1").require_sound(&stage.contents()).deliver();
}
