//! Interleavings, driven by hand through the phases that the revisions are made of.

use replica_manager::{ErrorKind, Frontend, ReplicaSpec, Revision, State, Verified, by_hand};

use crate::world::{E, R, R2, World, assert_kind, assert_refused};

fn spec() -> ReplicaSpec {
    ReplicaSpec::new(R)
}

/// The report's window: the outcome of a create that verify's map phase came into.
fn dropped(world: &World) {
    let replica = by_hand::insert_record(&world.server, &spec()).expect("the record");
    let pass = by_hand::map_phase(&world.server).expect("the map phase");
    let reply = by_hand::start(&world.server, &replica, &spec()).expect("the create");
    assert_eq!(reply.state, State::Running);
    by_hand::sync(&world.server, &pass).expect("the sync");
    assert_eq!(replica.view().state, State::Running);
}

pub(crate) fn drop_between_insert_and_lvol(revision: Revision) {
    let world = World::new(revision);
    dropped(&world);
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
    assert!(world.has_lvol(R) && world.export(R).is_some());
    assert_eq!(world.server.ports().in_use(), 5);
    assert_eq!(world.server.audit().expect("an audit").len(), 3);
}

pub(crate) fn sync_wins(revision: Revision) {
    let world = World::new(revision);
    let replica = by_hand::insert_record(&world.server, &spec()).expect("the record");
    let pass = by_hand::map_phase(&world.server).expect("the map phase");
    by_hand::sync(&world.server, &pass).expect("the sync");
    assert_refused(by_hand::start(&world.server, &replica, &spec()));
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
    assert!(!world.has_lvol(R));
}

pub(crate) fn leftover_hides_the_drop(revision: Revision) {
    let world = World::new(revision);
    let spdk = world.server.spdk();
    spdk.create_lvol("disk", "old", 500).expect("a volume");
    spdk.snapshot_lvol("old", &replica_manager::names::snapshot_lvol(R, "old"), true).expect("a leftover");
    spdk.delete_lvol("old").expect("only the leftover stays");
    let replica = by_hand::insert_record(&world.server, &spec()).expect("the record");
    let pass = by_hand::map_phase(&world.server).expect("the map phase");
    by_hand::sync(&world.server, &pass).expect("the sync");
    assert_refused(by_hand::start(&world.server, &replica, &spec()));
    assert_eq!(world.state(R), State::Error);
}

pub(crate) fn resurrection(revision: Revision) {
    let world = World::new(revision);
    dropped(&world);
    world.verify();
    let second = world.get(R);
    assert_eq!((second.state, second.ports), (State::Stopped, None));
    world.server.replica_delete(R, true).expect("a destroy");
    assert_eq!(world.server.ports().in_use(), 5, "the first object's range is never given back");
}

/// Every place where a whole pass fits between the steps of a create.
pub(crate) fn fixed_create_vs_verify(revision: Revision) {
    for place in 0..4 {
        let world = World::new(revision);
        let pass_at = |at: usize| {
            if at == place {
                world.verify();
            }
        };
        pass_at(0);
        let replica = by_hand::new_object(&world.server, &spec()).expect("an object");
        pass_at(1);
        by_hand::start(&world.server, &replica, &spec()).expect("the create");
        pass_at(2);
        by_hand::publish(&world.server, R, replica);
        pass_at(3);
        assert_eq!(world.state(R), State::Running, "a pass at {place}");
        world.assert_clean();
    }
}

pub(crate) fn duplicate_creates(revision: Revision) {
    let world = World::new(revision);
    let first = by_hand::new_object(&world.server, &spec()).expect("an object");
    let second = by_hand::new_object(&world.server, &spec()).expect("another object");
    for replica in [&first, &second] {
        let reply = by_hand::start(&world.server, replica, &spec()).expect("the create");
        assert_eq!(reply.state, State::Running);
    }
    by_hand::publish(&world.server, R, second);
    by_hand::publish(&world.server, R, first);
    assert_eq!(world.server.ports().in_use(), 10);
    let owner = world.get(R).ports.map(|ports| ports.start);
    assert_ne!(world.export(R), owner, "the export is the other object's");
}

