//! Who holds which lock, who waits for whom, and whether one more wait would close a cycle.

use std::collections::BTreeMap;

use crate::ledger::{Table, Value};

/// What a lock belongs to: each has its locks under a mutex of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A table.
    Rows(Table),
    /// The names.
    Names,
}

/// A connection that has locked something: where it did so first, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionId(Place, u64);

/// What can be locked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LockKey {
    /// A row.
    Row(Table, i64),
    /// A value that a uniqueness rule (by its place in the declaration) allows once.
    Unique(Table, usize, Vec<Value>),
    /// A name.
    Name(String),
}

impl LockKey {
    pub(super) const fn place(&self) -> Place {
        match self {
            Self::Row(table, _) | Self::Unique(table, ..) => Place::Rows(*table),
            Self::Name(_) => Place::Names,
        }
    }
}

impl std::fmt::Display for LockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LockKey::Row(table, id) => write!(f, "{table}[{id}]"),
            LockKey::Unique(table, _, cells) => {
                let cells: Vec<String> = cells.iter().map(Value::to_string).collect();
                write!(f, "{table}({})", cells.join(", "))
            }
            LockKey::Name(name) => write!(f, "lock {name:?}"),
        }
    }
}

/// The locks of one place.
#[derive(Debug, Default)]
pub(super) struct Locks {
    owners: BTreeMap<LockKey, SessionId>,
    /// How many wait for one of them.
    awaited: usize,
    sessions: u64,
}

impl Locks {
    pub(super) const fn new_session(&mut self, place: Place) -> SessionId {
        self.sessions += 1;
        SessionId(place, self.sessions)
    }

    /// Takes the lock, or says who has it.
    pub(super) fn take(&mut self, key: &LockKey, me: SessionId) -> Result<(), SessionId> {
        match self.owners.get(key) {
            Some(owner) if *owner != me => Err(*owner),
            Some(_) => Ok(()),
            None => {
                self.owners.insert(key.clone(), me);
                Ok(())
            }
        }
    }

    pub(super) const fn begin_to_wait(&mut self) {
        self.awaited += 1;
    }

    pub(super) const fn end_waiting(&mut self) {
        self.awaited -= 1;
    }

    /// Gives back everything `me` holds here; answers whether anybody waits for anything here.
    pub(super) fn release_all(&mut self, me: SessionId) -> bool {
        self.owners.retain(|_, owner| *owner != me);
        self.awaited > 0
    }

    /// Gives back one lock; answers as above.
    pub(super) fn release(&mut self, me: SessionId, key: &LockKey) -> bool {
        self.owners.retain(|held, owner| *owner != me || held != key);
        self.awaited > 0
    }
}

/// Who waits for whom, in all places.
#[derive(Debug, Default)]
pub(super) struct Waits(BTreeMap<SessionId, SessionId>);

impl Waits {
    /// Whether `me` waiting for `owner` would close a cycle of waits.
    pub(super) fn would_deadlock(&self, me: SessionId, mut owner: SessionId) -> bool {
        while let Some(next) = self.0.get(&owner) {
            if *next == me {
                return true;
            }
            owner = *next;
        }
        false
    }

    pub(super) fn begin(&mut self, me: SessionId, owner: SessionId) {
        self.0.insert(me, owner);
    }

    pub(super) fn end(&mut self, me: SessionId) {
        self.0.remove(&me);
    }

    /// `owner` has given back what it held: who waited for it looks again.
    pub(super) fn forget_those_for(&mut self, owner: SessionId) {
        self.0.retain(|_, awaited| *awaited != owner);
    }
}
