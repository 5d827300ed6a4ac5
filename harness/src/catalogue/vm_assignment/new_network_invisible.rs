//! cloudstack#10825: an account without a network is given a machine. The first fix made the network inside the
//! transaction, and the connection that draws MAC addresses is another one.

use vm_assignment::world;

use super::stage::{Stage, Verdict, to};
use crate::scenario::{
    Expectation::{Fails, Holds},
    FailureKind, Scenario,
};

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "new-network-invisible",
    summary: "a machine is assigned to an account without a network",
    expectations: &[
        ("reported", Holds),
        ("transaction", Holds),
        ("checkpoint", Holds),
        ("verify-after", Holds),
        ("pr7061", Fails { kind: FailureKind::Panic, message: "nobody sees network B-network yet" }),
        ("pr10875", Holds),
        ("reservations", Holds),
        ("strict", Holds),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut world = world::small();
    world.without_network("netB");
    let stage = Stage::new(revision, world);
    if let Err(error) = stage.alone("assign", |cloud| cloud.assign(&to("v1", "B"))) {
        panic!("B has no network and should have been given one: {error}");
    }
    Verdict::new("a machine was moved badly").require_sound(&stage.contents()).deliver();
}
