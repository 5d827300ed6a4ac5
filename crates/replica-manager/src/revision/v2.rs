//! `v2`, `f1584880`: verify keeps the server's lock from the copy to the swap, and every object fetches its own
//! listing under its own lock.
//!
//! No update is lost any more. But a replica that was recorded and has no volume yet is synced like any other: if
//! verify gets its lock before the creator does, it is an *error* for having no head, and the creation is refused.

use super::pass::Pass;
use super::{Protocol, Verified, v3};
use crate::error::Result;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V2;

impl Protocol for V2 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = v3::insert_record(server, spec)?;
        server.start(&replica, spec)
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let pass = map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}

fn map_phase(server: &Server) -> Result<Pass> {
    let mut maps = server.write();
    let mut pass = Pass::copy(&maps);
    let listing = Pass::list(server)?;
    pass.adopt(server, &listing);
    pass.delete_orphans(server)?;
    maps.replicas = pass.replicas.clone();
    maps.backing_images = pass.backing_images.clone();
    Ok(pass)
}
