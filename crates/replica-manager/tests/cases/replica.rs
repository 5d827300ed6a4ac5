//! Replica create, delete, get.

use replica_manager::{ErrorKind, ReplicaSpec, Revision, State, Subject, by_hand, names};

use crate::world::{R, R2, World, assert_kind, assert_refused};

/// Runs `act` on a server with signals on and answers how many replica signals went out.
fn replica_signals(world: &mut World, act: impl FnOnce(&World)) -> usize {
    let dispatcher = world.server.start_updates();
    let watcher = world.server.watch(Subject::Replica);
    act(world);
    world.server.updates().shut_down();
    if !world.server.behaviour().drains_on_shutdown {
        dispatcher.join().expect("the dispatcher");
    }
    watcher.try_iter().count()
}

pub(crate) fn fresh_create(revision: Revision) {
    let mut world = World::new(revision);
    let signals = replica_signals(&mut world, |world| {
        world.running(R);
    });
    assert_eq!(signals, 1);
    let view = world.get(R);
    let ports = view.ports.expect("ports");
    assert_eq!((view.state, ports.end), (State::Running, ports.start + 4));
    assert!((20_000..=30_000).contains(&ports.start));
    assert_eq!(world.chain(R), ["-", names::HEAD]);
    assert!(view.tree.snapshots.is_empty());
    assert_eq!(world.export(R), Some(ports.start));
    assert_eq!(world.disk().lvols.keys().collect::<Vec<_>>(), [R]);
    world.assert_clean();
}

pub(crate) fn create_while_running(revision: Revision) {
    let mut world = World::new(revision);
    let before = world.running(R);
    let signals = replica_signals(&mut world, |world| {
        assert_kind(world.create(R), ErrorKind::AlreadyExists);
    });
    assert_eq!(signals, 0);
    assert_eq!(world.get(R), before);
}

pub(crate) fn create_in_error(revision: Revision) {
    let mut world = World::new(revision);
    world.running(R);
    world.server.spdk().snapshot_lvol(R, &names::snapshot_lvol(R, "x"), true).expect("a stray snapshot");
    world.verify();
    assert_eq!(world.state(R), State::Error);
    let signals = replica_signals(&mut world, |world| assert_refused(world.create(R)));
    assert_eq!((signals, world.state(R)), (0, State::Error));
}

pub(crate) fn failure_in_the_body(revision: Revision) {
    let world = World::new(revision);
    let spec = ReplicaSpec { size_mib: 1 << 20, ..ReplicaSpec::new(R) };
    let reply = world.server.replica_create(&spec).expect("no rpc error");
    assert_eq!(reply.state, State::Error);
    assert!(!reply.error.is_empty());
    // The proposals record a replica only once there is something to record.
    let records = !matches!(revision, Revision::RecordAfterLvol | Revision::TransactionalCreate);
    assert_eq!(world.server.replica_get(R).is_ok(), records);
    world.verify();
    assert_eq!(world.server.replica_get(R).is_ok(), never_removes(revision));
}

/// Before `6d56db7e` verify removed nothing: the cases' "all" means since then.
pub(crate) fn never_removes(revision: Revision) -> bool {
    matches!(revision, Revision::V0 | Revision::V1 | Revision::V2)
}

pub(crate) fn ports_exhausted(revision: Revision) {
    let world = World::with_ports(revision, 20_000, 20_006);
    world.running(R2);
    let reply = world.create(R).expect("no rpc error");
    assert_eq!(reply.state, State::Error);
    assert!(world.has_lvol(R));
    world.verify();
    assert_eq!(world.state(R), State::Error);
    world.server.replica_delete(R2, true).expect("the other goes");
    world.server.replica_delete(R, false).expect("a detach");
    assert_eq!(world.state(R), State::Stopped);
    world.running(R);
    world.assert_clean();
}

pub(crate) fn missing_backing_image(revision: Revision) {
    let world = World::new(revision);
    let spec = ReplicaSpec { backing_image: Some("b".to_owned()), ..ReplicaSpec::new(R) };
    assert_kind(world.server.replica_create(&spec), ErrorKind::NotFound);
    assert_eq!(world.state(R), State::Pending);
    world.verify();
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
}

pub(crate) fn detach_of_a_placeholder(revision: Revision) {
    let mut world = World::new(revision);
    let spdk = world.server.spdk();
    spdk.create_lvol("disk", R, 500).expect("a foreign head");
    spdk.snapshot_lvol(R, &names::snapshot_lvol(R, "s"), true).expect("a foreign snapshot");
    let pass = by_hand::map_phase(&world.server).expect("the map phase");
    assert_eq!(world.state(R), State::Pending);
    let signals = replica_signals(&mut world, |world| {
        world.server.replica_delete(R, false).expect("a detach");
    });
    let keeps = world.server.behaviour().detach_keeps_pending;
    assert_eq!(signals, usize::from(!keeps));
    assert_eq!(world.state(R), if keeps { State::Pending } else { State::Stopped });
    by_hand::sync(&world.server, &pass).expect("the sync phase");
    assert_eq!(world.state(R), State::Stopped);
    assert_eq!(world.get(R).tree.snapshots.is_empty(), !keeps);
    if world.server.updates().would_block() {
        return later_start(revision);
    }
    world.running(R);
    world.verify();
    assert_eq!(world.state(R), if keeps { State::Running } else { State::Error });
}

/// The same without signals, for the trees whose dispatcher is gone after a shutdown.
fn later_start(revision: Revision) {
    let world = World::new(revision);
    let spdk = world.server.spdk();
    spdk.create_lvol("disk", R, 500).expect("a foreign head");
    spdk.snapshot_lvol(R, &names::snapshot_lvol(R, "s"), true).expect("a foreign snapshot");
    by_hand::map_phase(&world.server).expect("the map phase");
    world.server.replica_delete(R, false).expect("a detach");
    world.running(R);
    world.verify();
    assert_eq!(world.state(R), State::Error);
}
