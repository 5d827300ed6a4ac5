//! What the server's lock guards.

use std::collections::BTreeSet;

use bohrbug_sync::Arc;

use super::Shelf;
use crate::backing_image::BackingImage;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::node::Node;
use crate::replica::{Replica, ReplicaSpec};

pub(crate) type Replicas = Shelf<Replica>;
pub(crate) type Engines = Shelf<Engine>;
pub(crate) type BackingImages = Shelf<BackingImage>;

/// The server's maps, and what some revisions keep beside them.
#[derive(Default)]
pub(crate) struct Maps {
    pub(crate) replicas: Replicas,
    pub(crate) engines: Engines,
    pub(crate) backing_images: BackingImages,
    /// How many clients were built since the first.
    pub(crate) reconnects: u64,
    /// `v6`: how often somebody else than verify changed `replicas`.
    pub(crate) generation: u64,
    /// `transactional-create`, `strict`: names that an operation is in the middle of making or destroying.
    pub(crate) in_flight: BTreeSet<String>,
    /// `strict`: names that were in flight at any time since the current verify pass copied the maps.
    pub(crate) touched: BTreeSet<String>,
}

impl Maps {
    /// The replica of that name, or a new object for it that nobody else knows yet; asks for the disk (a storage
    /// call under the server's lock, as upstream does it).
    pub(crate) fn known_or_new(&self, node: &Node, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
        if spec.name.is_empty() {
            return Err(Error::new(ErrorKind::InvalidArgument, "a replica needs a name"));
        }
        if let Some(known) = self.replicas.get(&spec.name) {
            return Ok(known.clone());
        }
        node.spdk.get_lvstore(&spec.lvstore)?;
        Ok(Arc::new(Replica::new(spec.clone())))
    }

    /// The backing image of that key.
    pub(crate) fn backing_image(&self, key: &str) -> Result<Arc<BackingImage>> {
        let image = self.backing_images.get(key).cloned();
        image.ok_or_else(|| Error::not_found(format!("backing image {key}")))
    }
}
