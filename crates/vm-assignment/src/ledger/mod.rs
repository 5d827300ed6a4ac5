//! The ledger: where the records of who owns what are kept.
//!
//! A [`Ledger`] hands out [`Connection`]s; a connection carries statements and at most one transaction. Two
//! implementations, [`MemoryLedger`] and `SqliteLedger` (feature `sqlite`), answer to one conformance suite.
//!
//! What every implementation promises:
//! 1. a statement is atomic; outside a transaction it commits by itself;
//! 2. a transaction sees its own writes and what others have committed (read committed, statement by statement);
//! 3. a written or locked row stays locked for others until the transaction ends; who wants it waits;
//! 4. who would wait for ever is told so ([`LedgerError::Deadlock`] or [`LedgerError::Busy`]) and is rolled back;
//! 5. `begin` inside a transaction joins it; only the outermost `commit` commits; `rollback` at any depth undoes all of
//!    it, after which statements commit by themselves and the outer `commit` answers `false`. That is what the reported
//!    system does, and a trap of its own (see `assign::network::cleanup`);
//! 6. uniqueness holds at each statement, references hold at each commit.

mod error;
mod filter;
mod memory;
mod record;
mod row;
mod spec;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod table;
mod tables;
mod text;
mod typed;
mod value;

pub use error::LedgerError;
pub use filter::{Filter, by, within};
pub use memory::MemoryLedger;
pub use record::Record;
pub(crate) use record::records;
pub use row::Row;
pub use spec::Spec;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;
pub use table::Table;
pub use tables::{Change, Tables};
pub use text::Text;
pub use typed::Db;
pub(crate) use value::words;
pub use value::{Field, Value};

/// New values for some columns.
pub type Assignment<'a> = &'a [(&'static str, Value)];

/// Where the records are kept.
pub trait Ledger: Send + Sync {
    /// A connection of its own: what one begins, another does not see before it is committed.
    fn connect(&self) -> Result<Box<dyn Connection + '_>, LedgerError>;

    /// Everything that is committed, read in one step.
    fn snapshot(&self) -> Result<Tables, LedgerError>;
}

/// Statements, in or outside a transaction. Dropping it rolls back what is open.
pub trait Connection {
    /// Begins a transaction, or joins the open one.
    fn begin(&mut self) -> Result<(), LedgerError>;
    /// Ends what the last `begin` began; `false` if the transaction had already been rolled back by an inner one.
    fn commit(&mut self) -> Result<bool, LedgerError>;
    /// Undoes the whole transaction, however deep.
    fn rollback(&mut self);
    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool;

    /// Rows that pass, by id.
    fn select(&mut self, table: Table, filter: &Filter) -> Result<Vec<(i64, Row)>, LedgerError>;
    /// The same, locked until the transaction ends.
    fn lock(&mut self, table: Table, filter: &Filter) -> Result<Vec<(i64, Row)>, LedgerError>;
    /// Adds a row and answers its id.
    fn insert(&mut self, table: Table, row: Row) -> Result<i64, LedgerError>;
    /// Sets columns of the rows that pass, and answers how many.
    fn update(&mut self, table: Table, filter: &Filter, set: Assignment<'_>) -> Result<usize, LedgerError>;
    /// Adds `delta` to a number in the rows that pass, and answers how many.
    fn add(&mut self, table: Table, filter: &Filter, column: &'static str, delta: i64) -> Result<usize, LedgerError>;
    /// Removes the rows that pass, and answers how many.
    fn delete(&mut self, table: Table, filter: &Filter) -> Result<usize, LedgerError>;

    /// Adds one to a number in a row *as a second connection sees it*, and answers the new number; nothing if that
    /// connection does not see the row, because it is not committed.
    fn draw(&mut self, table: Table, id: i64, column: &'static str) -> Result<Option<i64>, LedgerError>;

    /// Takes a lock that is not bound to a row or a transaction, and waits for it.
    fn lock_name(&mut self, name: &str) -> Result<(), LedgerError>;
    /// Gives it back.
    fn unlock_name(&mut self, name: &str);
}
