//! `v0`, before `be070c49`: one big lock.
//!
//! Calls on replicas and whole verify passes hold the server's lock, so nothing of them can interleave. An engine's
//! operations cannot hold it (they come back to the server for each replica), and there is the deadlock: such an
//! operation holds the engine and wants the server, while verify holds the server and wants the engine.
//!
//! Departure: objects are validated against a listing of their own; that the pass's may be out of date shows in `v1`.

use super::pass::Pass;
use super::{Found, Protocol, Verified, new_backing_image};
use crate::error::{Error, Result};
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V0;

impl Protocol for V0 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let mut maps = server.write();
        let replica = maps.known_or_new(server.node(), spec)?;
        maps.replicas.insert(spec.name.clone(), replica.clone());
        let backing = match &spec.backing_image {
            Some(name) => {
                let key = server.backing_image_key(name)?;
                maps.backing_image(&key)?.check_ready()?;
                Some(key)
            }
            None => None,
        };
        replica.create(server.node(), backing.as_deref())
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let mut maps = server.write();
        let mut pass = Pass::copy(&maps);
        let listing = Pass::list(server)?;
        pass.adopt(server, &listing);
        pass.delete_orphans(server)?;
        maps.replicas = pass.replicas.clone();
        maps.backing_images = pass.backing_images.clone();
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }

    fn delete(&self, server: &Server, name: &str, cleanup: bool) -> Result<()> {
        let mut maps = server.write();
        if let Some(replica) = maps.replicas.get(name).cloned() {
            replica.delete(server.node(), cleanup)?;
        }
        if cleanup {
            maps.replicas.remove(name);
        }
        Ok(())
    }

    fn create_backing_image(&self, server: &Server, name: &str) -> Result<String> {
        let mut maps = server.write();
        let (image, key) = new_backing_image(server, &mut maps, name)?;
        image.create(server.node())?;
        Ok(key)
    }

    fn delete_backing_image(&self, server: &Server, key: &str) -> Result<()> {
        let mut maps = server.write();
        if let Some(image) = maps.backing_images.remove(key) {
            image.delete(server.node())?;
        }
        Ok(())
    }

    fn find<'s>(&self, server: &'s Server, name: &str) -> Result<Found<'s>> {
        let maps = server.write();
        let found = maps.replicas.get(name).cloned();
        let replica = found.ok_or_else(|| Error::not_found(format!("replica {name}")))?;
        Ok(Found { replica, _server: Some(maps) })
    }
}
