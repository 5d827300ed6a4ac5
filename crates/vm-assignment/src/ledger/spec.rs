//! What is declared about a table: columns, references, uniqueness.

use super::{Row, Table, Value};

/// The declaration of one table.
#[derive(Debug)]
pub struct Spec {
    /// The name in SQL and in findings.
    pub name: &'static str,
    /// The columns after `id`.
    pub columns: &'static [&'static str],
    /// Columns that refer to rows of another table.
    pub references: &'static [(&'static str, Table)],
    /// Sets of columns of which no two rows may agree; rows with a null among them are exempt.
    pub unique: &'static [&'static [&'static str]],
    /// Whether operations only read it. Such a table cannot take part in a race, so that the memory ledger reads it
    /// without a scheduling point.
    pub catalogue: bool,
}

impl Spec {
    /// Where a column stands in a row.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| *name == column)
    }

    /// The cells of one uniqueness rule, unless one of them is null.
    pub(crate) fn key(&self, columns: &[&str], row: &Row) -> Option<Vec<Value>> {
        let cells = columns.iter().map(|column| row.get(self.position(column)?));
        cells.map(|cell| cell.filter(|value| **value != Value::Null).cloned()).collect()
    }

    /// The rows of other tables that this row needs.
    pub(crate) fn parents<'r>(&self, row: &'r Row) -> impl Iterator<Item = (Table, i64)> + use<'r, '_> {
        self.references.iter().filter_map(|(column, parent)| match row.get(self.position(column)?) {
            Some(Value::Int(id)) => Some((*parent, *id)),
            _ => None,
        })
    }
}
