//! What callers ask for and what they are shown: modes, frontends, an engine's view.

use std::collections::BTreeMap;
use std::fmt;

use crate::replica::State;
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
