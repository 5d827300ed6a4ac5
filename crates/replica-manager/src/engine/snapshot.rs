//! Snapshots of a volume: a check over all replicas, then each replica in turn; one that fails becomes ERR and the
//! operation succeeds all the same.

use super::{Engine, Frontend, Inner, Mode};
use crate::error::{Error, Result, ignore_missing};
use crate::replica::ReplicaView;
use crate::server::Server;

impl Engine {
    pub(crate) fn snapshot_create(&self, server: &Server, snapshot: &str) -> Result<()> {
        self.change(server.node(), |inner| {
            inner.check_running()?;
            inner.snapshot_all(server, snapshot, true);
            Ok(())
        })
    }

    pub(crate) fn snapshot_delete(&self, server: &Server, snapshot: &str) -> Result<()> {
        self.change(server.node(), |inner| {
            inner.check_running()?;
            inner.check_no_wo("delete a snapshot")?;
            for replica in inner.reachable(server) {
                inner.check_deletable(server, &replica, snapshot)?;
            }
            inner.each(server, |replica| server.replica_snapshot_delete(replica, snapshot));
            Ok(())
        })
    }

    /// Needs an empty frontend: nobody may look at the contents while they change.
    pub(crate) fn snapshot_revert(&self, server: &Server, snapshot: &str) -> Result<()> {
        self.change(server.node(), |inner| {
            inner.check_running()?;
            inner.check_no_wo("revert")?;
            if inner.frontend != Frontend::Empty {
                return Err(Error::refused(format!("engine {} has a frontend", inner.name)));
            }
            for replica in inner.reachable(server) {
                if !replica.tree.snapshots.contains_key(snapshot) {
                    return Err(Error::refused(format!("{} has no snapshot {snapshot}", replica.name)));
                }
            }
            let spdk = &server.node().spdk;
            ignore_missing(spdk.delete_raid(&inner.name))?;
            inner.members.values_mut().for_each(|member| member.head = None);
            inner.each(server, |replica| server.replica_snapshot_revert(replica, snapshot));
            spdk.create_raid(&inner.name, &inner.usable_bdevs(), inner.size_mib)
        })
    }

    pub(crate) fn snapshot_purge(&self, server: &Server) -> Result<()> {
        self.change(server.node(), |inner| {
            inner.check_running()?;
            inner.check_no_wo("purge")?;
            inner.each(server, |replica| server.replica_snapshot_purge(replica));
            Ok(())
        })
    }
}

impl Inner {
    /// Takes the snapshot on every live replica, WO ones included.
    pub(super) fn snapshot_all(&mut self, server: &Server, snapshot: &str, user_created: bool) {
        self.each(server, |replica| server.snapshot_replica(replica, snapshot, user_created));
    }

    /// Runs an operation on every live replica; whoever fails becomes ERR.
    fn each(&mut self, server: &Server, operation: impl Fn(&str) -> Result<()>) {
        for replica in self.live() {
            if operation(&replica).is_err() {
                self.set_mode(&replica, Mode::Err);
            }
        }
        self.refresh(server);
    }

    fn reachable(&self, server: &Server) -> Vec<ReplicaView> {
        self.live().iter().filter_map(|replica| server.replica_get(replica).ok()).collect()
    }

    fn check_no_wo(&self, what: &str) -> Result<()> {
        match self.has_wo() {
            true => Err(Error::refused(format!("engine {} cannot {what} while a replica is rebuilt", self.name))),
            false => Ok(()),
        }
    }

    fn check_deletable(&self, server: &Server, replica: &ReplicaView, snapshot: &str) -> Result<()> {
        let children = replica.tree.snapshots.get(snapshot).map_or(0, |node| node.children.len());
        if children > 1 {
            return Err(Error::refused(format!("{snapshot} has more than one child")));
        }
        let is_heads_parent = replica.tree.heads_parent().is_some_and(|parent| parent == snapshot);
        if replica.serving.as_deref() == Some(snapshot) && server.node().behaviour.guards_what_is_in_use {
            return Err(Error::refused(format!("{} exports {snapshot} for a rebuild", replica.name)));
        }
        if is_heads_parent && !server.node().behaviour.deletes_heads_parent {
            return Err(Error::refused(format!("{snapshot} is right above the head")));
        }
        Ok(())
    }
}
