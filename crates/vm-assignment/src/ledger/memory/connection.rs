//! One connection to the ledger in memory: the rows it holds, and the statements.

use std::collections::{BTreeMap, BTreeSet};

use super::{Guard, LockKey, MemoryLedger, Place, SessionId};
use crate::ledger::{Assignment, Connection, Filter, LedgerError, Row, Spec, Table, Value};

pub(super) struct MemoryConnection<'l> {
    pub(super) ledger: &'l MemoryLedger,
    /// Given at the first statement that locks.
    pub(super) session: Option<SessionId>,
    /// How many `begin`s are open.
    pub(super) depth: usize,
    /// The rows this connection has locked, as it sees them: absent rows are deleted ones.
    pub(super) held: BTreeMap<(Table, i64), Option<Row>>,
    pub(super) written: BTreeMap<Table, Vec<i64>>,
    /// Where there may be locks that the end of the transaction has to give back.
    pub(super) touched: BTreeSet<Table>,
    names: usize,
}

type Rows = Vec<(i64, Row)>;

impl<'l> MemoryConnection<'l> {
    pub(super) fn new(ledger: &'l MemoryLedger) -> Self {
        Self {
            ledger,
            session: None,
            depth: 0,
            held: BTreeMap::new(),
            written: BTreeMap::new(),
            touched: BTreeSet::new(),
            names: 0,
        }
    }

    #[track_caller]
    fn enter(&mut self, place: Place) -> (Guard<'l>, SessionId) {
        let mut latest = self.ledger.enter(place);
        let session = *self.session.get_or_insert_with(|| latest.locks.new_session(place));
        (latest, session)
    }

    /// The rows that pass, as this connection sees them over those of others.
    pub(super) fn visible(&self, others: &BTreeMap<i64, Row>, table: Table, filter: &Filter) -> Rows {
        let passes = filter.for_table(table.spec());
        let copy = |id: i64, row: &Row| passes(id, row).then(|| (id, row.clone()));
        let own = |id: i64| self.held.get(&(table, id));
        if let Some(id) = filter.single_id() {
            let row = own(id).map_or_else(|| others.get(&id), Option::as_ref);
            return row.and_then(|row| copy(id, row)).into_iter().collect();
        }
        let others = others.iter().filter(|(id, row)| passes(**id, row) && own(**id).is_none());
        let mine = self.held.range((table, i64::MIN)..=(table, i64::MAX));
        let mine = mine.filter_map(|((_, id), row)| Some((id, row.as_ref()?)));
        let mut rows: Rows = others.chain(mine).filter_map(|(id, row)| copy(*id, row)).collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        rows
    }

