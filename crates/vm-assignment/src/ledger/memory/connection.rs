//! One connection to the ledger in memory: the rows it holds, and the statements.

use std::collections::BTreeMap;

use bohrbug_sync::MutexGuard;

use super::{LockKey, MemoryLedger, SessionId, State};
use crate::ledger::{Assignment, Connection, Filter, LedgerError, Row, Spec, Table, Value};

pub(super) struct MemoryConnection<'l> {
    ledger: &'l MemoryLedger,
    /// Given at the first statement that others could notice.
    session: Option<SessionId>,
    /// How many `begin`s are open.
    depth: usize,
    /// The rows this connection has locked, as it sees them: absent rows are deleted ones.
    held: BTreeMap<(Table, i64), Option<Row>>,
    written: BTreeMap<Table, Vec<i64>>,
    names: usize,
    /// Whether a lock may be held that the end of the transaction has to give back.
    touched: bool,
}

type Guard<'l> = MutexGuard<'l, State>;
type Rows = Vec<(i64, Row)>;

impl<'l> MemoryConnection<'l> {
    pub(super) fn new(ledger: &'l MemoryLedger) -> Self {
        Self {
            ledger,
            session: None,
            depth: 0,
            held: BTreeMap::new(),
            written: BTreeMap::new(),
            names: 0,
            touched: false,
        }
    }

    fn enter(&mut self) -> (Guard<'l>, SessionId) {
        let mut state = self.ledger.state();
        let session = *self.session.get_or_insert_with(|| state.new_session());
        (state, session)
    }

    /// The rows that pass, as this connection sees them.
    fn visible(&self, state: &State, table: Table, filter: &Filter) -> Rows {
        let passes = filter.for_table(table.spec());
        let copy = |id: i64, row: &Row| passes(id, row).then(|| (id, row.clone()));
        let own = |id: i64| self.held.get(&(table, id));
        if let Some(id) = filter.single_id() {
            let row = own(id).map_or_else(|| state.committed.row(table, id), Option::as_ref);
            return row.and_then(|row| copy(id, row)).into_iter().collect();
        }
        let others = state.committed.rows(table).filter(|(id, _)| own(*id).is_none());
        let mine = self.held.range((table, i64::MIN)..=(table, i64::MAX));
        let mine = mine.filter_map(|((_, id), row)| Some((*id, row.as_ref()?)));
        let mut rows: Rows = others.chain(mine).filter_map(|(id, row)| copy(id, row)).collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        rows
    }

    /// Locks every row that passes and answers them; looks again whenever it had to wait.
    fn lock_rows(&mut self, mut state: Guard<'l>, me: SessionId, table: Table, filter: &Filter) -> Locked<'l> {
        self.touched = true;
        'again: loop {
            let rows = self.visible(&state, table, filter);
            for (id, row) in &rows {
                if self.held.contains_key(&(table, *id)) {
                    continue;
                }
                let (guard, outcome) = self.ledger.acquire(state, me, &LockKey::Row(table, *id));
                state = guard;
                match outcome {
                    Err(error) => return (state, Err(error)),
                    Ok(true) => {
                        let now = state.committed.row(table, *id).cloned();
                        self.held.insert((table, *id), now);
                        continue 'again;
                    }
                    Ok(false) => drop(self.held.insert((table, *id), Some(row.clone()))),
                }
            }
            return (state, Ok(rows));
        }
    }

    /// The row, if this connection has it locked and the filter asks for nothing else: then nobody need be asked.
    fn private(&self, table: Table, filter: &Filter) -> Option<Rows> {
        let id = filter.single_id()?;
        let row = self.held.get(&(table, id))?;
        let passes = filter.for_table(table.spec());
        let passing = row.iter().filter(|row| passes(id, row));
        Some(passing.map(|row| (id, row.clone())).collect())
    }

