//! Undoing can fail, too: the compensation of `checkpoint`, and in 4.20.1 deleting or implementing the network made before.

use vm_assignment::fault::Scheduled;
use vm_assignment::records::NetworkOffering;
use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const FOUND: &str = "an assignment that failed left something behind";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "undo-fails",
    summary: "an assignment that makes a network fails, and perhaps the undoing too: what is left?",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("transaction", Holds),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("reservations", Fails { kind: FailureKind::Panic, message: FOUND }),
        ("strict", Holds),
    ],
    run,
    leaves_out: Some("there is no undo: the transaction rolls back"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.without_network("netB");
    world.edit::<NetworkOffering>("isolated", |offering| offering.persistent = true);
    let stage = Stage::new(revision, world);
    // Whatever the answer is: the ledger has to be sound.
    let _ = stage.alone("assign", |cloud| cloud.with_faults(&Scheduled).assign(&to("v1", "B")));
    Verdict::new(FOUND).require_sound(&stage.contents()).deliver();
}
