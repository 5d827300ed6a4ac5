//! Two domains below a limited one: reservations lock by the account's own domain, so that siblings do not exclude each
//! other and overrun their parent.

use vm_assignment::Request;
use vm_assignment::records::{AccountKind, Resource};
use vm_assignment::world;

use super::stage::{Stage, Verdict, successes, told};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const OVERRUN: &str = "two domains wanted their parent's last place";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "sibling-domains-shared-parent",
    summary: "accounts of two sibling domains are each given a machine; their parent has room for one",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("transaction", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("reservations", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.domain("D2");
    for (domain, account) in [("D2/S1", "one"), ("D2/S2", "two")] {
        world.domain(domain);
        world.account(account, AccountKind::User, domain);
        world.isolated(&format!("net-{account}"), account, "10.1.1.0/24");
    }
    world.machine("v2", "A", Some("isoA"));
    world.limit_domain("D2", Resource::UserVm, 1);
    let stage = Stage::new(revision, world);
    let one = stage.start_assign("to one", Request::new("root", "v1", "one", "D2/S1"));
    let two = stage.start_assign("to two", Request::new("root", "v2", "two", "D2/S2"));
    let outcomes = [one.join(), two.join()];
    Verdict::new(OVERRUN)
        .require_sound(&stage.contents())
        .require(successes(&outcomes) == 1, || format!("there was room for one: {}", told(&outcomes)))
        .deliver();
}