    /// Claims the unique values of a new version of a row.
    fn claim(&mut self, mut state: Guard<'l>, me: SessionId, table: Table, id: i64, row: &Row) -> Claimed<'l> {
        let spec = table.spec();
        self.touched = true;
        for (place, columns) in spec.unique.iter().enumerate() {
            let Some(cells) = spec.key(columns, row) else { continue };
            let before = self.held.get(&(table, id)).and_then(Option::as_ref).and_then(|old| spec.key(columns, old));
            if before.as_ref() == Some(&cells) {
                continue;
            }
            let (guard, outcome) = self.ledger.acquire(state, me, &LockKey::Unique(table, place, cells.clone()));
            state = guard;
            if let Err(error) = outcome {
                return (state, Err(error));
            }
            let mut same = Filter::everything();
            for (column, cell) in columns.iter().zip(cells) {
                same = same.and(column, cell);
            }
            if self.visible(&state, table, &same).iter().any(|(other, _)| *other != id) {
                let rule = format!("no two rows may agree on {}", columns.join(", "));
                return (state, Err(LedgerError::Constraint { table: spec.name, rule }));
            }
        }
        (state, Ok(()))
    }

    fn write(&mut self, table: Table, id: i64, row: Option<Row>) {
        self.held.insert((table, id), row);
        self.written.entry(table).or_default().push(id);
    }

    /// Changes rows that pass by `change`, one statement.
    fn modify(
        &mut self,
        table: Table,
        filter: &Filter,
        claims: bool,
        change: impl Fn(&Row) -> Result<Option<Row>, LedgerError>,
    ) -> Result<usize, LedgerError> {
        refuse_catalogue(table)?;
        let own = if self.depth > 0 && !claims { self.private(table, filter) } else { None };
        if let Some(rows) = own {
            for (id, row) in &rows {
                let new = change(row)?;
                self.write(table, *id, new);
            }
            return Ok(rows.len());
        }
        let (state, me) = self.enter();
        let (mut state, outcome) = self.lock_rows(state, me, table, filter);
        let outcome = outcome.and_then(|rows| {
            let changed: Result<Vec<_>, _> = rows.iter().map(|(id, row)| Ok((*id, change(row)?))).collect();
            changed
        });
        let rows = match outcome {
            Ok(rows) => rows,
            Err(error) => return self.fail(state, me, error),
        };
        let count = rows.len();
        for (id, row) in rows.iter().filter(|_| claims) {
            let Some(row) = row else { continue };
            let (guard, outcome) = self.claim(state, me, table, *id, row);
            state = guard;
            if let Err(error) = outcome {
                return self.fail(state, me, error);
            }
        }
        for (id, row) in rows {
            self.write(table, id, row);
        }
        self.end_statement(state, me)?;
        Ok(count)
    }

    /// A statement outside a transaction commits by itself.
    fn end_statement(&mut self, state: Guard<'l>, me: SessionId) -> Result<(), LedgerError> {
        if self.depth > 0 { Ok(()) } else { self.publish(state, me) }
    }

    /// A failed statement has no effect; a deadlock undoes the whole transaction.
    fn fail<T>(&mut self, state: Guard<'l>, me: SessionId, error: LedgerError) -> Result<T, LedgerError> {
        if self.depth == 0 || matches!(error, LedgerError::Deadlock { .. }) {
            self.discard(state, me);
        }
        Err(error)
    }

    fn publish(&mut self, mut state: Guard<'l>, me: SessionId) -> Result<(), LedgerError> {
        if let Err(error) = self.check_references(&state) {
            self.discard(state, me);
            return Err(error);
        }
        for (table, ids) in std::mem::take(&mut self.written) {
            for id in ids {
                match self.held.get(&(table, id)).cloned().flatten() {
                    Some(row) => drop(state.committed.rows_mut(table).insert(id, row)),
                    None => drop(state.committed.rows_mut(table).remove(&id)),
                }
            }
        }
        self.discard(state, me);
        Ok(())
    }

    fn discard(&mut self, mut state: Guard<'l>, me: SessionId) {
        self.held.clear();
        self.written.clear();
        self.depth = 0;
        self.touched = false;
        let somebody_waits = state.locks.release_all(me);
        drop(state);
        if somebody_waits {
            self.ledger.changed.notify_all();
        }
    }

    fn check_references(&self, state: &State) -> Result<(), LedgerError> {
        for (table, id) in self.written.iter().flat_map(|(table, ids)| ids.iter().map(move |id| (*table, *id))) {
            match self.held.get(&(table, id)).and_then(Option::as_ref) {
                Some(row) => self.check_parents(state, table.spec(), row)?,
                None => self.check_children(state, table, id)?,
            }
        }
        Ok(())
    }

    fn check_parents(&self, state: &State, spec: &Spec, row: &Row) -> Result<(), LedgerError> {
        let exists = |table: Table, id: i64| match self.held.get(&(table, id)) {
            Some(mine) => mine.is_some(),
            None if table.spec().catalogue => self.ledger.catalogue.row(table, id).is_some(),
            None => state.committed.row(table, id).is_some(),
        };
        match spec.parents(row).find(|(table, id)| !exists(*table, *id)) {
            None => Ok(()),
            Some((table, id)) => {
                let rule = format!("refers to {table}[{id}], which does not exist");
                Err(LedgerError::Constraint { table: spec.name, rule })
            }
        }
    }

    fn check_children(&self, state: &State, parent: Table, id: i64) -> Result<(), LedgerError> {
        for child in Table::ALL.iter().copied().filter(|table| !table.spec().catalogue) {
            let spec = child.spec();
            for (column, _) in spec.references.iter().filter(|(_, table)| *table == parent) {
                let filter = Filter::everything().and(column, id);
                if let Some((row, _)) = self.visible(state, child, &filter).first() {
                    let rule = format!("{child}[{row}] still refers to row {id}");
                    return Err(LedgerError::Constraint { table: parent.spec().name, rule });
                }
            }
        }
        Ok(())
    }
}

type Locked<'l> = (Guard<'l>, Result<Rows, LedgerError>);
type Claimed<'l> = (Guard<'l>, Result<(), LedgerError>);

