//! A backing image is deleted while a replica stands on it: the volume goes, the replica's parent with it, and the next verify
//! pass puts the replica into state error. One thread is enough. No report: found by the pairs of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, calls, one_after_another};
use super::{SYSTEM, fails, only_strict_holds, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "image-in-use",
    summary: "a backing image is deleted while a replica stands on it",
    expectations: &only_strict_holds(fails("in state error")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Standing);
    one_after_another(&world, &[calls(Operation::BackingImageDelete)[0]]);
}
