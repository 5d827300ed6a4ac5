//! Snapshots of a replica.

use replica_manager::{Revision, State, Subject, by_hand, names};

use crate::world::{R, World};

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
