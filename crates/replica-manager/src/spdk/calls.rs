//! What every call goes through: who asks, what was injected, what was written down.

use std::collections::BTreeMap;

use super::store::{Copy, Listing, Lvol};
use crate::error::{Error, ErrorKind, Result};

/// A call's name; also the name of its fault point.
pub type Call = &'static str;

/// What the server's own operations ask of the target.
pub const CALLS: &[Call] = &[
    "spdk.expose",
    "spdk.list-backing-image",
    "spdk.list-engine",
    "spdk.list-replica",
    "spdk.list-verify",
    "spdk.lvol-clone",
    "spdk.lvol-create",
    "spdk.lvol-delete",
    "spdk.lvol-get",
    "spdk.lvol-set-parent",
    "spdk.lvol-snapshot",
    "spdk.lvstore-get",
    "spdk.nvme-attach",
    "spdk.nvme-detach",
    "spdk.raid-create",
    "spdk.raid-delete",
    "spdk.raid-grow",
    "spdk.shallow-copy",
    "spdk.shallow-copy-check",
    "spdk.shallow-copy-start",
    "spdk.stop-expose",
];

/// Who asks for a listing: it shows in the journal and can be failed apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lister<'a> {
    /// The verify loop's map phase.
    Verify,
    /// A replica.
    Replica(&'a str),
    /// An engine.
    Engine(&'a str),
    /// A backing image.
    BackingImage(&'a str),
    /// Somebody outside.
    Observer,
}

impl Lister<'_> {
    pub(super) fn call(self) -> Call {
        match self {
            Self::Verify => "spdk.list-verify",
            Self::Replica(_) => "spdk.list-replica",
            Self::Engine(_) => "spdk.list-engine",
            Self::BackingImage(_) => "spdk.list-backing-image",
            Self::Observer => "spdk.list",
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) disk: Listing,
    pub(super) copies: Vec<Copy>,
    pub(super) injected: Vec<(Call, ErrorKind)>,
    pub(super) journal: Option<Vec<String>>,
    pub(super) made: u64,
}

impl State {
    pub(super) fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Whether it makes a difference which of two requests comes first even if neither changes anything.
    pub(super) fn tells_requests_apart(&self) -> bool {
        !self.injected.is_empty() || self.journal.is_some()
    }

    pub(super) fn take_injected(&mut self, call: Call) -> Result<()> {
        match self.injected.iter().position(|(failing, _)| *failing == call) {
            Some(at) => {
                let (_, kind) = self.injected.remove(at);
                Err(Error::new(kind, format!("{call} failed (injected)")))
            }
            None => Ok(()),
        }
    }

    pub(super) fn insert(&mut self, name: &str, lvol: Lvol) -> Result<()> {
        if self.disk.lvols.contains_key(name) {
            return Err(Error::new(ErrorKind::NameExists, format!("{name} exists")));
        }
        let uuid = self.next();
        self.disk.lvols.insert(name.to_owned(), Lvol { uuid, created: uuid, ..lvol });
        Ok(())
    }
}

/// A fresh volume that nobody wrote to; [`State::insert`] gives it its identity.
pub(super) fn blank(lvstore: &str, size_mib: u64) -> Lvol {
    Lvol {
        lvstore: lvstore.to_owned(),
        uuid: 0,
        size_mib,
        parent: None,
        snapshot: false,
        user_created: false,
        created: 0,
        blocks: BTreeMap::new(),
    }
}
