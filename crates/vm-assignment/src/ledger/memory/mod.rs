//! The ledger in memory, on `bohrbug-sync`: what a model checker explores.
//!
//! It models what the reported system relies on: read committed, exclusive row locks with waiting, deadlock detection
//! (the one who closes the cycle is rolled back), named locks, transactions that join the outer one, and a sequence
//! that is drawn by a second connection.
//!
//! A statement that only looks reads what is committed, under one reader-writer lock, together with others that look. A
//! statement that locks or writes holds the mutex of its table for a moment: there are the latest rows, and who has
//! locked which. A commit takes the mutexes of the tables that it has touched, in the order of the tables, and then
//! writes what is committed. So two statements are in each other's way only on one table, or where one of them commits:
//! that is what a reduction of interleavings lives on, and why each row is kept twice.
//!
//! A statement about a row that its transaction has locked already takes no lock at all: nobody else can see or change
//! that row before the commit, so that no behaviour is lost. The catalogue is read without a lock, because nobody writes
//! it.
//!
//! Departures from a real database: 1. every row lock is exclusive; 2. no gaps are locked: a row that appears between two
//! statements is seen by the second; 3. references are checked at commit; 4. a name that is waited for in a cycle is
//! reported as a deadlock, where the reported system waits 120 s and gives up.

mod commit;
mod connection;
mod locks;

use std::collections::BTreeMap;

use bohrbug_sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, label};

use super::{Connection, Ledger, LedgerError, Row, Table, Tables};
use connection::MemoryConnection;
use locks::{LockKey, Locks, Place, SessionId, Waits};

/// A ledger that lives as long as the value.
#[derive(Debug)]
pub struct MemoryLedger {
    catalogue: Tables,
    /// What is committed, for those who only look. It changes only together with `latest`.
    committed: RwLock<Tables>,
    /// In the order of [`Table::ALL`].
    latest: Vec<Mutex<Latest>>,
    names: Mutex<Latest>,
    /// Taken before the mutex of a place, never after.
    waits: Mutex<Waits>,
    released: Condvar,
}

/// One table as it was last committed, and its locks; names have locks alone.
#[derive(Debug, Default)]
struct Latest {
    rows: BTreeMap<i64, Row>,
    last_id: i64,
    locks: Locks,
}

type Guard<'l> = MutexGuard<'l, Latest>;

impl MemoryLedger {
    /// A ledger with these contents.
    pub fn new(contents: Tables) -> Self {
        let (catalogue, committed) = contents.split();
        let latest = |table: &Table| {
            let rows = committed.table(*table).clone();
            // Fixed now: an id is never given twice, not even that of a row that has been deleted since.
            let last_id = committed.last_id(*table);
            Mutex::new(Latest { rows, last_id, locks: Locks::default() })
        };
        let ledger = Self {
            latest: Table::ALL.iter().map(latest).collect(),
            committed: RwLock::new(committed),
            catalogue,
            names: Mutex::default(),
            waits: Mutex::default(),
            released: Condvar::new(),
        };
        ledger.label();
        ledger
    }

    fn label(&self) {
        label(&self.committed, "ledger");
        for table in Table::ALL.iter().filter(|table| !table.spec().catalogue) {
            label(self.mutex(Place::Rows(*table)), format_args!("table {table}"));
        }
        label(&self.names, "names");
        label(&self.waits, "who waits");
        label(&self.released, "rows are released");
    }

    fn mutex(&self, place: Place) -> &Mutex<Latest> {
        match place {
            Place::Rows(table) => &self.latest[table as usize],
            Place::Names => &self.names,
        }
    }

    #[track_caller]
    fn enter(&self, place: Place) -> Guard<'_> {
        self.mutex(place).lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn committed(&self) -> RwLockReadGuard<'_, Tables> {
        self.committed.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn committed_mut(&self) -> RwLockWriteGuard<'_, Tables> {
        self.committed.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock, waiting for its holder. `Ok(true)`: it had to wait, so what was read before may be stale.
    fn acquire<'s>(
        &'s self,
        mut latest: Guard<'s>,
        me: SessionId,
        key: &LockKey,
    ) -> (Guard<'s>, Result<bool, LedgerError>) {
        if latest.locks.take(key, me).is_ok() {
            return (latest, Ok(false));
        }
        drop(latest);
        self.acquire_slowly(me, key)
    }

    /// A holder who releases between our look and our wait needs `waits` to say so: no release is missed.
    fn acquire_slowly(&self, me: SessionId, key: &LockKey) -> (Guard<'_>, Result<bool, LedgerError>) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latest = self.enter(key.place());
        loop {
            let Err(owner) = latest.locks.take(key, me) else { return (latest, Ok(true)) };
            if waits.would_deadlock(me, owner) {
                return (latest, Err(LedgerError::Deadlock { wanted: key.to_string() }));
            }
            waits.begin(me, owner);
            latest.locks.begin_to_wait();
            drop(latest);
            waits = self.released.wait(waits).unwrap_or_else(PoisonError::into_inner);
            waits.end(me);
            latest = self.enter(key.place());
            latest.locks.end_waiting();
        }
    }

    /// Has those who wait for `owner` look again.
    fn wake(&self, owner: SessionId) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).forget_those_for(owner);
        self.released.notify_all();
    }
}

impl Ledger for MemoryLedger {
    fn connect(&self) -> Result<Box<dyn Connection + '_>, LedgerError> {
        Ok(Box::new(MemoryConnection::new(self)))
    }

    fn snapshot(&self) -> Result<Tables, LedgerError> {
        Ok(self.committed().join(&self.catalogue))
    }
}
