//! A replica is destroyed and created again under a running engine: the engine knows it by its name, finds it, and goes on calling
//! it RW. It is empty: what the user wrote is lost, and everything is called healthy. One thread is enough.
//!
//! The report's order of events in a rebuild has the first half of it: the replica is destroyed before the engine is told. No
//! report: found by the pairs of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, calls, one_after_another};
use super::{SYSTEM, fails, only_strict_holds, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "replica-made-anew",
    summary: "a replica is destroyed and created again under a running engine",
    expectations: &only_strict_holds(fails("does not hold what was written")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Standing);
    let [create, destroy] = [Operation::ReplicaCreate, Operation::ReplicaDelete].map(|one| calls(one)[0]);
    one_after_another(&world, &[destroy, create]);
}
