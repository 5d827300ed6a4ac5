//! Who holds which lock, who waits for whom, and whether one more wait would close a cycle.

use std::collections::BTreeMap;

use crate::ledger::{Table, Value};

/// A connection that has said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionId(pub(super) u64);

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

#[derive(Debug, Default)]
pub(super) struct Locks {
    owners: BTreeMap<LockKey, SessionId>,
    waiting: BTreeMap<SessionId, LockKey>,
}

impl Locks {
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

    /// Whether `me` waiting for `owner` would close a cycle of waits.
    pub(super) fn would_deadlock(&self, me: SessionId, mut owner: SessionId) -> bool {
        while let Some(next) = self.waiting.get(&owner).and_then(|key| self.owners.get(key)) {
            if *next == me {
                return true;
            }
            owner = *next;
        }
        false
    }

    pub(super) fn wait(&mut self, me: SessionId, key: LockKey) {
        self.waiting.insert(me, key);
    }

    pub(super) fn stop_waiting(&mut self, me: SessionId) {
        self.waiting.remove(&me);
    }

    /// Gives back everything `me` holds except names; answers whether anybody waits for anything.
    pub(super) fn release_all(&mut self, me: SessionId) -> bool {
        self.owners.retain(|key, owner| *owner != me || matches!(key, LockKey::Name(_)));
        !self.waiting.is_empty()
    }

    /// Gives back names; answers whether anybody waits for anything.
    pub(super) fn release_names(&mut self, me: SessionId, name: Option<&str>) -> bool {
        let given = |key: &LockKey| matches!(key, LockKey::Name(held) if name.is_none_or(|name| name == held));
        self.owners.retain(|key, owner| *owner != me || !given(key));
        !self.waiting.is_empty()
    }
}
