//! What callers ask for and what they are shown: modes, frontends, an engine's view.

use std::collections::BTreeMap;
use std::fmt;

use crate::names;
use crate::replica::{ReplicaView, State};
use crate::tree::Tree;

/// What an engine lets a replica do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Read and write.
    Rw,
    /// Write only: it is being rebuilt.
    Wo,
    /// Nothing: it failed, and only a removal and a rebuild bring it back.
    Err,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rw => "RW",
            Self::Wo => "WO",
            Self::Err => "ERR",
        })
    }
}

/// How a volume is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frontend {
    /// As a block device.
    BlockDevice,
    /// Not at all: for reverts.
    Empty,
}

/// One replica as its engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) address: String,
    pub(crate) bdev: String,
    pub(crate) mode: Mode,
    /// The identity of its head, once the engine has seen it; what an engine does to heads itself makes it look again.
    pub(crate) head: Option<u64>,
    /// The number of the rebuild that it joined by, 0 if it was there from the beginning.
    pub(crate) rebuild: u32,
}

impl Member {
    /// A replica at that address.
    pub(crate) fn new(replica: &str, address: &str, mode: Mode, rebuild: u32) -> Self {
        let (address, bdev) = (address.to_owned(), names::nvme_bdev(replica));
        Self { address, bdev, mode, head: None, rebuild }
    }

    /// Whether the replica is the one that was connected, and runs; learns its head if that is still unknown.
    pub(crate) fn recognises(&mut self, replica: &ReplicaView) -> bool {
        if replica.state != State::Running || self.address != replica.address() {
            return false;
        }
        // A rebuild's destination remembers its old head until it reads its volumes again.
        let head = replica.tree.head.as_ref().map(|head| head.uuid);
        replica.rebuilding || self.head.get_or_insert(head.unwrap_or_default()) == &head.unwrap_or_default()
    }
}

/// An engine as its server answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineView {
    /// Its name, which is also its RAID's.
    pub name: String,
    /// Its state: running, stopped or error.
    pub state: State,
    /// Why it is in state error; empty otherwise.
    pub error: String,
    /// Each replica's mode.
    pub modes: BTreeMap<String, Mode>,
    /// Each replica's address.
    pub addresses: BTreeMap<String, String>,
    /// The target's port; 0 without a frontend.
    pub port: u16,
    /// The block device; empty without a frontend.
    pub endpoint: String,
    /// The snapshots as the replica with the longest memory has them.
    pub tree: Tree,
}
