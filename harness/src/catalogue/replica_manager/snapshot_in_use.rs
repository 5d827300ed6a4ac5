//! A snapshot is deleted while its replica exports it for a rebuild: the volume goes, the export stays. One thread is enough. No
//! report: found by the pairs of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, calls, one_after_another};
use super::{SYSTEM, fails, only_strict_holds, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "snapshot-in-use",
    summary: "a snapshot is deleted while it is exported for a rebuild",
    expectations: &only_strict_holds(fails("owns the export")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Rebuilding);
    one_after_another(&world, &[calls(Operation::ReplicaSnapshotDelete)[0]]);
}