pub(crate) fn create_vs_delete(revision: Revision) {
    let world = World::new(revision);
    // T2: ReplicaDelete looks r up and finds none. T1: the whole create. T2: removes the key, by name.
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
    world.running(R);
    by_hand::remove_key(&world.server, R);
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
    assert!(world.has_lvol(R));
}

/// A verify pass around a delete and a create; answers what the map holds in the end.
fn delete_create_inside(world: &World, before_listing: bool, apply: impl Fn(&by_hand::Pass)) -> Option<State> {
    world.running(R);
    let mut pass = by_hand::copy(&world.server);
    let recreate = || {
        world.server.replica_delete(R, true).expect("a destroy");
        world.running(R);
    };
    if before_listing {
        recreate();
    }
    by_hand::decide(&world.server, &mut pass).expect("the listing");
    if !before_listing {
        recreate();
    }
    apply(&pass);
    world.server.replica_get(R).ok().map(|view| view.state)
}

pub(crate) fn delete_create_inside_verify(revision: Revision) {
    let swap = |before: bool| {
        let world = World::new(revision);
        delete_create_inside(&world, before, |pass| by_hand::swap(&world.server, pass))
    };
    assert_eq!(swap(true), Some(State::Terminating));
    assert_eq!(swap(false), Some(State::Terminating));
    // Copied before r is destroyed, listed while it is gone; then no engine can have it.
    let world = World::new(revision);
    world.engine(&[R2], Frontend::Empty);
    world.running(R);
    let mut pass = by_hand::copy(&world.server);
    world.server.replica_delete(R, true).expect("a destroy");
    by_hand::decide(&world.server, &mut pass).expect("the listing");
    let address = world.running(R).address();
    by_hand::swap(&world.server, &pass);
    assert_kind(world.server.replica_get(R), ErrorKind::NotFound);
    assert!(world.server.engine_replica_add(E, R, &address).is_err());
    // Copied while r is gone, listed when its new head is there.
    let world = World::new(revision);
    let mut pass = by_hand::copy(&world.server);
    world.running(R);
    by_hand::decide(&world.server, &mut pass).expect("the listing");
    by_hand::swap(&world.server, &pass);
    by_hand::sync(&world.server, &pass).expect("the sync");
    assert_eq!(world.state(R), State::Stopped);
}

pub(crate) fn generation_counter(revision: Revision) {
    for before in [true, false] {
        let world = World::new(revision);
        let apply = |pass: &by_hand::Pass| assert!(!by_hand::swap_if_unchanged(&world.server, pass));
        assert_eq!(delete_create_inside(&world, before, apply), Some(State::Running));
        assert_eq!(world.server.verify(), Ok(Verified::Applied), "the next pass catches up");
        assert_eq!(world.state(R), State::Running);
    }
}

pub(crate) fn apply_step(revision: Revision) {
    let world = World::new(revision);
    world.running(R2);
    world.running(R);
    let pass = by_hand::copy(&world.server);
    world.server.replica_delete(R, true).expect("a destroy");
    let new = world.running(R);
    assert!(!by_hand::swap_if_unchanged(&world.server, &pass));
    assert_eq!(world.server.replica_names(), [R, R2]);
    assert_eq!(world.get(R), new);
}

pub(crate) fn backing_images_are_swapped_blindly(revision: Revision) {
    for traffic in [false, true] {
        let world = World::new(revision);
        let mut pass = by_hand::copy(&world.server);
        by_hand::decide(&world.server, &mut pass).expect("the listing");
        let key = world.server.backing_image_create("b").expect("a backing image");
        if traffic {
            world.running(R);
        }
        match revision {
            Revision::V5 => by_hand::swap(&world.server, &pass),
            _ => assert_eq!(by_hand::swap_if_unchanged(&world.server, &pass), !traffic),
        }
        assert_kind(world.server.backing_image_get(&key), ErrorKind::NotFound);
    }
}
