//! `v1`, `be070c49`: verify gives the server's lock up while it lists.
//!
//! It copies the map, lists, and writes its copy back: what came or went in between is lost. And what it syncs
//! afterwards it compares with a listing that is older than the object's lock.

use super::pass::Pass;
use super::{Protocol, Verified, v3};
use crate::error::Result;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;
use crate::spdk::Listing;

pub(crate) struct V1;

impl Protocol for V1 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = v3::insert_record(server, spec)?;
        server.start(&replica, spec)
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let mut pass = copy(server);
        let listing = Pass::list(server)?;
        adopt_and_swap(server, &mut pass, &listing)?;
        pass.sync(server, Some(&listing))?;
        Ok(Verified::Applied)
    }
}

pub(crate) fn copy(server: &Server) -> Pass {
    Pass::copy(&server.read())
}

pub(crate) fn adopt_and_swap(server: &Server, pass: &mut Pass, listing: &Listing) -> Result<()> {
    pass.adopt(server, listing);
    pass.delete_orphans(server)?;
    let mut maps = server.write();
    maps.replicas = pass.replicas.clone();
    maps.backing_images = pass.backing_images.clone();
    Ok(())
}
