//! What a client can call: one list, from which the public methods of [`Server`] and the names of [`Operation`] are made.
//!
//! Whoever matches an [`Operation`] (the generated workloads, the vocabulary of the cases) is asked by the compiler about
//! one that is added here. What is not in the list is the monitor's, a test's, or nobody's outside of this crate.

use std::collections::BTreeMap;

use super::Server;
use crate::backing_image::BackingImageState;
use crate::engine::{EngineView, Frontend, RebuildJob};
use crate::error::Result;
use crate::replica::{Driver, RebuildProgress, ReplicaSpec, ReplicaView};
use crate::revision::Verified;
use crate::spdk::Copy;

/// Makes the methods and the names of them: documentation, variant, name, and the method as it is written by hand.
macro_rules! operations {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $name:literal: fn $method:ident(&$server:ident $(, $argument:ident: $type:ty)* $(,)?) -> $answer:ty
            { $body:expr }
    )+) => {
        /// An operation that a client can call, by name.
        ///
        /// ```
        /// use replica_manager::Operation;
        ///
        /// assert_eq!("replica-create".parse(), Ok(Operation::ReplicaCreate));
        /// assert!(Operation::ALL.contains(&Operation::EngineDelete));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name in workloads and cases.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl Server {
            $($(#[doc = $doc])+ pub fn $method(&$server $(, $argument: $type)*) -> $answer { $body })+
        }
    };
}

