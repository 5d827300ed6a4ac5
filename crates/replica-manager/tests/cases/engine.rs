//! Engines: modes, snapshots over all replicas, refusals.

use std::collections::BTreeMap;

use replica_manager::{Frontend, Mode, Revision, State, by_hand};

use crate::world::{E, R, R2, World};

fn both(world: &World) {
    world.engine(&[R, R2], Frontend::BlockDevice);
}

fn modes(first: Mode, second: Mode) -> Vec<(String, Mode)> {
    vec![(R.to_owned(), first), (R2.to_owned(), second)]
}

pub(crate) fn no_client(revision: Revision) {
    let world = World::new(revision);
    let malformed = world.address(R2).replace("10.0.0.1", "nowhere");
    let addresses = [(R.to_owned(), world.address(R)), (R2.to_owned(), malformed)];
    world.engine_at(&BTreeMap::from(addresses), Frontend::BlockDevice);
    // Were it asked for, it would not be found.
    by_hand::remove_key(&world.server, R2);
    world.server.engine_validate(E).expect("a validation");
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
}

pub(crate) fn err_is_sticky(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    by_hand::remove_key(&world.server, R2);
    world.server.engine_snapshot_create(E, "s").expect("a snapshot");
    for _ in 0..3 {
        world.verify();
        assert_eq!(world.state(R2), State::Stopped, "it reappeared");
        assert_eq!(world.modes(), modes(Mode::Rw, Mode::Err));
    }
    world.server.engine_replica_delete(E, R2).expect("it leaves");
    world.server.replica_delete(R2, true).expect("it is destroyed");
    let address = world.running(R2).address();
    let job = world.server.engine_replica_add(E, R2, &address).expect("it comes back");
    world.server.run_rebuild(&job).expect("a rebuild");
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
}
