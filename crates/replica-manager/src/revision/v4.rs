//! `v4`, `b789d730`: upstream's fix of longhorn#9953.
//!
//! The record follows the creation, however that ended, so verify never sees a replica whose volume is still to come.
//! What is left: nothing keeps two creates of one name, or a create and a delete, apart; verify may show a stopped
//! placeholder for a volume whose replica is about to be recorded; and verify still lists under the server's lock.

use bohrbug_sync::Arc;

use super::{Protocol, Verified, v3};
use crate::error::Result;
use crate::replica::{Replica, ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct V4;

impl Protocol for V4 {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = new_object(server, spec)?;
        let reply = server.start(&replica, spec);
        publish(server, &spec.name, replica);
        reply
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let pass = v3::map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}

/// The replica of that name, or an object that is not in the map yet.
pub(crate) fn new_object(server: &Server, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
    let maps = server.write();
    maps.known_or_new(server.node(), spec)
}

/// Puts the object under its name, whatever is there.
pub(crate) fn publish(server: &Server, name: &str, replica: Arc<Replica>) {
    server.write().replicas.insert(name.to_owned(), replica);
}
