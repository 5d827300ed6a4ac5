//! `v3`, `6d56db7e`: the revision of the report, longhorn#9953.
//!
//! A create records the replica first and makes its volume after; verify, which now removes replicas that have no
//! volume, may come between the two. The fix is `v4`.

use bohrbug_sync::Arc;

use super::pass::Pass;
use super::{Protocol, Verified};
use crate::error::Result;
use crate::replica::{Replica, ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V3;

impl Protocol for V3 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = insert_record(server, spec)?;
        server.start(&replica, spec)
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let pass = map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}

/// Puts the replica into the map before anything on the target stands for it.
pub(crate) fn insert_record(server: &Server, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
    let mut maps = server.write();
    let replica = maps.known_or_new(server.node(), spec)?;
    maps.replicas.insert(spec.name.clone(), replica.clone());
    Ok(replica)
}

/// Everything that verify does under the server's lock.
pub(crate) fn map_phase(server: &Server) -> Result<Pass> {
    let mut maps = server.write();
    let mut pass = Pass::copy(&maps);
    let listing = Pass::list(server)?;
    pass.adopt(server, &listing);
    pass.delete_orphans(server)?;
    for name in pass.without_lvols(&listing) {
        // It stays in the set to be synced.
        pass.replicas.remove(&name);
    }
    maps.replicas = pass.replicas.clone();
    maps.backing_images = pass.backing_images.clone();
    Ok(pass)
}
