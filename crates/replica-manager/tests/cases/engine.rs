//! Engines: modes, snapshots over all replicas, refusals.

use std::collections::BTreeMap;

use replica_manager::{ErrorKind, Frontend, Mode, Revision, State, by_hand, names};

use crate::world::{E, R, R2, World, assert_kind, assert_refused};

fn both(world: &World) {
    world.engine(&[R, R2], Frontend::BlockDevice);
}

fn modes(first: Mode, second: Mode) -> Vec<(String, Mode)> {
    vec![(R.to_owned(), first), (R2.to_owned(), second)]
}

pub(crate) fn create(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
    let disk = world.disk();
    assert_eq!(disk.raids[E].bases, [names::nvme_bdev(R), names::nvme_bdev(R2)]);
    assert!(disk.nvme.contains_key(&names::nvme_bdev(R2)));
    world.assert_clean();
}

pub(crate) fn create_with_one_unreachable(revision: Revision) {
    let world = World::new(revision);
    let addresses = [(R.to_owned(), world.address(R)), (R2.to_owned(), "10.0.0.1:29999".to_owned())];
    world.engine_at(&BTreeMap::from(addresses), Frontend::BlockDevice);
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Err));
    assert_eq!(world.disk().raids[E].bases, [names::nvme_bdev(R)]);
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

pub(crate) fn base_bdev_missing(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    world.server.spdk().detach_nvme(&names::nvme_bdev(R2)).expect("it was connected");
    world.server.engine_validate(E).expect("a validation");
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Err));
    assert_eq!(world.engine_state(), State::Running);
}

pub(crate) fn no_rw_left(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    for replica in [R, R2] {
        world.server.spdk().detach_nvme(&names::nvme_bdev(replica)).expect("it was connected");
    }
    assert!(world.server.engine_validate(E).is_err());
    assert_eq!(world.modes(), modes(Mode::Err, Mode::Err));
    assert_eq!(world.engine_state(), State::Error);
}

pub(crate) fn raid_missing(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    world.server.spdk().delete_raid(E).expect("it was there");
    assert!(world.server.engine_validate(E).is_err());
    let engine = world.server.engine_get(E).expect("kept");
    assert_eq!(engine.state, State::Error);
    assert!(!engine.error.is_empty());
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
    assert!(!world.disk().raids.contains_key(E));
}

pub(crate) fn snapshot_with_one_failing(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    by_hand::remove_key(&world.server, R2);
    world.server.engine_snapshot_create(E, "s").expect("it succeeds");
    assert!(world.get(R).tree.snapshots.contains_key("s"));
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Err));
    assert_eq!(world.engine_state(), State::Running);
}

pub(crate) fn delete_of_the_heads_parent(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    world.server.engine_snapshot_create(E, "s").expect("a snapshot");
    let answer = world.server.engine_snapshot_delete(E, "s");
    if world.server.behaviour().deletes_heads_parent {
        answer.expect("lifted");
    } else {
        assert_refused(answer);
    }
    assert_eq!(world.engine_state(), State::Running);
}

pub(crate) fn revert_needs_no_frontend(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    world.server.engine_snapshot_create(E, "s").expect("a snapshot");
    let before = world.server.engine_get(E).expect("the engine");
    assert_refused(world.server.engine_snapshot_revert(E, "s"));
    assert_eq!(world.server.engine_get(E).expect("the engine"), before);
    world.server.engine_delete(E).expect("a delete");
    let bare = world.engine(&[R, R2], Frontend::Empty);
    assert_eq!((bare.port, bare.endpoint.as_str()), (0, ""));
    world.server.engine_snapshot_revert(E, "s").expect("a revert");
    world.server.engine_delete(E).expect("a delete");
    both(&world);
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
}

pub(crate) fn wo_blocks(revision: Revision) {
    let world = World::new(revision);
    let job = world.rebuilding();
    assert_eq!(world.mode(R2), Some(Mode::Wo));
    let system = world.get(R).tree.heads_parent().cloned().expect("the rebuild's snapshot");
    assert_refused(world.server.engine_snapshot_delete(E, &system));
    assert_refused(world.server.engine_snapshot_revert(E, &system));
    assert_refused(world.server.engine_snapshot_purge(E));
    world.server.engine_snapshot_create(E, "s").expect("a snapshot");
    for replica in [R, R2] {
        assert!(world.get(replica).tree.snapshots.contains_key("s"), "{replica}");
    }
    world.server.run_rebuild(&job).expect("a rebuild");
    assert_eq!(world.modes(), modes(Mode::Rw, Mode::Rw));
}

pub(crate) fn add_of_a_known_name(revision: Revision) {
    let world = World::new(revision);
    world.engine(&[R], Frontend::BlockDevice);
    let address = world.address(R);
    assert_refused(world.server.engine_replica_add(E, R, &address));
}

pub(crate) fn duplicate_create(revision: Revision) {
    let world = World::new(revision);
    both(&world);
    let addresses = BTreeMap::from([(R.to_owned(), world.address(R))]);
    assert_kind(world.server.engine_create(E, &addresses, Frontend::BlockDevice), ErrorKind::AlreadyExists);
}
