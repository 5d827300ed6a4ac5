//! Rows as structs: one declaration gives the struct, the columns and the conversions.

use std::borrow::Borrow;

use super::{LedgerError, Row, Table};

/// A struct that is one row of one table.
pub trait Record: Sized {
    /// The table.
    const TABLE: Table;
    /// Its row id.
    fn id(&self) -> i64;
    /// The row as a struct, or nothing if a cell does not fit.
    fn from_row(id: i64, row: &Row) -> Option<Self>;
    /// The struct as a row.
    fn to_row(&self) -> Row;
}

/// Rows as records; in memory of the right size, since what may fail does not say how much it will be.
pub(super) fn read_all<R: Record>(
    rows: impl ExactSizeIterator<Item = (i64, impl Borrow<Row>)>,
) -> Result<Vec<R>, LedgerError> {
    let table = R::TABLE.spec().name;
    let mut records = Vec::with_capacity(rows.len());
    for (id, row) in rows {
        records.push(R::from_row(id, row.borrow()).ok_or(LedgerError::Malformed { table, id })?);
    }
    Ok(records)
}

/// Declares record structs.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { pub id: i64, $(pub $field: $kind),* }

        impl $name {
            /// The columns after `id`.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl $crate::ledger::Record for $name {
            const TABLE: $crate::ledger::Table = $crate::ledger::Table::$name;
            fn id(&self) -> i64 {
                self.id
            }
            fn from_row(id: i64, row: &$crate::ledger::Row) -> Option<Self> {
                let mut cells = row.iter();
                Some(Self { id, $($field: $crate::ledger::Field::from_value(cells.next()?)?),* })
            }
            fn to_row(&self) -> $crate::ledger::Row {
                [$($crate::ledger::Field::to_value(&self.$field)),*].into()
            }
        }
    )*};
}
pub(crate) use records;
