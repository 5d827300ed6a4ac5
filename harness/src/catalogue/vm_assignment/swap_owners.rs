//! `v1` goes from `A` to `B` while `v2` goes from `B` to `A`: each transaction holds its old owner's count, then that of
//! their domain, and then wants its new owner's.

use vm_assignment::world;

use super::stage::{Stage, Verdict, successes, to, told};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const VICTIM: &str = "two accounts could not be given each other's machine";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "swap-owners",
    summary: "two accounts are given each other's machine: A->B beside B->A",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("transaction", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("reservations", Fails { kind: FailureKind::Panic, message: VICTIM }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.machine("v2", "B", Some("netB"));
    let stage = Stage::new(revision, world);
    let one = stage.start_assign("v1 to B", to("v1", "B"));
    let two = stage.start_assign("v2 to A", to("v2", "A"));
    let outcomes = [one.join(), two.join()];
    Verdict::new(VICTIM)
        .require_sound(&stage.contents())
        .require(successes(&outcomes) == 2, || told(&outcomes))
        .deliver();
}
