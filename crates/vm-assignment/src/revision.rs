//! The revisions of the operation: what was reported, what was proposed, what upstream did, and what closes all of it.

use crate::error::Error;

/// One revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// 4.20.0 and before: the records are committed, then the network phase runs statement by statement.
    Reported,
    /// The report's first advice: one transaction around everything.
    Transaction,
    /// The report's second advice: a checkpoint before the network phase, and compensation if that fails.
    Checkpoint,
    /// The report's third advice: a check after the operation that every record agrees.
    VerifyAfter,
    /// Upstream's first fix (cloudstack#7061): one transaction, in which a new network cannot be seen by the second
    /// connection that draws its MAC address (cloudstack#10825).
    Pr7061,
    /// Upstream's second fix (cloudstack#10875, 4.20.1): the network is made before, and deleted if the rest fails.
    Pr10875,
    /// 4.20.3: quota is reserved before it is used.
    Reservations,
    /// Everything under ordered locks in one transaction, checked there.
    Strict,
}

impl Revision {
    /// Every revision, oldest first.
    pub const ALL: &'static [Revision] = &[
        Revision::Reported,
        Revision::Transaction,
        Revision::Checkpoint,
        Revision::VerifyAfter,
        Revision::Pr7061,
        Revision::Pr10875,
        Revision::Reservations,
        Revision::Strict,
    ];

    /// The name in the catalogue and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Revision::Reported => "reported",
            Revision::Transaction => "transaction",
            Revision::Checkpoint => "checkpoint",
            Revision::VerifyAfter => "verify-after",
            Revision::Pr7061 => "pr7061",
            Revision::Pr10875 => "pr10875",
            Revision::Reservations => "reservations",
            Revision::Strict => "strict",
        }
    }

    /// Whether every operation of this revision takes its locks first, in one order, and checks under them.
    pub(crate) fn locks_first(self) -> bool {
        self == Revision::Strict
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Revision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|one| one.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|one| one.name()).collect();
            let name = crate::error::short(name);
            Error::invalid("revision", format!("there is no revision {name}; there are {}", known.join(", ")))
        })
    }
}
