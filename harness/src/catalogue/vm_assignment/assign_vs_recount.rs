//! `B`'s counts are counted anew while it is given a machine. Since cloudstack#8302 the recount holds the rows meanwhile,
//! so that no update is lost; but it takes them in another order than the assignment.

use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const VICTIM: &str = "a move and a recount could not both be done";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-recount",
    summary: "a machine is moved to an account whose counts are counted anew",
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
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let recount = stage.start("recount", |cloud| cloud.recount("B"));
    let (assigned, recounted) = (assign.join(), recount.join());
    Verdict::new(VICTIM)
        .require_sound(&stage.contents())
        .require(assigned.is_ok() && recounted.is_ok(), || format!("{assigned:?}, {recounted:?}"))
        .deliver();
}
