//! The ledger in a database file: SQLite, write-ahead logged.
//!
//! Departures from a server's database: 1. there is one writer at a time: a transaction takes the right to write when it
//! begins, so that a row lock is the lock of the file, and no two transactions can deadlock (who waits too long is told
//! [`LedgerError::Busy`]); 2. for that reason the second connection that draws a sequence only *looks* (it decides
//! whether the row can be seen), and the number is written by the transaction itself; 3. named locks are known within
//! one process; what they guard is in addition one transaction, so that two processes are safe too; 4. a commit survives
//! the death of the process, but a power cut may take the last commits with it (never a part of one).

mod connection;
mod migrate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bohrbug_sync::time::Duration;
use bohrbug_sync::{Condvar, Mutex, MutexGuard, PoisonError};
use rusqlite::OpenFlags;

use super::{Connection, Ledger, LedgerError, Row, Table, Tables, Value};
use connection::SqliteConnection;

/// How long a statement waits for another process before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A ledger in a file.
#[derive(Debug)]
pub struct SqliteLedger {
    path: PathBuf,
    patience: Duration,
    names: Mutex<BTreeMap<String, u64>>,
    released: Condvar,
    /// Reads snapshots. While it is open, the last operation to close its connection does not have to fold the log into
    /// the file.
    reader: Mutex<rusqlite::Connection>,
}

impl SqliteLedger {
    /// Opens an existing ledger, and brings its schema up to date.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::open_patiently(path, PATIENCE)
    }

    /// The same, with another patience for locks that others hold.
    pub fn open_patiently(path: impl AsRef<Path>, patience: Duration) -> Result<Self, LedgerError> {
        let path = path.as_ref();
        if path.is_dir() {
            let folder = format!("{} is a folder; name the ledger's file in it", path.display());
            return Err(LedgerError::NotALedger(folder));
        }
        if !path.is_file() {
            return Err(LedgerError::NotALedger(format!("there is no file {}", path.display())));
        }
        let mut raw = open_raw(path, patience)?;
        migrate::open(&mut raw)?;
        Ok(Self::at(path, patience, raw))
    }

    /// Makes a new ledger with these contents; refuses a file that exists.
    pub fn create(path: impl AsRef<Path>, contents: &Tables) -> Result<Self, LedgerError> {
        let path = path.as_ref();
        std::fs::File::create_new(path)
            .map_err(|error| LedgerError::Storage(format!("cannot create {}: {error}", path.display())))?;
        let mut raw = open_raw(path, PATIENCE)?;
        migrate::create(&mut raw)?;
        import(&mut raw, contents)?;
        Ok(Self::at(path, PATIENCE, raw))
    }

    fn at(path: &Path, patience: Duration, reader: rusqlite::Connection) -> Self {
        let (names, reader) = (Mutex::new(BTreeMap::new()), Mutex::new(reader));
        Self { path: path.to_owned(), patience, names, released: Condvar::new(), reader }
    }

    fn raw(&self) -> Result<rusqlite::Connection, LedgerError> {
        open_raw(&self.path, self.patience)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for SqliteLedger {
    fn connect(&self) -> Result<Box<dyn Connection + '_>, LedgerError> {
        Ok(Box::new(SqliteConnection::new(self, self.raw()?)))
    }

    fn snapshot(&self) -> Result<Tables, LedgerError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = reader.transaction().map_err(translate)?;
        let mut tables = Tables::new();
        for table in Table::ALL {
            let everything = connection::select(&transaction, *table, &super::Filter::everything())?;
            tables.rows_mut(*table).extend(everything);
        }
        Ok(tables)
    }
}

fn open_raw(path: &Path, patience: Duration) -> Result<rusqlite::Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let raw = rusqlite::Connection::open_with_flags(path, flags).map_err(translate)?;
    raw.busy_timeout(patience).map_err(translate)?;
    raw.set_prepared_statement_cache_capacity(256);
    raw.execute_batch("pragma foreign_keys = on; pragma synchronous = normal;").map_err(translate)?;
    Ok(raw)
}

fn import(raw: &mut rusqlite::Connection, contents: &Tables) -> Result<(), LedgerError> {
    let transaction = raw.transaction().map_err(translate)?;
    for table in Table::ALL {
        for (id, row) in contents.rows(*table) {
            connection::insert(&transaction, *table, Some(id), row)?;
        }
    }
    transaction.commit().map_err(translate)
}

/// SQLite's answer in the words of a ledger.
fn translate(error: rusqlite::Error) -> LedgerError {
    use rusqlite::ErrorCode as Code;
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => LedgerError::Busy,
        Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen) => LedgerError::ReadOnly(text),
        Some(Code::NotADatabase | Code::DatabaseCorrupt) => LedgerError::NotALedger(text),
        Some(Code::ConstraintViolation | Code::TypeMismatch | Code::TooBig) => {
            LedgerError::Constraint { table: "ledger", rule: text }
        }
        _ => LedgerError::Storage(text),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn row_of(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<(i64, Row)> {
    use rusqlite::types::Value as Cell;
    let cell = |at| {
        Ok(match row.get::<_, Cell>(at)? {
            Cell::Null => Value::Null,
            Cell::Integer(number) => Value::Int(number),
            Cell::Real(number) => Value::from(number.to_string()),
            Cell::Text(text) => Value::Text(text.into()),
            Cell::Blob(bytes) => Value::from(format!("{} bytes", bytes.len())),
        })
    };
    Ok((row.get(0)?, (1..=columns).map(cell).collect::<rusqlite::Result<Row>>()?))
}
