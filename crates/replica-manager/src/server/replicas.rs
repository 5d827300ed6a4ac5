//! What several operations on replicas share.

use super::Server;
use crate::error::{Error, ErrorKind, Result};
use crate::replica::{Replica, ReplicaSpec, ReplicaView};
use crate::updates::Subject;

impl Server {
    /// Takes a snapshot, a user's or a rebuild's.
    pub fn snapshot_replica(&self, name: &str, snapshot: &str, user_created: bool) -> Result<()> {
        self.protocol().find(self, name)?.snapshot_create(self.node(), snapshot, user_created)
    }

    /// The steps of a create that need no map: finds the backing image, makes the volume, exports it, tells the watchers.
    pub(crate) fn start(&self, replica: &Replica, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let reply = self.start_quietly(replica, spec)?;
        self.node().updates.signal(Subject::Replica);
        Ok(reply)
    }

    /// The same, and tells nobody.
    pub(crate) fn start_quietly(&self, replica: &Replica, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let Some(name) = &spec.backing_image else {
            return replica.create_quietly(self.node(), None);
        };
        let key = self.backing_image_key(name)?;
        let image = self.read().backing_image(&key)?;
        let ready = image.hold_ready()?;
        let _held = self.behaviour().guards_what_is_in_use.then_some(ready);
        replica.create_quietly(self.node(), Some(&key))
    }
}

/// Whether an operation was turned away before it did anything.
pub fn is_refusal(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::FailedPrecondition | ErrorKind::AlreadyExists)
}
