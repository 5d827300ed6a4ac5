//! What there is before a generated workload begins.

use bohrbug_sync::{Arc, Mutex, label};
use replica_manager::{Frontend, RebuildJob, ReplicaSpec, Server};

use crate::catalogue::replica_manager::stage::{self, E, R, R2};

/// A replica that stands on the backing image.
pub(in crate::catalogue::replica_manager) const R3: &str = "vol-r-0000000c";
/// The backing image's name.
pub(in crate::catalogue::replica_manager) const IMAGE: &str = "b";
/// The snapshot that the first replica has.
pub(in crate::catalogue::replica_manager) const SNAPSHOT: &str = "s";
/// What the volume's first block holds, since before the snapshot.
pub(in crate::catalogue::replica_manager) const CONTENT: u64 = 7;

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::catalogue::replica_manager) enum Place {
    /// Nothing.
    Empty,
    /// A volume with an engine and a snapshot, a replica that is in no engine, and one on a backing image.
    Standing,
    /// The same, with a rebuild of the second replica from the first that a client drives step by step.
    Rebuilding,
    /// The volume without the snapshot, and the second replica added to its engine and still to be copied.
    Joining,
}

impl Place {
    /// All of them.
    pub(in crate::catalogue::replica_manager) const ALL: [Self; 4] =
        [Self::Empty, Self::Standing, Self::Rebuilding, Self::Joining];
}

/// A server and what a caller has to remember of it.
pub(in crate::catalogue::replica_manager) struct World {
    pub(in crate::catalogue::replica_manager) server: Server,
    /// What the volume's first block must hold.
    pub(in crate::catalogue::replica_manager) content: Option<u64>,
    /// The port of the source's snapshot.
    pub(super) source_port: u16,
    /// The port of the destination's rebuilding volume.
    pub(super) destination_port: u16,
    /// The key of the backing image.
    pub(super) image: String,
    /// What an accepted add still has to do, for whoever takes it first.
    pub(super) job: Mutex<Option<RebuildJob>>,
}

impl World {
    /// That place on that server.
    pub(in crate::catalogue::replica_manager) fn new(server: Server, place: Place) -> Arc<Self> {
        let image = image_key(&server);
        let mut world =
            Self { server, content: None, source_port: 0, destination_port: 0, image, job: Mutex::new(None) };
        match place {
            Place::Empty => {}
            Place::Standing => {
                world.set_up(Frontend::Empty);
                world.server.engine_snapshot_create(E, SNAPSHOT).expect("a snapshot");
            }
            Place::Rebuilding => {
                world.set_up(Frontend::BlockDevice);
                world.server.engine_snapshot_create(E, SNAPSHOT).expect("a snapshot");
                world.begin_rebuild();
            }
            Place::Joining => {
                world.set_up(Frontend::BlockDevice);
                let address = world.server.replica_get(R2).expect("the replica").address();
                let job = world.server.engine_replica_add(E, R2, &address).expect("the add is accepted");
                world.job = Mutex::new(Some(job));
            }
        }
        label(&world.job, "background jobs");
        if place != Place::Empty {
            world.server.spdk().write(E, 1, CONTENT).expect("a write after the snapshot");
        }
        Arc::new(world)
    }

    fn set_up(&mut self, frontend: Frontend) {
        let server = &self.server;
        let address = stage::running(server, R).address();
        stage::running(server, R2);
        server.engine_create(E, &[(R.to_owned(), address)].into(), frontend).expect("an engine");
        server.spdk().write(E, 0, CONTENT).expect("a write");
        server.backing_image_create(IMAGE).expect("a backing image");
        create_on_image(server).expect("a replica on the backing image");
        self.content = Some(CONTENT);
    }

    fn begin_rebuild(&mut self) {
        let server = &self.server;
        self.source_port = server.rebuild_source_start(R, R2, SNAPSHOT).expect("a source");
        let started = server.rebuild_destination_start(R2, R, self.source_port, SNAPSHOT);
        self.destination_port = started.expect("a destination");
        server.rebuild_destination_revert(R2, None).expect("a volume to copy into");
        server.rebuild_source_attach(R, self.destination_port).expect("a target to copy to");
    }
}

/// Creates [`R3`] on the backing image.
pub(super) fn create_on_image(server: &Server) -> replica_manager::Result<replica_manager::ReplicaView> {
    let backing_image = Some(IMAGE.to_owned());
    server.replica_create(&ReplicaSpec { backing_image, ..ReplicaSpec::new(R3) })
}

fn image_key(server: &Server) -> String {
    let disk = server.spdk().get_lvstore(replica_manager::DISK).expect("a disk");
    replica_manager::names::backing_image(IMAGE, disk.uuid)
}
