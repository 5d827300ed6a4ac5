//! Calls on replicas, by name: what an RPC handler does.

use std::collections::BTreeSet;

use super::Server;
use crate::error::{Error, ErrorKind, Result};
use crate::replica::{RebuildProgress, Replica, ReplicaSpec, ReplicaView};
use crate::spdk::Copy;

impl Server {
    /// Creates a replica, or starts a stopped one. A failure on the target is reported in the reply's state.
    pub fn replica_create(&self, spec: &ReplicaSpec) -> Result<ReplicaView> {
        self.protocol().create(self, spec)
    }

    /// Stops a replica, and with `cleanup` destroys it. An unknown one is gone already.
    pub fn replica_delete(&self, name: &str, cleanup: bool) -> Result<()> {
        self.protocol().delete(self, name, cleanup)
    }

    /// What a replica looks like now.
    pub fn replica_get(&self, name: &str) -> Result<ReplicaView> {
        Ok(self.protocol().find(self, name)?.view())
    }

    /// Takes a snapshot that a user asked for.
    pub fn replica_snapshot_create(&self, name: &str, snapshot: &str) -> Result<()> {
        self.snapshot_replica(name, snapshot, true)
    }

    /// Takes a snapshot, a user's or a rebuild's.
    pub fn snapshot_replica(&self, name: &str, snapshot: &str, user_created: bool) -> Result<()> {
        self.protocol().find(self, name)?.snapshot_create(self.node(), snapshot, user_created)
    }

    /// Deletes a snapshot.
    pub fn replica_snapshot_delete(&self, name: &str, snapshot: &str) -> Result<()> {
        self.protocol().find(self, name)?.snapshot_delete(self.node(), snapshot)
    }

    /// Goes back to a snapshot.
    pub fn replica_snapshot_revert(&self, name: &str, snapshot: &str) -> Result<()> {
        self.protocol().find(self, name)?.snapshot_revert(self.node(), snapshot)
    }

    /// Deletes what rebuilds left.
    pub fn replica_snapshot_purge(&self, name: &str) -> Result<()> {
        self.protocol().find(self, name)?.snapshot_purge(self.node())
    }

    /// Lets a replica serve a rebuild; answers the port of the snapshot.
    pub fn rebuild_source_start(&self, source: &str, destination: &str, snapshot: &str) -> Result<u16> {
        self.protocol().find(self, source)?.source_start(self.node(), destination, snapshot)
    }

    /// Connects the source to the destination's rebuilding volume.
    pub fn rebuild_source_attach(&self, source: &str, port: u16) -> Result<()> {
        self.protocol().find(self, source)?.source_attach(self.node(), port)
    }

    /// Disconnects it.
    pub fn rebuild_source_detach(&self, source: &str) -> Result<()> {
        self.protocol().find(self, source)?.source_detach(self.node())
    }

    /// Starts copying a snapshot; answers the copy's number.
    pub fn rebuild_source_copy_start(&self, source: &str, snapshot: &str) -> Result<usize> {
        self.protocol().find(self, source)?.source_copy_start(self.node(), snapshot)
    }

    /// How far a copy came.
    pub fn rebuild_source_copy_check(&self, source: &str, copy: usize) -> Result<Copy> {
        self.protocol().find(self, source)?.source_copy_check(self.node(), copy)
    }

    /// Ends the source's part.
    pub fn rebuild_source_finish(&self, source: &str) -> Result<()> {
        self.protocol().find(self, source)?.source_finish(self.node())
    }

    /// Makes a replica a rebuild's destination; answers the port of its rebuilding volume.
    pub fn rebuild_destination_start(&self, name: &str, source: &str, port: u16, snapshot: &str) -> Result<u16> {
        self.protocol().find(self, name)?.destination_start(self.node(), source, port, snapshot)
    }

    /// Makes the rebuilding volume anew.
    pub fn rebuild_destination_revert(&self, name: &str, snapshot: Option<&str>) -> Result<()> {
        self.protocol().find(self, name)?.destination_revert(self.node(), snapshot)
    }

    /// Lets the destination ask its source for a copy.
    pub fn rebuild_destination_copy_start(&self, name: &str, snapshot: &str) -> Result<()> {
        let replica = self.protocol().find(self, name)?.release_server();
        replica.destination_copy_start(self, snapshot)
    }

    /// Lets the destination ask its source how far it came.
    pub fn rebuild_destination_copy_check(&self, name: &str) -> Result<RebuildProgress> {
        let replica = self.protocol().find(self, name)?.release_server();
        replica.destination_copy_check(self)
    }

    /// Freezes what was copied.
    pub fn rebuild_destination_snapshot_create(&self, name: &str, snapshot: &str, user_created: bool) -> Result<()> {
        self.protocol().find(self, name)?.destination_snapshot_create(self.node(), snapshot, user_created)
    }

    /// Ends the destination's part.
    pub fn rebuild_destination_finish(&self, name: &str) -> Result<()> {
        self.protocol().find(self, name)?.destination_finish(self.node())
    }

    /// The steps of a create that need no map: finds the backing image, makes the volume, exports it.
    pub(crate) fn start(&self, replica: &Replica, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let backing = match &spec.backing_image {
            Some(name) => {
                let key = self.backing_image_key(name)?;
                let image = self.read().backing_image(&key)?;
                image.check_ready()?;
                Some(key)
            }
            None => None,
        };
        replica.create(self.node(), backing.as_deref())
    }

    /// Everything that is wrong between the maps, the target and the port allocator, while nothing is going on: a
    /// port range that no replica in the map owns, a volume or an export that is in no replica's tree, a replica that
    /// remembers a volume that is not there. Empty when all is well.
    pub fn audit(&self) -> Result<Vec<String>> {
        let listing = self.spdk().list(crate::spdk::Lister::Observer)?;
        let views: Vec<ReplicaView> = self.replicas().values().map(|replica| replica.view()).collect();
        let owned: BTreeSet<String> = views.iter().flat_map(|view| view.tree.lvols(&view.name)).collect();
        let is_image = |name: &str| crate::names::is_backing_image(name);
        let present: BTreeSet<String> = listing.lvols.keys().filter(|name| !is_image(name)).cloned().collect();
        let ports: usize = views.iter().filter_map(|view| view.ports).map(|ports| ports.count()).sum();
        let ports = ports + self.engine_ports();
        let mut findings = Vec::new();
        findings.extend(present.difference(&owned).map(|lvol| format!("no replica in the map owns the volume {lvol}")));
        findings.extend(
            owned.difference(&present).map(|lvol| format!("a replica remembers the volume {lvol}, which is gone")),
        );
        let strays = listing.exports.keys().filter(|lvol| !owned.contains(*lvol));
        findings.extend(strays.map(|lvol| format!("nobody in the map owns the export of {lvol}")));
        if ports != self.ports().in_use() {
            let taken = self.ports().in_use();
            findings.push(format!("{taken} ports are taken, {ports} are owned: a range leaked"));
        }
        Ok(findings)
    }
}

/// Whether an operation was turned away before it did anything.
pub fn is_refusal(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::FailedPrecondition | ErrorKind::AlreadyExists)
}
