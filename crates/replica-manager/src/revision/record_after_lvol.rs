//! `record-after-lvol`: the report's first proposal, taken literally, on the tree of `v3`.
//!
//! A replica is recorded once its volume is there, and not at all if it never was. It differs from upstream's `v4`
//! only in what a failed creation leaves behind, and shares what `v4` left open.

use super::{Protocol, Verified, v3, v4};
use crate::error::Result;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::Server;

pub(crate) struct RecordAfterLvol;

impl Protocol for RecordAfterLvol {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let replica = v4::new_object(server, spec)?;
        let reply = server.start(&replica, spec)?;
        if reply.tree.head.is_some() {
            v4::publish(server, &spec.name, replica);
        }
        Ok(reply)
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let pass = v3::map_phase(server)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }
}
