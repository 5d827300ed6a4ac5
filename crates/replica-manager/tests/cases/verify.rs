//! What a verify pass does, alone.

use replica_manager::{ErrorKind, Frontend, Revision, State, names};

use crate::world::{E, R, R2, R3, World, assert_kind};

pub(crate) fn listing_fails(revision: Revision) {
    let world = World::new(revision);
    world.running(R);
    world.server.spdk().create_lvol("disk", R2, 500).expect("a foreign head");
    world.server.spdk().inject("spdk.list-verify", ErrorKind::Failed);
    assert_kind(world.server.tick(), ErrorKind::Failed);
    assert_eq!((world.server.replica_names(), world.state(R)), (vec![R.to_owned()], State::Running));
    assert_eq!(world.server.reconnects(), 0);
    world.verify();
    assert_eq!(world.state(R2), State::Stopped);
}

pub(crate) fn broken_pipe(revision: Revision) {
    let world = World::new(revision);
    world.engine(&[R], Frontend::BlockDevice);
    world.running(R2);
    world.server.replica_delete(R2, false).expect("a detach");
    world.running(R3);
    world.server.spdk().expose(R3, 29_000).expect("behind the server");
    world.verify();
    let why = world.get(R3).error;
    assert_eq!(world.state(R3), State::Error);
    world.server.spdk().inject("spdk.list-verify", ErrorKind::BrokenPipe);
    assert_kind(world.server.tick(), ErrorKind::BrokenPipe);
    assert_eq!((world.state(R), world.engine_state()), (State::Error, State::Error));
    assert_eq!((world.state(R2), world.get(R3).error), (State::Stopped, why));
    assert_eq!(world.server.reconnects(), 1);
}

pub(crate) fn order_inside_a_pass(revision: Revision) {
    let world = World::new(revision);
    world.engine(&[R, R2], Frontend::BlockDevice);
    let image = names::backing_image("b", 7);
    let spdk = world.server.spdk();
    spdk.create_lvol("disk", "fresh", 32).expect("an image's head");
    spdk.snapshot_lvol("fresh", &image, false).expect("an image");
    spdk.delete_lvol("fresh").expect("its head goes");
    spdk.start_journal();
    world.verify();
    // Up to f1584880 replicas and engines were compared with the pass's own listing.
    let own = [format!("Replica({R:?})"), format!("Replica({R2:?})"), format!("Engine({E:?})")];
    let expected: Vec<String> = std::iter::once("Verify".to_owned())
        .chain(own.into_iter().filter(|_| revision != Revision::V1))
        .chain([format!("BackingImage({image:?})")])
        .collect();
    assert_eq!(spdk.journal(), expected);
}
