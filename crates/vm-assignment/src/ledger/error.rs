//! What a ledger answers when it cannot do what it is asked.

/// Why a statement failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Two transactions wait for each other; this one was chosen to be rolled back.
    #[error("deadlock: {wanted} is held by a transaction that waits for this one; rolled back")]
    Deadlock {
        /// The lock that closed the cycle.
        wanted: String,
    },
    /// A declared rule (uniqueness, reference, range) would be broken.
    #[error("{table}: {rule}")]
    Constraint {
        /// The table whose rule it is.
        table: &'static str,
        /// The rule, in words.
        rule: String,
    },
    /// A cell holds what its column cannot hold, or a column is missing.
    #[error("{table} {id}: the row cannot be read; the ledger was written by something else")]
    Malformed {
        /// The table.
        table: &'static str,
        /// The row.
        id: i64,
    },
    /// A table of the catalogue was to be written by an operation.
    #[error("{table} belongs to the catalogue, which operations only read")]
    ReadOnlyTable {
        /// The table.
        table: &'static str,
    },
    /// Another process or thread held the ledger for too long.
    #[error("the ledger is locked by another process; try again when that has finished")]
    Busy,
    /// The file exists and is something else.
    #[error("not a ledger: {0}")]
    NotALedger(String),
    /// The file may be read but not written.
    #[error("the ledger may not be written: {0}")]
    ReadOnly(String),
    /// The file was written by a newer version.
    #[error("the ledger has schema version {found}, this program knows up to {known}; use a newer program")]
    NewerSchema {
        /// The version in the file.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Anything else that the storage answered.
    #[error("storage: {0}")]
    Storage(String),
}
