//! The owner starts the machine while it is moved away: the start reserves cards that the assignment removes.

use vm_assignment::records::{Network, Nic, NicState, Vm, VmState};
use vm_assignment::world;

use super::stage::{Stage, Verdict, owner, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const GOT_STARTED: &str = "a machine was started and moved at once";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-start",
    summary: "a machine is moved while its owner starts it: whose cards does it run with?",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("transaction", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("reservations", Fails { kind: FailureKind::Panic, message: GOT_STARTED }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let start = stage.start("start", |cloud| cloud.start("A", "v1"));
    let (assigned, started) = (assign.join(), start.join());
    let after = stage.contents();
    let vm: Vm = after.named("v1").unwrap_or_else(|| panic!("v1 is gone"));
    let ready = |nic: &Nic| {
        let network = after.get::<Network>(nic.network_id);
        nic.instance_id == vm.id
            && !nic.removed
            && nic.state == NicState::Reserved
            && network.is_some_and(|network| network.account_id == vm.account_id)
    };
    let fit_to_run = vm.state != VmState::Running || after.all::<Nic>().iter().any(ready);
    Verdict::new(GOT_STARTED)
        .require(fit_to_run, || {
            format!("v1 of {} runs without a card that was set up for its owner", owner(&after, "v1"))
        })
        .require_sound(&after)
        .require(assigned.is_ok() != started.is_ok(), || {
            format!("one of the two has to win: {assigned:?}, {started:?}")
        })
        .deliver();
}
