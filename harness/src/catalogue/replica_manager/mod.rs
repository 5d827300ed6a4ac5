//! Scenarios of the replica manager: creation against the verify loop, and what stands around it.

mod backing_image_vs_verify;
mod create_vs_delete;
mod create_vs_verify;
mod crossed_rebuilds;
mod delete_create_vs_verify;
mod duplicate_create;
mod engine_add_vs_verify;
mod engine_deletions_vs_create;
mod engine_mode;
mod failed_deletion;
mod failures;
mod generated;
mod image_in_use;
mod image_vs_its_deletion;
mod last_replica;
mod oracle;
mod pairs;
mod rebuild_source_race;
mod rebuild_vs_source_delete;
mod rebuild_vs_verify;
mod replica_made_anew;
mod shallow_copy_vs_verify;
mod snapshot_in_use;
pub mod snapshot_ops_and_rebuilding;
mod stage;
mod traffic_vs_verify;
mod triples;
mod watched_create;
mod watched_delete;
mod workload;

use crate::catalogue::generated::Selection;
use crate::scenario::{Expectation, FailureKind, Scenario};

/// The system's name in the catalogue.
pub const SYSTEM: &str = "replica-manager";

/// Every scenario of this system.
pub const SCENARIOS: &[Scenario] = &[
    create_vs_verify::SCENARIO,
    delete_create_vs_verify::SCENARIO,
    duplicate_create::SCENARIO,
    create_vs_delete::SCENARIO,
    engine_add_vs_verify::SCENARIO,
    shallow_copy_vs_verify::SCENARIO,
    rebuild_vs_verify::SCENARIO,
    backing_image_vs_verify::SCENARIO,
    engine_mode::SCENARIO,
    traffic_vs_verify::SCENARIO,
    snapshot_ops_and_rebuilding::SCENARIO,
    replica_made_anew::SCENARIO,
    image_vs_its_deletion::SCENARIO,
    image_in_use::SCENARIO,
    failed_deletion::SCENARIO,
    snapshot_in_use::SCENARIO,
    engine_deletions_vs_create::SCENARIO,
    rebuild_source_race::SCENARIO,
    rebuild_vs_source_delete::SCENARIO,
    crossed_rebuilds::SCENARIO,
    last_replica::SCENARIO,
    watched_create::SCENARIO,
    watched_delete::SCENARIO,
    generated::SCENARIO,
    failures::SCENARIO,
    pairs::SCENARIO,
    triples::SCENARIO,
];

/// Every selection of so many calls of a client, in every world.
pub fn selections(number: usize) -> Vec<Selection> {
    workload::selections(number)
}

/// Every call of a client, in every world, while one kind of call to the storage target fails.
pub fn failures() -> Vec<Selection> {
    failures::selections()
}

const HOLDS: Expectation = Expectation::Holds;
const DEADLOCKS: Expectation = Expectation::Fails { kind: FailureKind::Deadlock, message: "" };

const fn fails(message: &'static str) -> Expectation {
    Expectation::Fails { kind: FailureKind::Panic, message }
}

/// Upstream has it in every version, and so have the report's proposals.
const fn only_strict_holds(expected: Expectation) -> [(&'static str, Expectation); 11] {
    let mut all = one_big_lock_and_strict_hold(expected);
    all[0].1 = expected;
    all
}

/// The same where `v0`'s big lock keeps the two apart.
const fn one_big_lock_and_strict_hold(expected: Expectation) -> [(&'static str, Expectation); 11] {
    [
        ("v0", HOLDS),
        ("v1", expected),
        ("v2", expected),
        ("v3", expected),
        ("v4", expected),
        ("v5", expected),
        ("v6", expected),
        ("record-after-lvol", expected),
        ("verify-lock", expected),
        ("transactional-create", expected),
        ("strict", HOLDS),
    ]
}
