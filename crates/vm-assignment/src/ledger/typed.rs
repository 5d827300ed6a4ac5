//! Statements in terms of records, over any connection; and a journal of how to undo them.
//!
//! The journal is what the report asks for as a *checkpoint*: from [`Db::checkpoint`] on, each write leaves behind the
//! statement that takes it back. It restores what this connection wrote, whatever others have done since: that is the
//! weakness of compensation, and scenarios show it.
//!
//! Each statement is noted, so that a trace says what was done where the ledger's own locks say only that something was.

use bohrbug_sync::note;

use super::record::read_all;
use super::statement::Statement;
use super::{Assignment, Connection, Filter, LedgerError, Record, Row, Table, Value, by};

/// A connection that speaks in records.
pub struct Db<'l> {
    connection: Box<dyn Connection + 'l>,
    journal: Option<Vec<Undo>>,
}

enum Undo {
    Delete { table: Table, id: i64 },
    Restore { table: Table, id: i64, columns: Vec<(&'static str, Value)> },
    Add { table: Table, filter: Filter, column: &'static str, delta: i64 },
    Insert { table: Table, row: Row },
}

impl<'l> Db<'l> {
    /// Wraps a connection.
    pub fn new(connection: Box<dyn Connection + 'l>) -> Self {
        Self { connection, journal: None }
    }

    /// Rows that pass.
    #[track_caller]
    pub fn find<R: Record>(&mut self, filter: &Filter) -> Result<Vec<R>, LedgerError> {
        // The catalogue never changes, so reading it explains nothing.
        if !R::TABLE.spec().catalogue {
            note(Statement::Read(R::TABLE, filter));
        }
        read_all(self.connection.select(R::TABLE, filter)?.into_iter())
    }

    /// The first row that passes.
    #[track_caller]
    pub fn first<R: Record>(&mut self, filter: &Filter) -> Result<Option<R>, LedgerError> {
        Ok(self.find(filter)?.into_iter().next())
    }

    /// One row.
    #[track_caller]
    pub fn get<R: Record>(&mut self, id: i64) -> Result<Option<R>, LedgerError> {
        self.first(&by("id", id))
    }

    /// Rows that pass, locked until the transaction ends.
    #[track_caller]
    pub fn lock<R: Record>(&mut self, filter: &Filter) -> Result<Vec<R>, LedgerError> {
        note(Statement::Lock(R::TABLE, filter));
        read_all(self.connection.lock(R::TABLE, filter)?.into_iter())
    }

    /// Adds a row; the id in the record is ignored, the new one is the answer.
    #[track_caller]
    pub fn insert<R: Record>(&mut self, record: &R) -> Result<i64, LedgerError> {
        let row = record.to_row();
        note(Statement::Insert(R::TABLE, &row));
        let id = self.connection.insert(R::TABLE, row)?;
        self.remember(|| Undo::Delete { table: R::TABLE, id });
        Ok(id)
    }

    /// Sets columns of the rows that pass, and answers how many.
    #[track_caller]
    pub fn set<R: Record>(&mut self, filter: &Filter, set: Assignment<'_>) -> Result<usize, LedgerError> {
        note(Statement::Update(R::TABLE, filter, set));
        if self.journal.is_some() {
            for (id, row) in self.connection.select(R::TABLE, filter)? {
                let columns = former_values(R::TABLE, &row, set);
                self.remember(|| Undo::Restore { table: R::TABLE, id, columns });
            }
        }
        self.connection.update(R::TABLE, filter, set)
    }

    /// Adds to a number in the rows that pass, and answers how many.
    #[track_caller]
    pub fn add<R: Record>(&mut self, filter: &Filter, column: &'static str, delta: i64) -> Result<usize, LedgerError> {
        note(Statement::Add(R::TABLE, filter, column, delta));
        let changed = self.connection.add(R::TABLE, filter, column, delta)?;
        let back = delta.saturating_neg();
        self.remember(|| Undo::Add { table: R::TABLE, filter: filter.clone(), column, delta: back });
        Ok(changed)
    }

    /// Removes the rows that pass, and answers how many.
    #[track_caller]
    pub fn delete<R: Record>(&mut self, filter: &Filter) -> Result<usize, LedgerError> {
        note(Statement::Delete(R::TABLE, filter));
        if self.journal.is_some() {
            for (_, row) in self.connection.select(R::TABLE, filter)? {
                self.remember(|| Undo::Insert { table: R::TABLE, row });
            }
        }
        self.connection.delete(R::TABLE, filter)
    }

    /// Adds one to a number as a second connection sees it.
    #[track_caller]
    pub fn draw<R: Record>(&mut self, id: i64, column: &'static str) -> Result<Option<i64>, LedgerError> {
        note(Statement::Draw(R::TABLE, id, column));
        self.connection.draw(R::TABLE, id, column)
    }

    /// The connection itself.
    pub fn connection(&mut self) -> &mut (dyn Connection + 'l) {
        &mut *self.connection
    }

    /// From here on, remember how to undo each write.
    pub fn checkpoint(&mut self) {
        self.journal = Some(Vec::new());
    }

    /// Takes back, latest first, what was written since the checkpoint.
    pub fn undo_to_checkpoint(&mut self) -> Result<(), LedgerError> {
        for undo in self.journal.take().unwrap_or_default().into_iter().rev() {
            self.undo(undo)?;
        }
        Ok(())
    }

    fn undo(&mut self, undo: Undo) -> Result<(), LedgerError> {
        match undo {
            Undo::Delete { table, id } => {
                let filter = by("id", id);
                note(Statement::Delete(table, &filter));
                self.connection.delete(table, &filter).map(drop)
            }
            Undo::Restore { table, id, columns } => {
                let filter = by("id", id);
                note(Statement::Update(table, &filter, &columns));
                self.connection.update(table, &filter, &columns).map(drop)
            }
            Undo::Add { table, filter, column, delta } => {
                note(Statement::Add(table, &filter, column, delta));
                self.connection.add(table, &filter, column, delta).map(drop)
            }
            Undo::Insert { table, row } => {
                note(Statement::Insert(table, &row));
                self.connection.insert(table, row).map(drop)
            }
        }
    }

    fn remember(&mut self, undo: impl FnOnce() -> Undo) {
        if let Some(journal) = &mut self.journal {
            journal.push(undo());
        }
    }
}

fn former_values(table: Table, row: &Row, set: Assignment<'_>) -> Vec<(&'static str, Value)> {
    let spec = table.spec();
    set.iter().filter_map(|(column, _)| Some((*column, row.get(spec.position(column)?)?.clone()))).collect()
}
