//! The storage target refuses to delete a backing image's volume. `v0` forgets the image before it tries: nobody can try again until
//! verify has found the volume. One thread is enough. No report: found by reading; the failures of all operations ask for it.

use replica_manager::{ErrorKind, Operation};

use super::workload::{Place, World, calls, one_after_another};
use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "failed-deletion",
    summary: "the target refuses to delete a backing image",
    expectations: &[
        ("v0", fails("not in the map")),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", HOLDS),
        ("v5", HOLDS),
        ("v6", HOLDS),
        ("record-after-lvol", HOLDS),
        ("verify-lock", HOLDS),
        ("transactional-create", HOLDS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let world = World::new(stage::new_server(revision), Place::Empty);
    let [create, delete] = [Operation::BackingImageCreate, Operation::BackingImageDelete].map(|one| calls(one)[0]);
    create(&world).expect("a backing image");
    world.server.spdk().inject("spdk.lvol-delete", ErrorKind::Failed);
    one_after_another(&world, &[delete]);
}
