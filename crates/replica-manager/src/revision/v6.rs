//! `v6`, `d85f82bf`: upstream's fix of longhorn#13074, today's head.
//!
//! Whoever changes the replica map counts a generation; a pass that finds another generation than it copied drops its
//! copy, and syncs nothing either. What is left: what `v4` left; the backing images' map is swapped either way and
//! has no counter; and steady traffic makes every pass skip.

use super::pass::Pass;
use super::{Protocol, Verified, v4, v5};
use crate::error::Result;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V6;

impl Protocol for V6 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = v4::new_object(server, spec)?;
        let reply = server.start(&replica, spec);
        let mut maps = server.write();
        maps.replicas.insert(spec.name.clone(), replica);
        maps.generation += 1;
        reply
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let mut pass = v5::copy(server);
        v5::decide(server, &mut pass)?;
        if !apply(server, &pass) {
            return Ok(Verified::Skipped);
        }
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }

    fn delete(&self, server: &Server, name: &str, cleanup: bool) -> Result<()> {
        let found = server.read().replicas.get(name).cloned();
        if let Some(replica) = found {
            replica.delete(server.node(), cleanup)?;
        }
        if cleanup {
            let mut maps = server.write();
            maps.replicas.remove(name);
            maps.generation += 1;
        }
        Ok(())
    }
}

/// Phase 3, under the server's lock; `false` if the map is not the one that was copied.
pub(crate) fn apply(server: &Server, pass: &Pass) -> bool {
    let mut maps = server.write();
    maps.backing_images = pass.backing_images.clone();
    if maps.generation != pass.generation {
        return false;
    }
    maps.replicas = pass.replicas.clone();
    true
}
