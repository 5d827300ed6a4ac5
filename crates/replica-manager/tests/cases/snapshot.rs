//! Snapshots of a replica.

use replica_manager::{ErrorKind, Revision, State, Subject, by_hand, names};

use crate::world::{R, World, assert_kind, assert_refused};

pub(crate) fn unknown_replica(revision: Revision) {
    let world = World::new(revision);
    assert_kind(world.server.replica_snapshot_create("x", "s"), ErrorKind::NotFound);
}

pub(crate) fn duplicate_name(revision: Revision) {
    let world = World::new(revision);
    world.with_snapshots(R, &["s"]);
    assert_refused(world.server.replica_snapshot_create(R, "s"));
    assert_eq!(world.state(R), State::Running);
}

pub(crate) fn create(revision: Revision) {
    let mut world = World::new(revision);
    world.running(R);
    let _dispatcher = world.server.start_updates();
    let watcher = world.server.watch(Subject::Replica);
    for snapshot in ["s1", "s2"] {
        world.server.replica_snapshot_create(R, snapshot).expect("a snapshot");
        watcher.recv().expect("one signal per operation");
    }
    assert!(watcher.try_recv().is_err());
    assert!(world.has_lvol(&names::snapshot_lvol(R, "s1")) && world.has_lvol(&names::snapshot_lvol(R, "s2")));
    assert_eq!(world.chain(R), ["-", "s1", "s2", names::HEAD]);
    let tree = world.get(R).tree;
    assert_eq!(tree.snapshots["s1"].children.iter().collect::<Vec<_>>(), ["s2"]);
    assert_eq!(tree.snapshots["s2"].children.iter().collect::<Vec<_>>(), [names::HEAD]);
    assert_eq!(tree.head.expect("a head").parent.as_deref(), Some("s2"));
}

pub(crate) fn delete_with_two_children(revision: Revision) {
    let world = World::new(revision);
    world.with_snapshots(R, &["s13", "s14"]);
    world.server.replica_snapshot_revert(R, "s13").expect("a revert");
    world.server.replica_snapshot_create(R, "s21").expect("a branch");
    assert_refused(world.server.replica_snapshot_delete(R, "s13"));
    assert_eq!(world.state(R), State::Running);
    assert!(world.has_lvol(&names::snapshot_lvol(R, "s13")));
}

pub(crate) fn delete_mid_chain(revision: Revision) {
    let world = World::new(revision);
    world.with_snapshots(R, &["s1", "s2", "s3"]);
    world.server.replica_snapshot_delete(R, "s2").expect("a delete");
    let tree = world.get(R).tree;
    assert_eq!(tree.snapshots["s3"].parent.as_deref(), Some("s1"));
    assert_eq!(tree.snapshots["s1"].children.iter().collect::<Vec<_>>(), ["s3"]);
    assert_eq!((tree.snapshots.len(), tree.chain.len()), (2, 4));
}

pub(crate) fn revert(revision: Revision) {
    let world = World::new(revision);
    world.with_snapshots(R, &["s11", "s12", "s13", "s14", "s15"]);
    let before = world.export(R);
    world.server.replica_snapshot_revert(R, "s13").expect("a revert");
    assert_eq!(world.chain(R), ["-", "s11", "s12", "s13", names::HEAD]);
    assert_eq!(world.get(R).tree.snapshots.len(), 5);
    assert_eq!(world.export(R), before);
    world.assert_clean();
}

pub(crate) fn purge(revision: Revision) {
    let world = World::new(revision);
    world.running(R);
    for (snapshot, user_created) in [("y1", false), ("u1", true), ("y3", false), ("u2", true)] {
        world.server.snapshot_replica(R, snapshot, user_created).expect("a snapshot");
    }
    world.server.replica_snapshot_revert(R, "y3").expect("a branch");
    world.server.snapshot_replica(R, "y2", false).expect("the head's parent");
    world.server.replica_snapshot_purge(R).expect("a purge");
    let left: Vec<String> = world.get(R).tree.snapshots.into_keys().collect();
    assert_eq!(left, ["u1", "u2", "y2", "y3"]);
}

pub(crate) fn purge_without_a_head(revision: Revision) {
    let world = World::new(revision);
    let spdk = world.server.spdk();
    spdk.create_lvol("disk", R, 500).expect("a foreign head");
    by_hand::map_phase(&world.server).expect("the map phase");
    assert!(world.server.replica_snapshot_purge(R).is_err());
    assert_eq!(world.state(R), State::Error);
}
