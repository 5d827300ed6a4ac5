//! The ledger in memory, on `bohrbug-sync`: what a model checker explores.
//!
//! It models what the reported system relies on: read committed, exclusive row locks with waiting, deadlock detection
//! (the one who closes the cycle is rolled back), named locks, transactions that join the outer one, and a sequence
//! that is drawn by a second connection.
//!
//! A statement is one hold of one lock, so one event for whoever enumerates interleavings. A statement about a row that
//! its transaction has locked already is no event at all: nobody else can see or change that row before the commit, so
//! that no behaviour is lost by leaving it out. The catalogue is read without the lock, because nobody writes it.
//!
//! Departures from a real database: 1. every lock is exclusive; 2. no gaps are locked: a row that appears between two
//! statements is seen by the second; 3. references are checked at commit; 4. a name that is waited for in a cycle is
//! reported as a deadlock, where the reported system waits 120 s and gives up.

mod connection;
mod locks;

use std::collections::BTreeMap;

use bohrbug_sync::{Condvar, Mutex, MutexGuard, PoisonError, label};

use super::{Connection, Ledger, LedgerError, Table, Tables};
use connection::MemoryConnection;
use locks::{LockKey, Locks, SessionId};

/// A ledger that lives as long as the value.
#[derive(Debug)]
pub struct MemoryLedger {
    catalogue: Tables,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    committed: Tables,
    next_id: BTreeMap<Table, i64>,
    next_session: u64,
    locks: Locks,
}

impl MemoryLedger {
    /// A ledger with these contents.
    pub fn new(contents: Tables) -> Self {
        let (catalogue, committed) = contents.split();
        // Fixed now: an id is never given twice, not even that of a row that has been deleted since.
        let next_id = Table::ALL.iter().map(|table| (*table, committed.last_id(*table) + 1)).collect();
        let state = State { committed, next_id, next_session: 1, locks: Locks::default() };
        let ledger = Self { catalogue, state: Mutex::new(state), changed: Condvar::new() };
        label(&ledger.state, "ledger");
        label(&ledger.changed, "ledger changed");
        ledger
    }

    #[track_caller]
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock, waiting for its holder. `Ok(true)`: it had to wait, so what was read before may be stale.
    fn acquire<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        me: SessionId,
        key: &LockKey,
    ) -> (MutexGuard<'s, State>, Result<bool, LedgerError>) {
        let mut waited = false;
        loop {
            let Err(owner) = state.locks.take(key, me) else { return (state, Ok(waited)) };
            if state.locks.would_deadlock(me, owner) {
                return (state, Err(LedgerError::Deadlock { wanted: key.to_string() }));
            }
            state.locks.wait(me, key.clone());
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.locks.stop_waiting(me);
            waited = true;
        }
    }
}

impl Ledger for MemoryLedger {
    fn connect(&self) -> Result<Box<dyn Connection + '_>, LedgerError> {
        Ok(Box::new(MemoryConnection::new(self)))
    }

    fn snapshot(&self) -> Result<Tables, LedgerError> {
        Ok(self.state().committed.join(&self.catalogue))
    }
}

impl State {
    fn new_session(&mut self) -> SessionId {
        let session = SessionId(self.next_session);
        self.next_session += 1;
        session
    }

    fn new_id(&mut self, table: Table) -> i64 {
        let next = self.next_id.entry(table).or_insert(1);
        *next += 1;
        *next - 1
    }
}
