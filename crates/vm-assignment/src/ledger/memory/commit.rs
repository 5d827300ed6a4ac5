//! The end of a transaction of the ledger in memory: its rows become everybody's, or nobody's.

use std::collections::BTreeMap;

use super::connection::MemoryConnection;
use super::{Guard, Place};
use crate::ledger::{Filter, LedgerError, Row, Spec, Table, Tables};

/// Tables whose mutexes are held.
pub(super) type Entered<'l> = BTreeMap<Table, Guard<'l>>;

impl<'l> MemoryConnection<'l> {
    /// Holds every table that the transaction has touched; always in the order of the tables.
    pub(super) fn enter_touched(&self) -> Entered<'l> {
        self.touched.iter().map(|table| (*table, self.ledger.enter(Place::Rows(*table)))).collect()
    }

    /// Commits; `entered` are the tables that the transaction has touched.
    pub(super) fn publish(&mut self, mut entered: Entered<'l>) -> Result<(), LedgerError> {
        let outcome = if self.written.is_empty() { Ok(()) } else { self.make_visible(&mut entered) };
        self.end(entered);
        outcome
    }

    fn make_visible(&mut self, entered: &mut Entered<'l>) -> Result<(), LedgerError> {
        let mut committed = self.ledger.committed_mut();
        self.check_references(&committed)?;
        for (table, ids) in std::mem::take(&mut self.written) {
            for id in ids {
                let row = self.held.get(&(table, id)).cloned().flatten();
                if let Some(latest) = entered.get_mut(&table) {
                    put(&mut latest.rows, id, row.clone());
                }
                put(committed.rows_mut(table), id, row);
            }
        }
        Ok(())
    }

    /// Undoes the transaction.
    pub(super) fn discard(&mut self) {
        let entered = self.enter_touched();
        self.end(entered);
    }

    /// Gives back every row, and forgets what is not committed.
    fn end(&mut self, entered: Entered<'l>) {
        self.held.clear();
        self.written.clear();
        self.touched.clear();
        self.depth = 0;
        let Some(me) = self.session else { return };
        let mut somebody_waits = false;
        for mut latest in entered.into_values() {
            somebody_waits |= latest.locks.release_all(me);
        }
        if somebody_waits {
            self.ledger.wake(me);
        }
    }

    fn check_references(&self, committed: &Tables) -> Result<(), LedgerError> {
        for (table, id) in self.written.iter().flat_map(|(table, ids)| ids.iter().map(move |id| (*table, *id))) {
            match self.held.get(&(table, id)).and_then(Option::as_ref) {
                Some(row) => self.check_parents(committed, table.spec(), row)?,
                None => self.check_children(committed, table, id)?,
            }
        }
        Ok(())
    }

    fn check_parents(&self, committed: &Tables, spec: &Spec, row: &Row) -> Result<(), LedgerError> {
        let exists = |table: Table, id: i64| match self.held.get(&(table, id)) {
            Some(mine) => mine.is_some(),
            None if table.spec().catalogue => self.ledger.catalogue.row(table, id).is_some(),
            None => committed.row(table, id).is_some(),
        };
        match spec.parents(row).find(|(table, id)| !exists(*table, *id)) {
            None => Ok(()),
            Some((table, id)) => {
                let rule = format!("refers to {table}[{id}], which does not exist");
                Err(LedgerError::Constraint { table: spec.name, rule })
            }
        }
    }

    fn check_children(&self, committed: &Tables, parent: Table, id: i64) -> Result<(), LedgerError> {
        for child in Table::ALL.iter().copied().filter(|table| !table.spec().catalogue) {
            let spec = child.spec();
            for (column, _) in spec.references.iter().filter(|(_, table)| *table == parent) {
                let filter = Filter::everything().and(column, id);
                if let Some((row, _)) = self.visible(committed.table(child), child, &filter).first() {
                    let rule = format!("{child}[{row}] still refers to row {id}");
                    return Err(LedgerError::Constraint { table: parent.spec().name, rule });
                }
            }
        }
        Ok(())
    }
}

fn put(rows: &mut BTreeMap<i64, Row>, id: i64, row: Option<Row>) {
    match row {
        Some(row) => drop(rows.insert(id, row)),
        None => drop(rows.remove(&id)),
    }
}