    /// Locks every row that passes and answers them; looks again whenever it had to wait.
    fn lock_rows(&mut self, mut latest: Guard<'l>, me: SessionId, table: Table, filter: &Filter) -> Locked<'l> {
        self.touched.insert(table);
        'again: loop {
            let rows = self.visible(&latest.rows, table, filter);
            for (id, row) in &rows {
                if self.held.contains_key(&(table, *id)) {
                    continue;
                }
                let (guard, outcome) = self.ledger.acquire(latest, me, &LockKey::Row(table, *id));
                latest = guard;
                match outcome {
                    Err(error) => return (latest, Err(error)),
                    Ok(true) => {
                        let now = latest.rows.get(id).cloned();
                        self.held.insert((table, *id), now);
                        continue 'again;
                    }
                    Ok(false) => drop(self.held.insert((table, *id), Some(row.clone()))),
                }
            }
            return (latest, Ok(rows));
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
    fn claim(&mut self, mut latest: Guard<'l>, me: SessionId, table: Table, id: i64, row: &Row) -> Claimed<'l> {
        let spec = table.spec();
        self.touched.insert(table);
        for (place, columns) in spec.unique.iter().enumerate() {
            let Some(cells) = spec.key(columns, row) else { continue };
            let before = self.held.get(&(table, id)).and_then(Option::as_ref).and_then(|old| spec.key(columns, old));
            if before.as_ref() == Some(&cells) {
                continue;
            }
            let (guard, outcome) = self.ledger.acquire(latest, me, &LockKey::Unique(table, place, cells.clone()));
            latest = guard;
            if let Err(error) = outcome {
                return (latest, Err(error));
            }
            let mut same = Filter::everything();
            for (column, cell) in columns.iter().zip(cells) {
                same = same.and(column, cell);
            }
            if self.visible(&latest.rows, table, &same).iter().any(|(other, _)| *other != id) {
                let rule = format!("no two rows may agree on {}", columns.join(", "));
                return (latest, Err(LedgerError::Constraint { table: spec.name, rule }));
            }
        }
        (latest, Ok(()))
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
        let (latest, me) = self.enter(Place::Rows(table));
        let (mut latest, outcome) = self.lock_rows(latest, me, table, filter);
        let outcome = outcome.and_then(|rows| {
            let changed: Result<Vec<_>, _> = rows.iter().map(|(id, row)| Ok((*id, change(row)?))).collect();
            changed
        });
        let rows = match outcome {
            Ok(rows) => rows,
            Err(error) => return self.fail(latest, error),
        };
        let count = rows.len();
        for (id, row) in rows.iter().filter(|_| claims) {
            let Some(row) = row else { continue };
            let (guard, outcome) = self.claim(latest, me, table, *id, row);
            latest = guard;
            if let Err(error) = outcome {
                return self.fail(latest, error);
            }
        }
        for (id, row) in rows {
            self.write(table, id, row);
        }
        self.end_statement(table, latest)?;
        Ok(count)
    }

    /// A statement outside a transaction commits by itself.
    fn end_statement(&mut self, table: Table, latest: Guard<'l>) -> Result<(), LedgerError> {
        if self.depth > 0 { Ok(()) } else { self.publish(BTreeMap::from([(table, latest)])) }
    }

    /// A failed statement has no effect; a deadlock undoes the whole transaction.
    fn fail<T>(&mut self, latest: Guard<'l>, error: LedgerError) -> Result<T, LedgerError> {
        // The tables are entered anew in their order.
        drop(latest);
        if self.depth == 0 || matches!(error, LedgerError::Deadlock { .. }) {
            self.discard();
        }
        Err(error)
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
            1 => {
                self.depth = 0;
                let entered = self.enter_touched();
                self.publish(entered).map(|()| true)
            }
            _ => {
                self.depth -= 1;
                Ok(true)
            }
        }
    }

    fn rollback(&mut self) {
        if self.depth > 0 {
            self.discard();
        }
    }

    fn in_transaction(&self) -> bool {
        self.depth > 0
    }

    fn select(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        if table.spec().catalogue {
            // Nobody writes it, so no row of it is held.
            let others = self.ledger.catalogue.table(table);
            return Ok(self.visible(others, table, filter));
        }
        if let Some(rows) = self.private(table, filter) {
            return Ok(rows);
        }
        Ok(self.visible(self.ledger.committed().table(table), table, filter))
    }

    fn lock(&mut self, table: Table, filter: &Filter) -> Result<Rows, LedgerError> {
        if self.depth == 0 || table.spec().catalogue {
            return self.select(table, filter);
        }
        if let Some(rows) = self.private(table, filter) {
            return Ok(rows);
        }
        let (latest, me) = self.enter(Place::Rows(table));
        let (latest, outcome) = self.lock_rows(latest, me, table, filter);
        match outcome {
            Ok(rows) => Ok(rows),
            Err(error) => self.fail(latest, error),
        }
    }

    fn insert(&mut self, table: Table, row: Row) -> Result<i64, LedgerError> {
        refuse_catalogue(table)?;
        let (mut latest, me) = self.enter(Place::Rows(table));
        latest.last_id += 1;
        let id = latest.last_id;
        let (latest, outcome) = self.claim(latest, me, table, id, &row);
        if let Err(error) = outcome {
            return self.fail(latest, error);
        }
        self.write(table, id, Some(row));
        self.end_statement(table, latest)?;
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
        let mut latest = self.ledger.enter(Place::Rows(table));
        let Some(row) = latest.rows.get_mut(&id) else { return Ok(None) };
        row[at] = sum(spec, column, &row[at], 1)?;
        self.ledger.committed_mut().rows_mut(table).insert(id, row.clone());
        match row[at] {
            Value::Int(number) => Ok(Some(number)),
            _ => Err(LedgerError::Malformed { table: spec.name, id }),
        }
    }

    fn lock_name(&mut self, name: &str) -> Result<(), LedgerError> {
        let (names, me) = self.enter(Place::Names);
        let (names, outcome) = self.ledger.acquire(names, me, &LockKey::Name(name.to_owned()));
        match outcome {
            Ok(_) => {
                self.names += 1;
                Ok(())
            }
            Err(error) => self.fail(names, error),
        }
    }

    fn unlock_name(&mut self, name: &str) {
        self.names = self.names.saturating_sub(1);
        let (mut names, me) = self.enter(Place::Names);
        let somebody_waits = names.locks.release(me, &LockKey::Name(name.to_owned()));
        drop(names);
        if somebody_waits {
            self.ledger.wake(me);
        }
    }
}

impl Drop for MemoryConnection<'_> {
    fn drop(&mut self) {
        self.rollback();
        if self.names > 0 {
            let (mut names, me) = self.enter(Place::Names);
            names.locks.release_all(me);
            drop(names);
            self.ledger.wake(me);
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
