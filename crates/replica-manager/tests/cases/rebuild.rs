//! Rebuilding: source, destination, and the engine's two ends.

use replica_manager::{
    ErrorKind, Frontend, Mode, RebuildState, Revision, State, Subject, WATCHER_CAPACITY, by_hand, names,
};

use crate::world::{E, R, R2, World, assert_kind};

/// A source with a snapshot, exported for [`R2`]; answers the port.
fn source(world: &World) -> u16 {
    world.with_snapshots(R, &["s"]);
    world.server.rebuild_source_start(R, R2, "s").expect("a source")
}

pub(crate) fn destination_start(revision: Revision) {
    let world = World::new(revision);
    let port = source(&world);
    world.running(R2);
    let old = world.disk().lvols[R2].uuid;
    world.server.rebuild_destination_start(R2, R, port, "s").expect("a destination");
    let (disk, view) = (world.disk(), world.get(R2));
    let head = &disk.lvols[R2];
    assert_ne!(head.uuid, old);
    let parent = head.parent.as_ref().expect("the external snapshot");
    assert_eq!(disk.nvme[parent].lvol, names::snapshot_lvol(R, "s"));
    assert_eq!(world.export(R2), view.ports.map(|ports| ports.start));
    assert!(view.rebuilding);
    assert_eq!(view.rebuild.state, RebuildState::InProgress);
}

pub(crate) fn finish(revision: Revision) {
    let world = World::new(revision);
    world.engine(&[R], Frontend::BlockDevice);
    for block in 0..3 {
        world.server.spdk().write(E, block, 100 + block).expect("a write");
        world.server.engine_snapshot_create(E, &format!("s{block}")).expect("a snapshot");
    }
    let address = world.running(R2).address();
    let job = world.server.engine_replica_add(E, R2, &address).expect("an add");
    world.server.spdk().write(E, 9, 9).expect("a write during the rebuild");
    world.server.run_rebuild(&job).expect("a rebuild");
    assert_eq!(world.mode(R2), Some(Mode::Rw));
    let view = world.get(R2);
    assert_eq!((view.rebuilding, view.rebuild.state), (false, RebuildState::Complete));
    for replica in [R, R2] {
        assert_eq!(world.chain(replica), ["-", "s0", "s1", "s2", "rebuild-00000001", names::HEAD], "{replica}");
        assert!(!world.get(replica).tree.snapshots["rebuild-00000001"].user_created);
        for (block, content) in [(0, 100), (1, 101), (2, 102), (9, 9)] {
            assert_eq!(world.server.spdk().read(replica, block), Ok(Some(content)), "{replica} block {block}");
        }
    }
    world.verify();
    assert_eq!(world.state(R2), State::Running);
    world.assert_clean();
}

pub(crate) fn destination_unknown(revision: Revision) {
    let world = World::new(revision);
    world.engine(&[R], Frontend::BlockDevice);
    let address = world.running(R2).address();
    by_hand::remove_key(&world.server, R2);
    let added = world.server.engine_replica_add(E, R2, &address);
    if world.server.behaviour().reports_failed_add {
        added.expect_err("the add says so");
        assert_eq!((world.mode(R), world.mode(R2)), (Some(Mode::Rw), Some(Mode::Err)));
        assert_eq!(world.engine_state(), State::Running);
    } else {
        let job = added.expect("the resume hides the error");
        assert_eq!(world.mode(R2), None);
        assert_kind(world.server.run_rebuild(&job), ErrorKind::NotFound);
        assert_eq!(world.engine_state(), State::Error);
    }
}

pub(crate) fn removed_during_the_copy(revision: Revision) {
    let world = World::new(revision);
    let job = world.rebuilding();
    world.server.run_copy(&job).expect("the copy");
    world.server.engine_replica_delete(E, R2).expect("it leaves");
    let finished = world.server.run_finish(&job);
    if world.server.behaviour().finish_skips_missing {
        finished.expect("passed over");
        assert_eq!(world.engine_state(), State::Running);
    } else {
        assert_kind(finished, ErrorKind::NotFound);
        assert_eq!(world.engine_state(), State::Error);
    }
}

pub(crate) fn downgrade_during_finish(revision: Revision) {
    let world = World::new(revision);
    let job = world.rebuilding();
    world.server.run_copy(&job).expect("the copy");
    let mut finish = world.server.finish_begin(&job).expect("phase 1");
    world.server.finish_call(&job, &mut finish);
    world.server.spdk().detach_nvme(&names::nvme_bdev(R2)).expect("the connection breaks");
    world.server.engine_validate(E).expect("a validation");
    assert_eq!(world.mode(R2), Some(Mode::Err));
    world.server.finish_apply(&job, finish).expect("phase 3");
    assert_eq!(world.mode(R2), Some(Mode::Err));
}

pub(crate) fn shutdown(revision: Revision) {
    let mut world = World::new(revision);
    let dispatcher = world.server.start_updates();
    world.running(R);
    world.server.updates().shut_down();
    if world.server.behaviour().drains_on_shutdown {
        assert!(!world.server.updates().would_block());
        world.running(R2);
        drop(world);
    } else {
        dispatcher.join().expect("the dispatcher left");
        assert!(world.server.updates().would_block());
        return;
    }
    dispatcher.join().expect("it ends with its server");
}

pub(crate) fn slow_watcher(revision: Revision) {
    let mut world = World::new(revision);
    let _dispatcher = world.server.start_updates();
    let slow = world.server.watch(Subject::Replica);
    let quick = world.server.watch(Subject::Replica);
    world.running(R);
    quick.recv().expect("the first event");
    for event in 1..=WATCHER_CAPACITY {
        world.server.replica_snapshot_create(R, &format!("s{event}")).expect("a snapshot");
        quick.recv().expect("others are unaffected");
    }
    assert_eq!(slow.iter().count(), WATCHER_CAPACITY, "its channel is closed");
}
