//! `verify-lock`: the report's second proposal, on the tree of `v3`.
//!
//! Creations hold a gate for reading, a verify pass holds it for writing from the first copy to the last sync. The
//! gate comes before every other lock and nothing that a pass calls takes it, so it closes no cycle. Deletes do not
//! take it, and a create and a delete still meet.

use bohrbug_sync::{RwLock, label};

use super::{Protocol, Verified, v3};
use crate::error::Result;
use crate::locks::{read, write};
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct VerifyLock {
    gate: RwLock<()>,
}

impl Default for VerifyLock {
    fn default() -> Self {
        let gate = RwLock::new(());
        label(&gate, "verify gate");
        Self { gate }
    }
}

impl Protocol for VerifyLock {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let _verify_waits = read(&self.gate);
        let replica = v3::insert_record(server, spec)?;
        server.start(&replica, spec)
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let _creations_wait = write(&self.gate);
        let pass = v3::map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}
