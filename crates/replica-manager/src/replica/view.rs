//! What callers ask for and what they are shown: a replica's state, its spec, its view.

use std::fmt;

use super::destination::RebuildStatus;
use crate::ports::PortRange;
use crate::tree::Tree;

/// Where a replica is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Known by name only.
    Pending,
    /// Its volumes are known, nothing is exported.
    Stopped,
    /// Exported.
    Running,
    /// Something did not match or failed; only a detach leads out.
    Error,
    /// Being destroyed.
    Terminating,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Stopped => "stopped",
            Self::Running => "running",
            Self::Error => "error",
            Self::Terminating => "terminating",
        })
    }
}

/// What a caller asks for when it creates a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaSpec {
    /// The replica's name, which is also its head volume's.
    pub name: String,
    /// The disk.
    pub lvstore: String,
    /// The volume's size.
    pub size_mib: u64,
    /// How many ports it needs.
    pub ports: u16,
    /// The backing image to stand on.
    pub backing_image: Option<String>,
}

impl ReplicaSpec {
    /// 500 MiB on the disk `disk` with five ports and no backing image.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), lvstore: crate::DISK.to_owned(), size_mib: 500, ports: 5, backing_image: None }
    }
}

/// A replica as its server answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaView {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Why it is in state error; empty otherwise.
    pub error: String,
    /// The disk.
    pub lvstore: String,
    /// The volume's size.
    pub size_mib: u64,
    /// The ports that it owns.
    pub ports: Option<PortRange>,
    /// Where it is exported; empty when it is not running.
    pub ip: String,
    /// Its snapshots and chain.
    pub tree: Tree,
    /// Whether it is the destination of a rebuild.
    pub rebuilding: bool,
    /// The snapshot that it exports as the source of another's rebuild.
    pub serving: Option<String>,
    /// That rebuild, or the last one.
    pub rebuild: RebuildStatus,
}

impl ReplicaView {
    /// Where an engine connects, `ip:port`.
    pub fn address(&self) -> String {
        let port = self.ports.map_or(0, |ports| ports.start);
        format!("{}:{port}", self.ip)
    }
}
