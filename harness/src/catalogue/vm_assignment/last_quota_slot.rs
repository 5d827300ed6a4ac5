//! `B` may have one more machine, and gets two at once, the second moved as the first or deployed: a limit that is checked
//! before it is used.

use bohrbug_sync::choice;
use vm_assignment::records::Resource;
use vm_assignment::world;

use super::stage::{Stage, Verdict, new_machine_of, successes, to, told};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

const OVERRUN: &str = "two machines wanted the last place";

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "last-quota-slot",
    summary: "two machines are assigned to an account that may have one more",
    expectations: &[
        ("reported", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("transaction", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("checkpoint", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("verify-after", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("pr7061", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("pr10875", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        // Nobody gets too much, but nobody may get anything: one is refused for the sake of the other, which is then rolled
        // back as the victim of a deadlock on the counts.
        ("reservations", Fails { kind: FailureKind::Panic, message: OVERRUN }),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.machine("v2", "A", Some("isoA"));
    world.limit_account("B", Resource::UserVm, 1);
    let stage = Stage::new(revision, world);
    let deploys = choice::choose(2) == 1;
    let one = stage.start("v1 to B", |cloud| cloud.assign(&to("v1", "B")).map(drop));
    let two = stage.start("another to B", move |cloud| {
        if deploys { cloud.deploy(&new_machine_of("B", "netB")) } else { cloud.assign(&to("v2", "B")).map(drop) }
    });
    let outcomes = [one.join(), two.join()];
    let after = stage.contents();
    Verdict::new(OVERRUN)
        .require_sound(&after)
        .require(successes(&outcomes) == 1, || format!("there was room for one: {}", told(&outcomes)))
        .deliver();
}
