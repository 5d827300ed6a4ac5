//! Two deletions of an engine beside its re-creation: the second one removes the name of an engine that it never saw. The new
//! engine was acknowledged; its RAID and its port stay, and nobody can reach them.
//!
//! Upstream deletes the key by name, as it does for replicas. No report: found by triples of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, beside_each_other, calls};
use super::{SYSTEM, fails, only_strict_holds, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "engine-deletions-vs-create",
    summary: "an engine is deleted twice while it is made again",
    expectations: &only_strict_holds(fails("no engine in the map owns")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Standing);
    let [create, delete] = [Operation::EngineCreate, Operation::EngineDelete].map(|one| calls(one)[0]);
    beside_each_other(&world, &[create, delete, delete]);
}