operations! {
    /// Creates a replica, or starts a stopped one. A failure on the target is reported in the reply's state.
    ReplicaCreate "replica-create":
        fn replica_create(&self, spec: &ReplicaSpec) -> Result<ReplicaView> {
            self.protocol().create(self, spec)
        }

    /// Stops a replica, and with `cleanup` destroys it. An unknown one is gone already.
    ReplicaDelete "replica-delete":
        fn replica_delete(&self, name: &str, cleanup: bool) -> Result<()> {
            self.protocol().delete(self, name, cleanup)
        }

    /// What a replica looks like now.
    ReplicaGet "replica-get":
        fn replica_get(&self, name: &str) -> Result<ReplicaView> {
            Ok(self.protocol().find(self, name)?.view())
        }

    /// The names in the replica map.
    ReplicaList "replica-list":
        fn replica_names(&self) -> Vec<String> {
            self.read().replicas.keys().cloned().collect()
        }

    /// Takes a snapshot that a user asked for.
    ReplicaSnapshotCreate "replica-snapshot-create":
        fn replica_snapshot_create(&self, name: &str, snapshot: &str) -> Result<()> {
            self.snapshot_replica(name, snapshot, true)
        }

    /// Deletes a snapshot.
    ReplicaSnapshotDelete "replica-snapshot-delete":
        fn replica_snapshot_delete(&self, name: &str, snapshot: &str) -> Result<()> {
            self.protocol().find(self, name)?.snapshot_delete(self.node(), snapshot)
        }

    /// Goes back to a snapshot.
    ReplicaSnapshotRevert "replica-snapshot-revert":
        fn replica_snapshot_revert(&self, name: &str, snapshot: &str) -> Result<()> {
            self.protocol().find(self, name)?.snapshot_revert(self.node(), snapshot)
        }

    /// Deletes what rebuilds left.
    ReplicaSnapshotPurge "replica-snapshot-purge":
        fn replica_snapshot_purge(&self, name: &str) -> Result<()> {
            self.protocol().find(self, name)?.snapshot_purge(self.node())
        }

    /// Lets a replica serve a rebuild; answers the port of the snapshot.
    RebuildSourceStart "rebuild-source-start":
        fn rebuild_source_start(&self, source: &str, destination: &str, snapshot: &str) -> Result<u16> {
            self.protocol().find(self, source)?.source_start(self.node(), destination, snapshot)
        }

    /// Connects the source to the destination's rebuilding volume.
    RebuildSourceAttach "rebuild-source-attach":
        fn rebuild_source_attach(&self, source: &str, port: u16) -> Result<()> {
            self.protocol().find(self, source)?.source_attach(self.node(), port)
        }

    /// Disconnects it.
    RebuildSourceDetach "rebuild-source-detach":
        fn rebuild_source_detach(&self, source: &str) -> Result<()> {
            self.protocol().find(self, source)?.source_detach(self.node())
        }

    /// Starts copying a snapshot; answers the copy's number.
    RebuildSourceCopyStart "rebuild-source-copy-start":
        fn rebuild_source_copy_start(&self, source: &str, snapshot: &str) -> Result<usize> {
            self.protocol().find(self, source)?.source_copy_start(self.node(), snapshot)
        }

    /// How far a copy came.
    RebuildSourceCopyCheck "rebuild-source-copy-check":
        fn rebuild_source_copy_check(&self, source: &str, copy: usize) -> Result<Copy> {
            self.protocol().find(self, source)?.source_copy_check(self.node(), copy)
        }

    /// Ends the source's part.
    RebuildSourceFinish "rebuild-source-finish":
        fn rebuild_source_finish(&self, source: &str) -> Result<()> {
            self.protocol().find(self, source)?.source_finish(self.node())
        }

    /// Makes a replica a rebuild's destination; answers the port of its rebuilding volume.
    RebuildDestinationStart "rebuild-destination-start":
        fn rebuild_destination_start(&self, name: &str, source: &str, port: u16, snapshot: &str) -> Result<u16> {
            self.protocol().find(self, name)?.destination_start(self.node(), &Driver::Client, source, port, snapshot)
        }

    /// Makes the rebuilding volume anew.
    RebuildDestinationRevert "rebuild-destination-revert":
        fn rebuild_destination_revert(&self, name: &str, snapshot: Option<&str>) -> Result<()> {
            self.protocol().find(self, name)?.destination_revert(self.node(), &Driver::Client, snapshot)
        }

    /// Lets the destination ask its source for a copy.
    RebuildDestinationCopyStart "rebuild-destination-copy-start":
        fn rebuild_destination_copy_start(&self, name: &str, snapshot: &str) -> Result<()> {
            self.protocol().find(self, name)?.release_server().destination_copy_start(self, &Driver::Client, snapshot)
        }

    /// Lets the destination ask its source how far it came; outside of a rebuild, how the last one ended.
    RebuildDestinationCopyCheck "rebuild-destination-copy-check":
        fn rebuild_destination_copy_check(&self, name: &str) -> Result<RebuildProgress> {
            self.protocol().find(self, name)?.release_server().destination_copy_check(self)
        }

    /// Freezes what was copied.
    RebuildDestinationSnapshotCreate "rebuild-destination-snapshot-create":
        fn rebuild_destination_snapshot_create(
            &self, name: &str, snapshot: &str, user_created: bool,
        ) -> Result<()> {
            self.protocol().find(self, name)?.destination_snapshot_create(self.node(), &Driver::Client, snapshot, user_created)
        }

    /// Ends the destination's part.
    RebuildDestinationFinish "rebuild-destination-finish":
        fn rebuild_destination_finish(&self, name: &str) -> Result<()> {
            self.protocol().find(self, name)?.destination_finish(self.node(), &Driver::Client)
        }

    /// Creates an engine over replicas, given by name and address. A failure is reported in the reply's state.
    EngineCreate "engine-create":
        fn engine_create(
            &self, name: &str, replicas: &BTreeMap<String, String>, frontend: Frontend,
        ) -> Result<EngineView> {
            self.protocol().create_engine(self, name, replicas, frontend)
        }

    /// Takes an engine down and forgets it. An unknown one is gone already.
    EngineDelete "engine-delete":
        fn engine_delete(&self, name: &str) -> Result<()> {
            self.protocol().delete_engine(self, name)
        }

    /// What an engine looks like now.
    EngineGet "engine-get":
        fn engine_get(&self, name: &str) -> Result<EngineView> {
            Ok(self.engine(name)?.view())
        }

    /// Takes a snapshot of the volume.
    EngineSnapshotCreate "engine-snapshot-create":
        fn engine_snapshot_create(&self, name: &str, snapshot: &str) -> Result<()> {
            self.engine(name)?.snapshot_create(self, snapshot)
        }

    /// Deletes a snapshot of the volume.
    EngineSnapshotDelete "engine-snapshot-delete":
        fn engine_snapshot_delete(&self, name: &str, snapshot: &str) -> Result<()> {
            self.engine(name)?.snapshot_delete(self, snapshot)
        }

    /// Goes back to a snapshot of the volume.
    EngineSnapshotRevert "engine-snapshot-revert":
        fn engine_snapshot_revert(&self, name: &str, snapshot: &str) -> Result<()> {
            self.engine(name)?.snapshot_revert(self, snapshot)
        }

    /// Deletes what rebuilds left.
    EngineSnapshotPurge "engine-snapshot-purge":
        fn engine_snapshot_purge(&self, name: &str) -> Result<()> {
            self.engine(name)?.snapshot_purge(self)
        }

    /// Starts the rebuild of a replica; the copy is the job's, see [`Server::run_rebuild`].
    EngineReplicaAdd "engine-replica-add":
        fn engine_replica_add(&self, name: &str, replica: &str, address: &str) -> Result<RebuildJob> {
            self.engine(name)?.replica_add(self, replica, address)
        }

    /// Takes a replica out of an engine.
    EngineReplicaDelete "engine-replica-delete":
        fn engine_replica_delete(&self, name: &str, replica: &str) -> Result<()> {
            self.engine(name)?.replica_delete(self.node(), replica)
        }

    /// Makes a backing image; answers the key that it is known by.
    BackingImageCreate "backing-image-create":
        fn backing_image_create(&self, name: &str) -> Result<String> {
            self.protocol().create_backing_image(self, name)
        }

    /// Deletes a backing image by its key. An unknown one is gone already.
    BackingImageDelete "backing-image-delete":
        fn backing_image_delete(&self, key: &str) -> Result<()> {
            self.protocol().delete_backing_image(self, key)
        }

    /// The state of a backing image by its key.
    BackingImageGet "backing-image-get":
        fn backing_image_get(&self, key: &str) -> Result<BackingImageState> {
            Ok(self.backing_image(key)?.state())
        }

    /// One pass of the verify loop: the monitor's, and since `07866abd` a part of making a disk. A broken connection to the
    /// target puts everything that lives into state error.
    Verify "verify":
        fn verify(&self) -> Result<Verified> {
            self.verify_once()
        }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Operation {
    type Err = crate::error::Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().copied().find(|operation| operation.name() == name);
        let kind = crate::error::ErrorKind::InvalidArgument;
        found.ok_or_else(|| crate::error::Error::new(kind, format!("there is no operation {name}")))
    }
}
