//! The new owner is disabled after the check: is it given a machine all the same?

use vm_assignment::records::{AccountState, UsageEvent, UsageKind};
use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const DISABLED: &str = "an account was given a machine after it had been disabled";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "assign-vs-disable",
    summary: "a machine is moved to an account that is being disabled",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("transaction", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("reservations", Fails { kind: FailureKind::Panic, message: DISABLED }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let stage = Stage::new(revision, world::small());
    let assign = stage.start_assign("assign", to("v1", "B"));
    let disable = stage.start("disable", |cloud| cloud.set_account_state("B", AccountState::Disabled));
    let (_, disabled) = (assign.join(), disable.join());
    assert!(disabled.is_ok(), "an account can be disabled at any time: {disabled:?}");
    let after = stage.contents();
    // Events are numbered as they are written, and `B` has no machine to begin with.
    let events = after.all::<UsageEvent>();
    let disabled = events.iter().position(|event| event.kind == UsageKind::AccountDisable);
    let account = disabled.map(|at| events[at].account_id);
    let given = events.iter().rposition(|event| event.kind == UsageKind::VmCreate && Some(event.account_id) == account);
    Verdict::new(DISABLED)
        .require(given.is_none() || given < disabled, || "B was disabled first".to_owned())
        .require_sound(&after)
        .deliver();
}
