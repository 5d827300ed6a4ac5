//! A verify pass's private copy of the maps: what it adopts, what it removes, what it syncs afterwards.

use std::collections::BTreeSet;

use bohrbug_sync::Arc;

use crate::backing_image::BackingImage;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result, ignore_missing};
use crate::names;
use crate::replica::{Replica, ReplicaSpec};
use crate::server::{BackingImages, DISK, Maps, Replicas, Server};
use crate::spdk::{Lister, Listing, Lvol};

/// One pass of the verify loop between its phases.
pub struct Pass {
    /// The map's next value.
    pub(crate) replicas: Replicas,
    /// What will be synced: in `v3` and `v4` also what was just removed.
    pub(crate) for_sync: Replicas,
    /// The backing images' next value.
    pub(crate) backing_images: BackingImages,
    engines: Vec<Arc<Engine>>,
    /// `v6`: the generation that was copied.
    pub(crate) generation: u64,
    /// Names to leave alone: somebody is in the middle of making or destroying them.
    pub(crate) leave: BTreeSet<String>,
    /// Unfinished heads of backing images that have no record.
    pub(crate) orphans: Vec<String>,
}

impl Pass {
    /// Copies the maps.
    pub(crate) fn copy(maps: &Maps) -> Self {
        Self {
            replicas: maps.replicas.clone(),
            for_sync: maps.replicas.clone(),
            backing_images: maps.backing_images.clone(),
            engines: maps.engines.values().cloned().collect(),
            generation: maps.generation,
            leave: maps.in_flight.clone(),
            orphans: Vec::new(),
        }
    }

    /// Asks the target what there is.
    pub(crate) fn list(server: &Server) -> Result<Listing> {
        server.node().spdk.list(Lister::Verify)
    }

    /// Gives every volume that nobody knows a pending replica (or backing image), to be constructed in this pass.
    pub(crate) fn adopt(&mut self, server: &Server, listing: &Listing) {
        for (name, lvol) in &listing.lvols {
            if let Some(key) = names::temp_head_owner(name) {
                if !self.backing_images.contains_key(key) {
                    self.orphans.push(name.clone());
                }
            } else if !self.knows(name) {
                self.adopt_unknown(server, name, lvol);
            }
        }
    }

    /// Deletes the unfinished heads that [`Pass::adopt`] found to have no record.
    pub(crate) fn delete_orphans(&self, server: &Server) -> Result<()> {
        for orphan in &self.orphans {
            ignore_missing(server.node().spdk.delete_lvol(orphan))?;
        }
        Ok(())
    }

    fn knows(&self, name: &str) -> bool {
        let rebuilt = name.strip_suffix("-rebuilding");
        self.leave.contains(name)
            || self.replicas.contains_key(name)
            || self.backing_images.contains_key(name)
            || rebuilt.is_some_and(|replica| self.replicas.contains_key(replica) || self.leave.contains(replica))
    }

    fn adopt_unknown(&mut self, server: &Server, name: &str, lvol: &Lvol) {
        if lvol.snapshot {
            if names::is_backing_image(name) {
                let image = Arc::new(BackingImage::new(name, DISK));
                self.backing_images.insert(name.to_owned(), image);
            }
            return;
        }
        if server.behaviour().adopts_only_replica_names && !names::is_replica_name(name) {
            return;
        }
        let spec = ReplicaSpec { lvstore: lvol.lvstore.clone(), size_mib: lvol.size_mib, ..ReplicaSpec::new(name) };
        let replica = Arc::new(Replica::new(spec));
        self.replicas.insert(name.to_owned(), replica.clone());
        self.for_sync.insert(name.to_owned(), replica);
    }

    /// The replicas that have no volume: no head, not being rebuilt (which asks for the replica's lock), and no other
    /// volume of theirs.
    pub(crate) fn without_lvols(&self, listing: &Listing) -> Vec<String> {
        let headless = self.replicas.iter().filter(|(name, _)| !listing.lvols.contains_key(*name));
        let gone = headless.filter(|(name, replica)| {
            !self.leave.contains(*name)
                && !replica.is_rebuilding()
                && !listing.lvols.keys().any(|lvol| names::is_replica_lvol(name, lvol))
        });
        gone.map(|(name, _)| name.clone()).collect()
    }

    /// Syncs every replica, then every engine, then every backing image. Only a broken connection ends it early.
    pub(crate) fn sync(&self, server: &Server, taken_before: Option<&Listing>) -> Result<()> {
        let node = server.node();
        for replica in self.for_sync.values() {
            go_on(replica.sync(node, taken_before))?;
        }
        for engine in &self.engines {
            go_on(engine.validate(server, taken_before))?;
        }
        for image in self.backing_images.values() {
            go_on(image.validate(node))?;
        }
        Ok(())
    }
}

fn go_on(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(Error { kind: ErrorKind::BrokenPipe, message }) => Err(Error { kind: ErrorKind::BrokenPipe, message }),
        // The object's own state says what was wrong with it.
        Ok(()) | Err(_) => Ok(()),
    }
}
