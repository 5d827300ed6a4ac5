//! The schema, version by version. A version that has been released is never edited: a change is a new file.

use rusqlite::{Connection, TransactionBehavior};

use super::{LedgerError, translate};

/// Written into the file's header, so that another program's database is not taken for a ledger.
const APPLICATION: i64 = 0x0B0B_0A55;

/// The statements that lead from one version to the next.
const VERSIONS: &[&str] =
    &[include_str!("../../../migrations/001-tables.sql"), include_str!("../../../migrations/002-strict.sql")];

/// Makes the schema in an empty file.
pub(super) fn create(raw: &mut Connection) -> Result<(), LedgerError> {
    raw.pragma_update(None, "journal_mode", "wal").map_err(translate)?;
    raw.pragma_update(None, "application_id", APPLICATION).map_err(translate)?;
    upgrade(raw, 0)
}

/// Checks that the file is a ledger, and brings it up to date.
pub(super) fn open(raw: &mut Connection) -> Result<(), LedgerError> {
    if pragma(raw, "application_id")? != APPLICATION {
        return Err(LedgerError::NotALedger("the file is a database of another program".into()));
    }
    let found = pragma(raw, "user_version")?;
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    match usize::try_from(found) {
        Ok(version) if version < VERSIONS.len() => upgrade(raw, version),
        Ok(version) if version == VERSIONS.len() => may_write(raw),
        _ => Err(LedgerError::NewerSchema { found, known }),
    }
}

/// All missing versions in one transaction: an interrupted upgrade leaves the old schema.
fn upgrade(raw: &mut Connection, from: usize) -> Result<(), LedgerError> {
    let transaction = raw.transaction_with_behavior(TransactionBehavior::Immediate).map_err(translate)?;
    for statements in &VERSIONS[from..] {
        transaction.execute_batch(statements).map_err(translate)?;
    }
    transaction.pragma_update(None, "user_version", VERSIONS.len()).map_err(translate)?;
    transaction.commit().map_err(translate)
}

/// Finds out at once whether the file can be written, not in the middle of an operation.
fn may_write(raw: &mut Connection) -> Result<(), LedgerError> {
    let transaction = raw.transaction_with_behavior(TransactionBehavior::Immediate).map_err(translate)?;
    transaction.rollback().map_err(translate)
}

fn pragma(raw: &Connection, name: &str) -> Result<i64, LedgerError> {
    raw.pragma_query_value(None, name, |row| row.get(0)).map_err(translate)
}

/// Opens a file at an older version, for the tests of the upgrade.
#[cfg(test)]
pub(super) fn create_old(raw: &mut Connection, version: usize) -> Result<(), LedgerError> {
    raw.pragma_update(None, "application_id", APPLICATION).map_err(translate)?;
    for statements in &VERSIONS[..version] {
        raw.execute_batch(statements).map_err(translate)?;
    }
    raw.pragma_update(None, "user_version", version).map_err(translate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Table;

    #[test]
    fn the_schema_has_the_columns_that_the_records_declare() {
        let mut raw = Connection::open_in_memory().unwrap();
        upgrade(&mut raw, 0).unwrap();
        for table in Table::ALL {
            let mut found = raw.prepare(&format!("pragma table_info({table})")).unwrap();
            let mut columns: Vec<String> = found.query_map([], |row| row.get(1)).unwrap().map(Result::unwrap).collect();
            columns.sort();
            let mut declared: Vec<&str> = ["id"].iter().chain(table.spec().columns).copied().collect();
            declared.sort_unstable();
            assert_eq!(columns, declared, "{table}");
        }
    }

    #[test]
    fn the_schema_declares_every_reference_and_every_uniqueness_of_the_records() {
        let mut raw = Connection::open_in_memory().unwrap();
        upgrade(&mut raw, 0).unwrap();
        for table in Table::ALL {
            let count = |what: &str, only: &str| -> usize {
                let query = format!("select count(*) from pragma_{what}('{table}') {only}");
                raw.query_row(&query, [], |row| row.get::<_, i64>(0)).unwrap() as usize
            };
            assert_eq!(count("foreign_key_list", ""), table.spec().references.len(), "references of {table}");
            assert_eq!(count("index_list", "where \"unique\" = 1"), table.spec().unique.len(), "keys of {table}");
        }
    }

    #[test]
    fn a_ledger_of_the_first_version_is_brought_up_to_date() {
        let mut raw = Connection::open_in_memory().unwrap();
        create_old(&mut raw, 1).unwrap();
        raw.execute("insert into domain (name, path) values ('ROOT', 'ROOT')", []).unwrap();
        open(&mut raw).unwrap();
        assert_eq!(pragma(&raw, "user_version").unwrap(), 2);
        let kept: i64 = raw.query_row("select count(*) from domain", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 1);
    }
}
