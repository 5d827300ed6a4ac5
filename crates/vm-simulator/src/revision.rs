//! The revisions: what the reports describe, what they propose, what upstream did, and what is meant to hold.
//!
//! A revision is a row of this table. Each column is a decision that is made in one place, where its alternatives
//! stand side by side: follow the type of the column.

use crate::collector::{FilterGuard, Reads, Response, Subscription, ViewChange};
use crate::inventory::{Cloning, Creation, Defaults, FolderGuard, Space};
use crate::reconfigure::Rules;
use crate::registry::Lookups;

/// A revision of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// As the reports describe it, each before its fix: collection and reconfiguration share the device list, and
    /// nothing else is locked that a report found unlocked.
    Reported,
    /// The first solution that the report proposes: a mutex of the device list's own.
    DeviceLock,
    /// The second: immutable lists, a change makes a new one.
    CopyOnWrite,
    /// The third: a change is atomic, as in a database.
    Transaction,
    /// Upstream when the report was made: each machine under its lock, but default devices shared between machines.
    SharedDefaults,
    /// Upstream's first fix: the root of a collection stays locked while it is traversed.
    RootLock,
    /// Upstream's second fix: each machine has its own default devices.
    OwnDefaults,
    /// Upstream as its behaviours were recorded: the same, and list views no longer deadlock with waiting watchers.
    Upstream,
    /// What is meant: every property of a collected list, an update and a faulted task holds.
    Strict,
}

/// The decisions that make a revision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) rules: Rules,
    pub(crate) store: StoreKind,
    pub(crate) reconfigure: MachineLock,
    pub(crate) planning: Planning,
    pub(crate) response: Response,
    pub(crate) reads: Reads,
    pub(crate) defaults: Defaults,
    pub(crate) cloning: Cloning,
    pub(crate) folders: FolderGuard,
    pub(crate) creation: Creation,
    pub(crate) space: Space,
    pub(crate) subscription: Subscription,
    pub(crate) views: ViewChange,
    pub(crate) filters: FilterGuard,
    pub(crate) telling: Telling,
    pub(crate) lookups: Lookups,
}

/// How machines keep their state: see `store/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Live { locked: bool },
    Alias,
    Copied,
    Atomic { telling: Telling },
}

/// What watchers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// What the original tells them: of a reconfiguration the devices, what is counted beside them and the version; of
    /// folders, views and tasks nothing; of a machine that is moved, to look again.
    AsOriginal,
    /// Whatever can be read and has changed.
    Everything,
}

/// Whether a reconfiguration has its machine locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MachineLock {
    NotTaken,
    Held,
}

/// Whether a change is planned with its machine locked, when the store holds a lock of its own already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planning {
    AsItIs,
    UnderTheMachinesLock,
}

impl Policy {
    /// The report's first solution with its locks nested in two orders, against which the report warns: a collection takes
    /// the device list's mutex with the machine locked, and a change locks the machine while it has the mutex.
    pub(crate) fn nested() -> Self {
        Self {
            planning: Planning::UnderTheMachinesLock,
            response: Response::CopiedUnderLock,
            ..Revision::DeviceLock.policy()
        }
    }
}

impl Revision {
    /// Every revision, from the reports to what is meant.
    pub const ALL: [Self; 9] = [
        Self::Reported,
        Self::DeviceLock,
        Self::CopyOnWrite,
        Self::Transaction,
        Self::SharedDefaults,
        Self::RootLock,
        Self::OwnDefaults,
        Self::Upstream,
        Self::Strict,
    ];

    /// The revision's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::DeviceLock => "device-lock",
            Self::CopyOnWrite => "copy-on-write",
            Self::Transaction => "transaction",
            Self::SharedDefaults => "shared-defaults",
            Self::RootLock => "root-lock",
            Self::OwnDefaults => "own-defaults",
            Self::Upstream => "upstream",
            Self::Strict => "strict",
        }
    }

    /// The revision with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.name() == name)
    }

    pub(crate) fn policy(self) -> Policy {
        let reported = REPORTED;
        let upstream = UPSTREAM;
        match self {
            Self::Reported => reported,
            Self::DeviceLock => Policy { store: StoreKind::Live { locked: true }, ..reported },
            Self::CopyOnWrite => Policy { store: StoreKind::Copied, ..reported },
            Self::Transaction => Policy { store: StoreKind::Atomic { telling: Telling::AsOriginal }, ..reported },
            Self::SharedDefaults => upstream,
            Self::RootLock => Policy { reads: Reads::UnderTheRootsLock, ..upstream },
            Self::OwnDefaults => Policy { defaults: Defaults::Own, ..Self::RootLock.policy() },
            Self::Upstream => Policy { views: ViewChange::Marked, ..Self::OwnDefaults.policy() },
            Self::Strict => Policy {
                rules: Rules::Strict,
                store: StoreKind::Atomic { telling: Telling::Everything },
                cloning: Cloning::CompletesFirst,
                telling: Telling::Everything,
                lookups: Lookups::Together,
                reads: Reads::EachUnderItsLock,
                filters: FilterGuard::Locked,
                ..Self::Upstream.policy()
            },
        }
    }
}

/// Each report before its fix. What the report's solutions change is the device list, so they share all but `store`.
const REPORTED: Policy = Policy {
    rules: Rules::Original,
    store: StoreKind::Live { locked: false },
    reconfigure: MachineLock::NotTaken,
    planning: Planning::AsItIs,
    response: Response::EncodedAfterUnlock,
    reads: Reads::AfterTheRoot,
    defaults: Defaults::Shared,
    cloning: Cloning::SharesDevices,
    folders: FolderGuard::Unlocked,
    creation: Creation::PublishedFirst,
    space: Space::ReadThenWrite,
    subscription: Subscription::CollectFirst,
    views: ViewChange::UnderTheFiltersLock,
    filters: FilterGuard::OptedOut,
    telling: Telling::AsOriginal,
    lookups: Lookups::OneAtATime,
};

/// Upstream when the report was made: what older reports found had been fixed.
const UPSTREAM: Policy = Policy {
    store: StoreKind::Alias,
    reconfigure: MachineLock::Held,
    response: Response::CopiedUnderLock,
    cloning: Cloning::CopiesDevices,
    folders: FolderGuard::Locked,
    creation: Creation::PublishedLast,
    space: Space::UnderLock,
    subscription: Subscription::RegisterFirst,
    ..REPORTED
};
