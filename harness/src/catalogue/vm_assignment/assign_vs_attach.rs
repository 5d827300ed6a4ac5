//! A volume is attached after the list of volumes was read: it stays with the old owner. (Or
//! one is detached: that does no harm, since a volume that moves all the same could have been detached a little later.)

use bohrbug_sync::choice;
use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const FOUND: &str = "a volume was left behind";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-attach",
    summary: "a machine is moved while a volume of its owner is attached to it, or detached",
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
    let mut world = world::small();
    let attached = choice::choose(2) == 1;
    world.volume("data", "A", attached.then_some("v1"), 0);
    let stage = Stage::new(revision, world);
    let assign = stage.start_assign("assign", to("v1", "B"));
    let other = stage.start(
        "volume",
        move |cloud| {
            if attached { cloud.detach("data", "v1") } else { cloud.attach("data", "v1") }
        },
    );
    let _ = (assign.join(), other.join());
    Verdict::new(FOUND).require_sound(&stage.contents()).deliver();
}
