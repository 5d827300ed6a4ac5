//! The machine is destroyed while it is moved: both take it from the counts of the owner they read.

use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const FOUND: &str = "the move and the destruction got in each other's way";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-destroy",
    summary: "a machine is moved while it is destroyed: from whose counts is it taken?",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("transaction", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("reservations", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let destroy = stage.start("destroy", |cloud| cloud.destroy("v1"));
    let _ = (assign.join(), destroy.join());
    Verdict::new(FOUND).require_sound(&stage.contents()).deliver();
}
