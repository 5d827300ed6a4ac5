//! What the verify loop does to an engine, and the refresh that asks the replicas what they hold.
//!
//! This is where a replica that its server lost becomes ERR: [`Inner::refresh`] asks for it by name.

use super::{Engine, Inner, Member, Mode, makes_a_client, port_of};
use crate::behaviour::MissingReplica;
use crate::error::{Error, Result};
use crate::names::HEAD;
use crate::replica::{RebuildState, ReplicaView, State};
use crate::server::Server;
use crate::spdk::{Lister, Listing, Raid};

impl Engine {
    /// Compares the engine with the target and its replicas. `taken_before` is a listing from before the lock was
    /// taken, which is what versions up to `f1584880` validated against.
    pub(crate) fn validate(&self, server: &Server, taken_before: Option<&Listing>) -> Result<()> {
        let mut inner = self.lock();
        if inner.state != State::Running {
            return Ok(());
        }
        let own;
        let listing = match taken_before {
            Some(listing) => listing,
            None => {
                own = server.node().spdk.list(Lister::Engine(&self.name))?;
                &own
            }
        };
        let outcome = inner.validate(server, listing);
        inner.settle(outcome)
    }
}

impl Inner {
    fn validate(&mut self, server: &Server, listing: &Listing) -> Result<()> {
        let raid = listing.raids.get(&self.name);
        let raid = raid.ok_or_else(|| Error::mismatch(format!("engine {} has no raid", self.name)))?;
        if raid.size_mib != self.size_mib {
            return Err(Error::mismatch(format!("the raid of {} is {} MiB", self.name, raid.size_mib)));
        }
        for member in self.members.values_mut() {
            if member.mode != Mode::Err && !is_connected(member, raid, listing) {
                member.mode = Mode::Err;
            }
        }
        if server.node().behaviour.missing_replica != MissingReplica::NotAskedByVerify {
            self.refresh(server);
        }
        match self.usable_bdevs().is_empty() {
            true => Err(Error::mismatch(format!("engine {} has no replica left to read", self.name))),
            false => Ok(()),
        }
    }

    /// Asks every live replica what it holds; one that cannot be found, or is another one by now, or whose rebuild broke
    /// off, becomes ERR. One whose address makes no client is passed over.
    pub(super) fn refresh(&mut self, server: &Server) {
        let marks = server.node().behaviour.missing_replica == MissingReplica::BecomesErr;
        let tells_apart = server.node().behaviour.tells_replicas_apart;
        let mut oldest: Option<ReplicaView> = None;
        for name in self.live() {
            if self.members.get(&name).is_none_or(|member| !makes_a_client(&member.address)) {
                continue;
            }
            match server.replica_get(&name) {
                Ok(replica) if tells_apart && !self.recognises(&name, &replica) => self.set_mode(&name, Mode::Err),
                Ok(replica) => {
                    let member_is_wo = self.members.get(&name).is_some_and(|member| member.mode == Mode::Wo);
                    if member_is_wo && replica.rebuild.state == RebuildState::Error {
                        self.set_mode(&name, Mode::Err);
                    } else if !member_is_wo && is_older(&replica, oldest.as_ref()) {
                        oldest = Some(replica);
                    }
                }
                Err(_) if marks => self.set_mode(&name, Mode::Err),
                Err(_) => {}
            }
        }
        if let Some(replica) = oldest {
            self.tree = replica.tree;
        }
    }

    fn recognises(&mut self, name: &str, replica: &ReplicaView) -> bool {
        self.members.get_mut(name).is_some_and(|member| member.recognises(replica))
    }
}

fn is_connected(member: &Member, raid: &Raid, listing: &Listing) -> bool {
    let nvme = listing.nvme.get(&member.bdev);
    let same_port = |port: u16| port_of(&member.address) == Some(port);
    raid.bases.contains(&member.bdev) && nvme.is_some_and(|nvme| same_port(nvme.port))
}

/// Whether the replica's oldest ancestor (backing image, then oldest snapshot, then head) is older.
fn is_older(replica: &ReplicaView, than: Option<&ReplicaView>) -> bool {
    than.is_none_or(|than| ancestor(replica) < ancestor(than))
}

fn ancestor(replica: &ReplicaView) -> (u8, u64) {
    let tree = &replica.tree;
    let mut chain = tree.chain.iter();
    if chain.next().is_some_and(Option::is_some) {
        return (0, 0);
    }
    match chain.flatten().next() {
        Some(name) if name != HEAD => (1, tree.snapshots.get(name).map_or(0, |node| node.created)),
        _ => (2, tree.head.as_ref().map_or(0, |node| node.created)),
    }
}
