//! A machine is moved to `B`'s network while another is deployed there: both look for a free address before either has
//! written its card (the family of cloudstack#7907).

use vm_assignment::world;

use super::stage::{Stage, Verdict, done_or_victim, new_machine_of, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const TWO: &str = "two machines took one address";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-deploy-same-ip",
    summary: "an assignment and a deploy take an address of one network",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: TWO }),
        ("transaction", Fails { kind: FailureKind::Panic, message: TWO }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: TWO }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: TWO }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: TWO }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: TWO }),
        ("reservations", Fails { kind: FailureKind::Panic, message: TWO }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let deploy = stage.start("deploy", |cloud| cloud.deploy(&new_machine_of("B", "netB")));
    let (assigned, deployed) = (assign.join(), deploy.join());
    Verdict::new(TWO)
        .require_sound(&stage.contents())
        .require(done_or_victim(&assigned) && done_or_victim(&deployed), || {
            format!("both can be done: {assigned:?}, {deployed:?}")
        })
        .deliver();
}
