//! Two calls on the source of a rebuild: until `828db995` the target that it copies to was changed without the replica's lock.

use replica_manager::Operation;

use super::workload::{Place, World, beside_each_other, calls};
use super::{HOLDS, SYSTEM, stage};
use crate::scenario::{Expectation, FailureKind, Scenario};

const RACES: Expectation = Expectation::Fails { kind: FailureKind::DataRace, message: "attached target" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "rebuild-source-race",
    summary: "the source of a rebuild lets its target go while it starts a copy",
    expectations: &[
        ("v0", HOLDS),
        ("v1", RACES),
        ("v2", RACES),
        ("v3", RACES),
        ("v4", RACES),
        ("v5", HOLDS),
        ("v6", HOLDS),
        ("record-after-lvol", RACES),
        ("verify-lock", RACES),
        ("transactional-create", RACES),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Rebuilding);
    let [copy, detach] = [Operation::RebuildSourceCopyStart, Operation::RebuildSourceDetach].map(|one| calls(one)[0]);
    beside_each_other(&world, &[copy, detach]);
}
