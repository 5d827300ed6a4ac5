//! `B` has no network and is given two machines at once: each assignment makes one.

use vm_assignment::records::{GuestType, Network};
use vm_assignment::world;

use super::stage::{Stage, Verdict, successes, to, told};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const CLASH: &str = "two assignments that each needed a network got in each other's way";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "two-assigns-need-a-network",
    summary: "two machines are assigned to an account without a network",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("transaction", Holds),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("reservations", Fails { kind: FailureKind::Panic, message: CLASH }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.machine("v2", "A", Some("isoA"));
    world.without_network("netB");
    let stage = Stage::new(revision, world);
    let one = stage.start_assign("v1 to B", to("v1", "B"));
    let two = stage.start_assign("v2 to B", to("v2", "B"));
    let outcomes = [one.join(), two.join()];
    let after = stage.contents();
    let isolated = after.all::<Network>().into_iter().filter(|network| network.guest_type == GuestType::Isolated);
    let made = isolated.filter(|network| network.name == "B-network").count();
    Verdict::new(CLASH)
        .require(successes(&outcomes) == 2, || format!("both machines can be moved: {}", told(&outcomes)))
        .require(made == 1, || format!("{made} networks were made for B, who needs one"))
        .require_sound(&after)
        .deliver();
}
