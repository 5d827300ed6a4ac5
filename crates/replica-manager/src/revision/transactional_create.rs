//! `transactional-create`: the report's third proposal, on the tree of `v3`.
//!
//! A creation reserves its name, makes the volume, and then commits (record in, reservation out) or rolls back, which
//! leaves nothing. Verify passes over reserved names; a second operation on one is turned away.

use bohrbug_sync::Arc;

use super::{Protocol, Verified, v3};
use crate::error::{Error, ErrorKind, Result};
use crate::replica::{Replica, ReplicaSpec, ReplicaView, State};
use crate::server::{Maps, Server};

pub(crate) struct TransactionalCreate;

impl Protocol for TransactionalCreate {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = begin(server, spec)?;
        let reply = server.start(&replica, spec);
        match &reply {
            Ok(view) if view.state == State::Running => commit(server, spec, replica),
            _ => roll_back(server, spec, &replica)?,
        }
        reply
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let pass = v3::map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }

    fn delete(&self, server: &Server, name: &str, cleanup: bool) -> Result<()> {
        let found = {
            let mut maps = server.write();
            let found = maps.replicas.get(name).cloned();
            if found.is_some() || maps.in_flight.contains(name) {
                reserve(&mut maps, name, ErrorKind::FailedPrecondition)?;
            }
            found
        };
        let Some(replica) = found else {
            return Ok(());
        };
        let outcome = replica.delete(server.node(), cleanup);
        let mut maps = server.write();
        maps.in_flight.remove(name);
        if cleanup && outcome.is_ok() {
            maps.replicas.remove(name);
        }
        outcome
    }
}

fn reserve(maps: &mut Maps, name: &str, taken: ErrorKind) -> Result<()> {
    match maps.in_flight.insert(name.to_owned()) {
        true => Ok(()),
        false => Err(Error::new(taken, format!("{name} is being created or deleted"))),
    }
}

fn begin(server: &Server, spec: &ReplicaSpec) -> Result<Arc<Replica>> {
    let mut maps = server.write();
    let replica = maps.known_or_new(server.node(), spec)?;
    reserve(&mut maps, &spec.name, ErrorKind::AlreadyExists)?;
    Ok(replica)
}

fn commit(server: &Server, spec: &ReplicaSpec, replica: Arc<Replica>) {
    let mut maps = server.write();
    maps.in_flight.remove(&spec.name);
    maps.replicas.insert(spec.name.clone(), replica);
}

/// A replica that was there before stays what it is; a new one leaves no volume, no export and no ports.
fn roll_back(server: &Server, spec: &ReplicaSpec, replica: &Replica) -> Result<()> {
    let was_known = server.read().replicas.contains_key(&spec.name);
    let undone = match was_known {
        true => Ok(()),
        false => replica.delete(server.node(), true),
    };
    server.write().in_flight.remove(&spec.name);
    undone
}
