//! `v5`, `f01edc84`: verify lists without the server's lock again, longhorn#13074.
//!
//! Slow target calls no longer stop everybody else; but the swap overwrites what came and went meanwhile, as in `v1`.
//! The fix is `v6`.

use super::pass::Pass;
use super::{Protocol, Verified, v4};
use crate::error::Result;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V5;

impl Protocol for V5 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = v4::new_object(server, spec)?;
        let reply = server.start(&replica, spec);
        v4::publish(server, &spec.name, replica);
        reply
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let mut pass = copy(server);
        decide(server, &mut pass)?;
        apply(server, &pass);
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}

/// Phase 1, under the server's lock.
pub(crate) fn copy(server: &Server) -> Pass {
    Pass::copy(&server.write())
}

/// Phase 2, without it.
pub(crate) fn decide(server: &Server, pass: &mut Pass) -> Result<()> {
    let listing = Pass::list(server)?;
    pass.adopt(server, &listing);
    pass.delete_orphans(server)?;
    for name in pass.without_lvols(&listing) {
        pass.replicas.remove(&name);
        pass.for_sync.remove(&name);
    }
    Ok(())
}

/// Phase 3, under the server's lock.
pub(crate) fn apply(server: &Server, pass: &Pass) {
    let mut maps = server.write();
    maps.replicas = pass.replicas.clone();
    maps.backing_images = pass.backing_images.clone();
}