impl Connection for MemoryConnection<'_> {
    fn begin(&mut self) -> Result<(), LedgerError> {
        self.depth += 1;
        Ok(())
    }

    fn commit(&mut self) -> Result<bool, LedgerError> {
        match self.depth {
            0 => Ok(false),
            1 if !self.touched => {
                self.depth = 0;
                Ok(true)
            }
            1 => {
                let (state, me) = self.enter();
                self.publish(state, me).map(|()| true)
            }
            _ => {
                self.depth -= 1;
                Ok(true)
            }
        }
    }

    fn rollback(&mut self) {
        if self.depth > 0 && self.touched {
            let (state, me) = self.enter();
            self.discard(state, me);
        }
        self.depth = 0;
    }

    fn in_transaction(&self) -> bool {
        self.depth > 0
    }

    fn select(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        if table.spec().catalogue {
            let passes = filter.for_table(table.spec());
            let passing = self.ledger.catalogue.rows(table).filter(|(id, row)| passes(*id, row));
            return Ok(passing.map(|(id, row)| (id, row.clone())).collect());
        }
        if let Some(rows) = self.private(table, filter) {
            return Ok(rows);
        }
        Ok(self.visible(&self.ledger.state(), table, filter))
    }

    fn lock(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        if self.depth == 0 || table.spec().catalogue {
            return self.select(table, filter);
        }
        if let Some(rows) = self.private(table, filter) {
            return Ok(rows);
        }
        let (state, me) = self.enter();
        let (state, outcome) = self.lock_rows(state, me, table, filter);
        match outcome {
            Ok(rows) => Ok(rows),
            Err(error) => self.fail(state, me, error),
        }
    }

    fn insert(&mut self, table: Table, row: Row) -> Result<i64, LedgerError> {
        refuse_catalogue(table)?;
        let (mut state, me) = self.enter();
        let id = state.new_id(table);
        let (state, outcome) = self.claim(state, me, table, id, &row);
        if let Err(error) = outcome {
            return self.fail(state, me, error);
        }
        self.write(table, id, Some(row));
        self.end_statement(state, me)?;
        Ok(id)
    }

    fn update(&mut self, table: Table, filter: &Filter, set: Assignment<'_>) -> Result<usize, LedgerError> {
        let spec = table.spec();
        let claims = spec.unique.iter().any(|columns| {
            let claimed = |(column, value): &(&str, Value)| columns.contains(column) && *value != Value::Null;
            set.iter().any(claimed)
        });
        self.modify(table, filter, claims, |row| {
            let mut new = row.clone();
            for (column, value) in set {
                new[column_of(spec, column)?] = value.clone();
            }
            Ok(Some(new))
        })
    }

    fn add(&mut self, table: Table, filter: &Filter, column: &'static str, delta: i64) -> Result<usize, LedgerError> {
        let spec = table.spec();
        self.modify(table, filter, false, |row| {
            let at = column_of(spec, column)?;
            let mut new = row.clone();
            new[at] = sum(spec, column, &row[at], delta)?;
            Ok(Some(new))
        })
    }

    fn delete(&mut self, table: Table, filter: &Filter) -> Result<usize, LedgerError> {
        self.modify(table, filter, false, |_| Ok(None))
    }

    fn draw(&mut self, table: Table, id: i64, column: &'static str) -> Result<Option<i64>, LedgerError> {
        let spec = table.spec();
        let at = column_of(spec, column)?;
        let mut state = self.ledger.state();
        let Some(row) = state.committed.rows_mut(table).get_mut(&id) else { return Ok(None) };
        row[at] = sum(spec, column, &row[at], 1)?;
        match row[at] {
            Value::Int(number) => Ok(Some(number)),
            _ => Err(LedgerError::Malformed { table: spec.name, id }),
        }
    }

    fn lock_name(&mut self, name: &str) -> Result<(), LedgerError> {
        let (state, me) = self.enter();
        let (state, outcome) = self.ledger.acquire(state, me, &LockKey::Name(name.to_owned()));
        match outcome {
            Ok(_) => {
                self.names += 1;
                Ok(())
            }
            Err(error) => self.fail(state, me, error),
        }
    }

    fn unlock_name(&mut self, name: &str) {
        self.names = self.names.saturating_sub(1);
        let (mut state, me) = self.enter();
        let somebody_waits = state.locks.release_names(me, Some(name));
        drop(state);
        if somebody_waits {
            self.ledger.changed.notify_all();
        }
    }
}

impl Drop for MemoryConnection<'_> {
    fn drop(&mut self) {
        self.rollback();
        if self.names > 0 {
            let (mut state, me) = self.enter();
            state.locks.release_names(me, None);
            drop(state);
            self.ledger.changed.notify_all();
        }
    }
}

fn refuse_catalogue(table: Table) -> Result<(), LedgerError> {
    let spec = table.spec();
    if spec.catalogue { Err(LedgerError::ReadOnlyTable { table: spec.name }) } else { Ok(()) }
}

fn column_of(spec: &Spec, column: &str) -> Result<usize, LedgerError> {
    let unknown = || LedgerError::Constraint { table: spec.name, rule: format!("there is no column {column}") };
    spec.position(column).ok_or_else(unknown)
}

fn sum(spec: &Spec, column: &str, cell: &Value, delta: i64) -> Result<Value, LedgerError> {
    let number = match cell {
        Value::Int(number) => number.checked_add(delta),
        _ => None,
    };
    let rule = || format!("{column} {cell} plus {delta} is out of range");
    number.map(Value::Int).ok_or_else(|| LedgerError::Constraint { table: spec.name, rule: rule() })
}
