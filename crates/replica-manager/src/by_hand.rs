//! The phases of creating and verifying, one function each: for tests that drive an interleaving by hand.
//!
//! Nothing here is another implementation: these are the steps that the revisions' own files are made of.

use bohrbug_sync::Arc;

pub use crate::revision::pass::Pass;

use crate::error::Result;
use crate::replica::{Replica, ReplicaSpec, ReplicaView};
use crate::revision::{v3, v4, v5, v6};
use crate::server::Server;

/// `v1` to `v3`: the record goes into the map.
pub fn insert_record(server: &Server, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
    v3::insert_record(server, spec)
}

/// `v4` on: the object is made, and nobody knows it.
pub fn new_object(server: &Server, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
    v4::new_object(server, spec)
}

/// Everything that a create does on the target.
pub fn start(server: &Server, replica: &Replica, spec: &ReplicaSpec) -> Result<ReplicaView> {
    server.start(replica, spec)
}

/// `v4` and `v5`: the record follows.
pub fn publish(server: &Server, name: &str, replica: Arc<Replica>) {
    v4::publish(server, name, replica);
}

/// The last step of a destroying delete: the key goes, by name.
pub fn remove_key(server: &Server, name: &str) {
    server.write().replicas.remove(name);
}

/// `v3` and `v4`: what verify does under the server's lock.
pub fn map_phase(server: &Server) -> Result<Pass> {
    v3::map_phase(server)
}

/// `v5` and `v6`: the copy.
pub fn copy(server: &Server) -> Pass {
    v5::copy(server)
}

/// `v5` and `v6`: the listing and what follows from it, without the server's lock.
pub fn decide(server: &Server, pass: &mut Pass) -> Result<()> {
    v5::decide(server, pass)
}

/// `v5`: the swap.
pub fn swap(server: &Server, pass: &Pass) {
    v5::apply(server, pass);
}

/// `v6`: the swap, if nobody changed the map meanwhile; whether it happened.
pub fn swap_if_unchanged(server: &Server, pass: &Pass) -> bool {
    v6::apply(server, pass)
}

/// The last phase: every object is synced.
pub fn sync(server: &Server, pass: &Pass) -> Result<()> {
    pass.sync(server, None)
}
