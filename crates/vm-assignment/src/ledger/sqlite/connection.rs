//! One connection to a ledger file, and the SQL of its statements.

use bohrbug_sync::PoisonError;
use rusqlite::{ToSql, params_from_iter};

use super::{SqliteLedger, row_of, translate};
use crate::ledger::{Assignment, Connection, Filter, LedgerError, Row, Table, Value};

type Rows = Vec<(i64, Row)>;

pub(super) struct SqliteConnection<'l> {
    ledger: &'l SqliteLedger,
    raw: rusqlite::Connection,
    /// Opened when a sequence is first drawn.
    second: Option<rusqlite::Connection>,
    depth: usize,
    names: Vec<String>,
}

impl<'l> SqliteConnection<'l> {
    pub(super) fn new(ledger: &'l SqliteLedger, raw: rusqlite::Connection) -> Self {
        Self { ledger, raw, second: None, depth: 0, names: Vec::new() }
    }

    /// Whether a connection of its own sees the row, that is, whether it is committed.
    fn seen_by_second(&mut self, table: Table, id: i64) -> Result<bool, LedgerError> {
        if self.second.is_none() {
            self.second = Some(self.ledger.raw()?);
        }
        let Some(second) = &self.second else { return Ok(false) };
        Ok(!select(second, table, &crate::ledger::by("id", id))?.is_empty())
    }
}

impl Connection for SqliteConnection<'_> {
    fn begin(&mut self) -> Result<(), LedgerError> {
        if self.depth == 0 {
            self.raw.execute_batch("begin immediate").map_err(translate)?;
        }
        self.depth += 1;
        Ok(())
    }

    fn commit(&mut self) -> Result<bool, LedgerError> {
        match self.depth {
            0 => return Ok(false),
            1 => {
                if let Err(error) = self.raw.execute_batch("commit") {
                    self.rollback();
                    return Err(translate(error));
                }
                self.depth = 0;
            }
            _ => self.depth -= 1,
        }
        Ok(true)
    }

    fn rollback(&mut self) {
        if self.depth > 0 && !self.raw.is_autocommit() {
            // A rollback that fails leaves the transaction to the close of the connection, which undoes it too.
            let _ = self.raw.execute_batch("rollback");
        }
        self.depth = 0;
    }

    fn in_transaction(&self) -> bool {
        self.depth > 0
    }

    fn select(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        select(&self.raw, table, filter)
    }

    fn lock(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        // The transaction has had the right to write since it began, and nobody else has.
        select(&self.raw, table, filter)
    }

    fn insert(&mut self, table: Table, row: Row) -> Result<i64, LedgerError> {
        refuse_catalogue(table)?;
        insert(&self.raw, table, None, &row)
    }

    fn update(&mut self, table: Table, filter: &Filter, set: Assignment<'_>) -> Result<usize, LedgerError> {
        let columns = set.iter().map(|(column, _)| format!("{column} = ?")).collect::<Vec<_>>().join(", ");
        let values = set.iter().map(|(_, value)| value).collect();
        self.change(table, &format!("update {table} set {columns}"), values, filter)
    }

    fn add(&mut self, table: Table, filter: &Filter, column: &'static str, delta: i64) -> Result<usize, LedgerError> {
        // A sum out of range becomes a real number, which the declared type of the column refuses.
        let delta = Value::Int(delta);
        self.change(table, &format!("update {table} set {column} = {column} + ?"), vec![&delta], filter)
    }

    fn delete(&mut self, table: Table, filter: &Filter) -> Result<usize, LedgerError> {
        self.change(table, &format!("delete from {table}"), Vec::new(), filter)
    }

    fn draw(&mut self, table: Table, id: i64, column: &'static str) -> Result<Option<i64>, LedgerError> {
        if !self.seen_by_second(table, id)? {
            return Ok(None);
        }
        let sql = format!("update {table} set {column} = {column} + 1 where id = ? returning {column}");
        self.raw.query_row(&sql, [id], |row| row.get(0)).map(Some).map_err(translate)
    }

    fn lock_name(&mut self, name: &str) -> Result<(), LedgerError> {
        let mut names = self.ledger.names();
        while names.contains_key(name) {
            names = self.ledger.released.wait(names).unwrap_or_else(PoisonError::into_inner);
        }
        names.insert(name.to_owned(), 1);
        self.names.push(name.to_owned());
        Ok(())
    }

    fn unlock_name(&mut self, name: &str) {
        self.names.retain(|held| held != name);
        self.ledger.names().remove(name);
        self.ledger.released.notify_all();
    }
}

impl SqliteConnection<'_> {
    fn change<'v>(
        &mut self,
        table: Table,
        what: &str,
        mut values: Vec<&'v Value>,
        filter: &'v Filter,
    ) -> Result<usize, LedgerError> {
        refuse_catalogue(table)?;
        let (condition, cells) = condition(filter);
        values.extend(cells);
        let mut statement = self.raw.prepare_cached(&format!("{what}{condition}")).map_err(translate)?;
        statement.execute(params_from_iter(values)).map_err(translate)
    }
}

impl Drop for SqliteConnection<'_> {
    fn drop(&mut self) {
        self.rollback();
        for name in std::mem::take(&mut self.names) {
            self.unlock_name(&name);
        }
    }
}

pub(super) fn select(raw: &rusqlite::Connection, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
    let columns = table.spec().columns;
    let (condition, cells) = condition(filter);
    let sql = format!("select id, {} from {table}{condition} order by id", columns.join(", "));
    let mut statement = raw.prepare_cached(&sql).map_err(translate)?;
    let rows = statement.query_map(params_from_iter(cells), |row| row_of(row, columns.len())).map_err(translate)?;
    rows.collect::<rusqlite::Result<Rows>>().map_err(translate)
}

pub(super) fn insert(raw: &rusqlite::Connection, table: Table, id: Option<i64>, row: &Row) -> Result<i64, LedgerError> {
    let columns = table.spec().columns;
    let marks = vec!["?"; columns.len() + 1].join(", ");
    let sql = format!("insert into {table} (id, {}) values ({marks})", columns.join(", "));
    let mut statement = raw.prepare_cached(&sql).map_err(translate)?;
    let cells = std::iter::once(&id as &dyn ToSql).chain(row.iter().map(|cell| cell as &dyn ToSql));
    statement.insert(params_from_iter(cells)).map_err(translate)
}

/// The `where` of a filter, and what its question marks stand for.
fn condition(filter: &Filter) -> (String, Vec<&Value>) {
    let mut cells = Vec::new();
    let mut parts = Vec::new();
    for (column, values) in &filter.0 {
        let present = values.iter().filter(|value| **value != Value::Null);
        cells.extend(present.clone());
        let listed = format!("{column} in ({})", vec!["?"; present.count()].join(", "));
        let null = if values.contains(&Value::Null) { format!(" or {column} is null") } else { String::new() };
        parts.push(format!("({listed}{null})"));
    }
    let text = if parts.is_empty() { String::new() } else { format!(" where {}", parts.join(" and ")) };
    (text, cells)
}

fn refuse_catalogue(table: Table) -> Result<(), LedgerError> {
    let spec = table.spec();
    if spec.catalogue { Err(LedgerError::ReadOnlyTable { table: spec.name }) } else { Ok(()) }
}
