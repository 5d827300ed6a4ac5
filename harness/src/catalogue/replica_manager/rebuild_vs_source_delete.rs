//! The source of a rebuild is destroyed while the copy is under way.
//!
//! A target can be attached to a source that has just been destroyed: nobody detaches that device any more. That upstream takes the
//! replica's lock for it since `828db995` (see `rebuild-source-race`) does not help. No report: found by the pairs of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, beside_each_other, calls, run_rebuild};
use super::{SYSTEM, fails, only_strict_holds, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "rebuild-vs-source-delete",
    summary: "a replica is destroyed while another one is rebuilt from it",
    expectations: &only_strict_holds(fails("")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Joining);
    let destroy = calls(Operation::ReplicaDelete)[0];
    beside_each_other(&world, &[run_rebuild, destroy]);
}
