//! What each operation is called with: the compiler asks about every one that the server has.

use replica_manager::{Error, ErrorKind, Frontend, Operation, ReplicaView, Result, Server, State};

use super::world::{IMAGE, R3, SNAPSHOT, World, create_on_image};
use crate::catalogue::replica_manager::stage::{E, R, R2, create};

/// One operation with its arguments.
pub(in crate::catalogue::replica_manager) type Call = fn(&World) -> Result<()>;

/// A snapshot that is not there yet.
const NEW: &str = "t";

/// The calls of an operation that can make a difference.
pub(in crate::catalogue::replica_manager) fn calls(operation: Operation) -> &'static [Call] {
    match operation {
        Operation::ReplicaCreate => &[
            |world| answered(create(&world.server, R)),
            |world| answered(create(&world.server, R2)),
            |world| answered(create_on_image(&world.server)),
        ],
        Operation::ReplicaDelete => &[
            |world| world.server.replica_delete(R, true),
            |world| world.server.replica_delete(R, false),
            |world| world.server.replica_delete(R2, true),
            |world| world.server.replica_delete(R3, true),
        ],
        Operation::ReplicaGet => &[|world| world.server.replica_get(R).map(drop)],
        Operation::ReplicaList => &[|world| {
            drop(world.server.replica_names());
            Ok(())
        }],
        Operation::ReplicaSnapshotCreate => &[|world| world.server.replica_snapshot_create(R, NEW)],
        Operation::ReplicaSnapshotDelete => &[|world| world.server.replica_snapshot_delete(R, SNAPSHOT)],
        Operation::ReplicaSnapshotRevert => &[|world| world.server.replica_snapshot_revert(R, SNAPSHOT)],
        Operation::ReplicaSnapshotPurge => &[|world| world.server.replica_snapshot_purge(R)],
        Operation::RebuildSourceStart => &[|world| world.server.rebuild_source_start(R, R2, SNAPSHOT).map(drop)],
        Operation::RebuildSourceAttach => &[|world| world.server.rebuild_source_attach(R, world.destination_port)],
        Operation::RebuildSourceDetach => &[|world| world.server.rebuild_source_detach(R)],
        Operation::RebuildSourceCopyStart => &[|world| world.server.rebuild_source_copy_start(R, SNAPSHOT).map(drop)],
        Operation::RebuildSourceCopyCheck => &[|world| world.server.rebuild_source_copy_check(R, 0).map(drop)],
        Operation::RebuildSourceFinish => &[|world| world.server.rebuild_source_finish(R)],
        Operation::RebuildDestinationStart => {
            &[|world| world.server.rebuild_destination_start(R2, R, world.source_port, SNAPSHOT).map(drop)]
        }
        Operation::RebuildDestinationRevert => &[|world| world.server.rebuild_destination_revert(R2, None)],
        Operation::RebuildDestinationCopyStart => &[|world| world.server.rebuild_destination_copy_start(R2, SNAPSHOT)],
        Operation::RebuildDestinationCopyCheck => &[|world| world.server.rebuild_destination_copy_check(R2).map(drop)],
        Operation::RebuildDestinationSnapshotCreate => {
            &[|world| world.server.rebuild_destination_snapshot_create(R2, SNAPSHOT, true)]
        }
        Operation::RebuildDestinationFinish => &[|world| world.server.rebuild_destination_finish(R2)],
        Operation::EngineCreate => &[|world| engine_create(&world.server)],
        Operation::EngineDelete => &[|world| world.server.engine_delete(E)],
        Operation::EngineGet => &[|world| world.server.engine_get(E).map(drop)],
        Operation::EngineSnapshotCreate => &[|world| world.server.engine_snapshot_create(E, NEW)],
        Operation::EngineSnapshotDelete => &[|world| world.server.engine_snapshot_delete(E, SNAPSHOT)],
        Operation::EngineSnapshotRevert => &[|world| world.server.engine_snapshot_revert(E, SNAPSHOT)],
        Operation::EngineSnapshotPurge => &[|world| world.server.engine_snapshot_purge(E)],
        Operation::EngineReplicaAdd => &[|world| engine_replica_add(&world.server), run_rebuild],
        Operation::EngineReplicaDelete => &[|world| give_up(world, R), |world| give_up(world, R2)],
        Operation::BackingImageCreate => &[|world| world.server.backing_image_create(IMAGE).map(drop)],
        Operation::BackingImageDelete => &[|world| world.server.backing_image_delete(&world.image)],
        Operation::BackingImageGet => &[|world| world.server.backing_image_get(&world.image).map(drop)],
        Operation::Verify => &[|world| world.server.verify().map(drop)],
    }
}

/// A failure on the target is in the reply's state.
fn answered(reply: Result<ReplicaView>) -> Result<()> {
    match reply? {
        view if view.state == State::Running => Ok(()),
        view => Err(Error::new(ErrorKind::Failed, format!("the create of {} ended: {}", view.name, view.error))),
    }
}

fn engine_create(server: &Server) -> Result<()> {
    let address = server.replica_get(R)?.address();
    server.engine_create(E, &[(R.to_owned(), address)].into(), Frontend::BlockDevice).map(drop)
}

fn engine_replica_add(server: &Server) -> Result<()> {
    let address = server.replica_get(R2)?.address();
    server.engine_replica_add(E, R2, &address).map(drop)
}

/// What an add that was accepted before does in the background.
pub(in crate::catalogue::replica_manager) fn run_rebuild(world: &World) -> Result<()> {
    let job = world.job.lock().expect("nobody panics here").take();
    job.map_or(Ok(()), |job| world.server.run_rebuild(&job))
}

fn give_up(world: &World, replica: &str) -> Result<()> {
    world.server.engine_replica_delete(E, replica)
}
