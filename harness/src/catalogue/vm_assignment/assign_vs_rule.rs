//! A machine with a port-forwarding rule may not be moved; the rule comes after the check.

use vm_assignment::records::{Rule, RuleKind, Vm};
use vm_assignment::world;

use super::stage::{Stage, Verdict, owner, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const FOREIGN: &str = "a machine took a rule of its old owner along";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-rule",
    summary: "a machine is moved while its owner adds a port-forwarding rule",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("transaction", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("reservations", Fails { kind: FailureKind::Panic, message: FOREIGN }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let rule = stage.start("rule", |cloud| cloud.add_rule("A", "v1", RuleKind::PortForwarding));
    let (assigned, added) = (assign.join(), rule.join());
    let after = stage.contents();
    let vm: Vm = after.named("v1").unwrap_or_else(|| panic!("v1 is gone"));
    let foreign = after.all::<Rule>().iter().any(|rule| rule.account_id != vm.account_id);
    Verdict::new(FOREIGN)
        .require(!foreign, || format!("v1 of {} has a rule of its old owner's", owner(&after, "v1")))
        .require_sound(&after)
        .require(assigned.is_ok() != added.is_ok(), || format!("one of the two has to win: {assigned:?}, {added:?}"))
        .deliver();
}
