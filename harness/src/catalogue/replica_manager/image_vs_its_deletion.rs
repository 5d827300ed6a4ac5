//! A backing image is made while it is deleted: the deletion looks for the record, finds none, and removes the one that comes
//! meanwhile. Both answer that it went well; the image is on the disk, and nobody knows of it until the next verify pass.
//!
//! What `v4` to `v6` left for replicas (residual defect of longhorn#9953's fix) they left for backing images, too. No report: found
//! by the pairs of all operations.

use replica_manager::Operation;

use super::workload::{Place, World, beside_each_other, calls};
use super::{SYSTEM, fails, one_big_lock_and_strict_hold, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "image-vs-its-deletion",
    summary: "a backing image is made while one of its name is deleted",
    expectations: &one_big_lock_and_strict_hold(fails("not in the map")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Empty);
    let [create, delete] = [Operation::BackingImageCreate, Operation::BackingImageDelete].map(|one| calls(one)[0]);
    beside_each_other(&world, &[create, delete]);
}
