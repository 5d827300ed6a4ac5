//! The contents of a ledger as plain data: what a world is built in, a snapshot holds, an audit reads.

use std::collections::BTreeMap;

use super::record::read_all;
use super::{LedgerError, Record, Row, Table, Value};

/// Rows by table and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables(BTreeMap<Table, BTreeMap<i64, Row>>);

/// One difference between two contents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The table.
    pub table: Table,
    /// The row.
    pub id: i64,
    /// The column, or nothing if the whole row came or went.
    pub column: Option<&'static str>,
    /// What was there.
    pub before: String,
    /// What is there.
    pub after: String,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = self.column.map(|name| format!(".{name}")).unwrap_or_default();
        write!(f, "{}[{}]{column}: {} -> {}", self.table, self.id, self.before, self.after)
    }
}

impl Tables {
    /// Nothing at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record under the next free id of its table, and answers that id.
    pub fn add<R: Record>(&mut self, record: &R) -> i64 {
        let rows = self.rows_mut(R::TABLE);
        let id = rows.last_key_value().map_or(1, |(last, _)| last + 1);
        rows.insert(id, record.to_row());
        id
    }

    /// Replaces a record.
    pub fn put<R: Record>(&mut self, record: &R) {
        self.rows_mut(R::TABLE).insert(record.id(), record.to_row());
    }

    /// One record.
    pub fn get<R: Record>(&self, id: i64) -> Option<R> {
        self.row(R::TABLE, id).and_then(|row| R::from_row(id, row))
    }

    /// Every record of a table, by id.
    pub fn all<R: Record>(&self) -> Vec<R> {
        let rows = self.table(R::TABLE);
        let mut records = Vec::with_capacity(rows.len());
        records.extend(rows.iter().filter_map(|(id, row)| R::from_row(*id, row)));
        records
    }

    /// The record whose `name` is this.
    pub fn named<R: Record>(&self, name: &str) -> Option<R> {
        let at = R::TABLE.spec().position("name")?;
        let rows = self.0.get(&R::TABLE)?;
        let (id, row) = rows.iter().find(|(_, row)| row[at] == Value::from(name))?;
        R::from_row(*id, row)
    }

    /// Whether every row can be read as its table declares.
    pub fn readable<R: Record>(&self) -> Result<Vec<R>, LedgerError> {
        read_all(self.table(R::TABLE).iter().map(|(id, row)| (*id, row)))
    }

    /// Takes a record out.
    pub fn remove<R: Record>(&mut self, id: i64) {
        self.rows_mut(R::TABLE).remove(&id);
    }

    /// Where these contents and later ones differ, by table, row and column.
    pub fn diff(&self, after: &Tables) -> Vec<Change> {
        Table::ALL.iter().flat_map(|table| diff_table(*table, self.rows(*table), after.rows(*table))).collect()
    }

    pub(crate) fn row(&self, table: Table, id: i64) -> Option<&Row> {
        self.0.get(&table)?.get(&id)
    }

    pub(crate) fn rows(&self, table: Table) -> impl Iterator<Item = (i64, &Row)> + Clone {
        self.0.get(&table).into_iter().flatten().map(|(id, row)| (*id, row))
    }

    pub(crate) fn table(&self, table: Table) -> &BTreeMap<i64, Row> {
        static EMPTY: BTreeMap<i64, Row> = BTreeMap::new();
        self.0.get(&table).unwrap_or(&EMPTY)
    }

    pub(crate) fn rows_mut(&mut self, table: Table) -> &mut BTreeMap<i64, Row> {
        self.0.entry(table).or_default()
    }

    pub(crate) fn last_id(&self, table: Table) -> i64 {
        self.0.get(&table).and_then(|rows| rows.last_key_value()).map_or(0, |(id, _)| *id)
    }

    /// Splits into the catalogue and the rest.
    pub(crate) fn split(self) -> (Tables, Tables) {
        let (catalogue, rest) = self.0.into_iter().partition(|(table, _)| table.spec().catalogue);
        (Tables(catalogue), Tables(rest))
    }

    pub(crate) fn join(&self, other: &Tables) -> Tables {
        let mut all = self.0.clone();
        all.extend(other.0.clone());
        Tables(all)
    }
}

fn diff_table<'r>(
    table: Table,
    before: impl Iterator<Item = (i64, &'r Row)>,
    after: impl Iterator<Item = (i64, &'r Row)>,
) -> Vec<Change> {
    let before: BTreeMap<i64, &Row> = before.collect();
    let after: BTreeMap<i64, &Row> = after.collect();
    let ids: std::collections::BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    ids.into_iter().flat_map(|id| diff_row(table, id, before.get(&id).copied(), after.get(&id).copied())).collect()
}

fn diff_row(table: Table, id: i64, before: Option<&Row>, after: Option<&Row>) -> Vec<Change> {
    let whole = |row: &Row| row.iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
    match (before, after) {
        (Some(old), Some(new)) => {
            let cells = table.spec().columns.iter().zip(old.iter().zip(new));
            cells
                .filter(|(_, (was, is))| was != is)
                .map(|(column, (was, is))| Change {
                    table,
                    id,
                    column: Some(column),
                    before: was.to_string(),
                    after: is.to_string(),
                })
                .collect()
        }
        (Some(old), None) => vec![Change { table, id, column: None, before: whole(old), after: "gone".into() }],
        (None, Some(new)) => vec![Change { table, id, column: None, before: "none".into(), after: whole(new) }],
        (None, None) => Vec::new(),
    }
}
