//! Worlds in words: what somebody observed begins with lines of data, and no code.
//!
//! Rows and columns have the names that the ledger gives them, and a column that refers to another row has that row's name (a
//! domain's path). What a row's kind of value is, the ledger says when it reads it: a word that does not fit is found then.

use super::World;
use crate::ledger::{Field, Row, Table, Value};
use crate::records as r;

impl World {
    /// Does what a line says.
    ///
    /// | line | what it does |
    /// |---|---|
    /// | `set TABLE ROW COLUMN=VALUE …` | changes a row |
    /// | `add TABLE COLUMN=VALUE …` | adds one; every column is given |
    /// | `remove TABLE ROW` | takes one out |
    /// | `machine NAME ACCOUNT NETWORK`, `card VM NETWORK ADDRESS`, `volume NAME ACCOUNT VM BYTES` | adds one; `-` is none |
    /// | `isolated NAME ACCOUNT CIDR`, `shared NAME OFFERING DOMAIN ADDRESS …` | adds a network |
    /// | `without-cards VM`, `without-network NAME` | takes them away |
    /// | `limit account NAME RESOURCE MOST`, `limit domain PATH RESOURCE MOST` | limits what one may have |
    /// | `switch NAME` | turns a switch of the whole cloud on |
    ///
    /// ```
    /// use vm_assignment::records::{Vm, VmState};
    ///
    /// let mut world = vm_assignment::world::standard();
    /// world.line("set vm_instance v1 state=Running")?;
    /// assert_eq!(world.named::<Vm>("v1").state, VmState::Running);
    /// assert_eq!(world.line("set vm_instance v9 state=Running"), Err("there is no vm_instance v9".to_owned()));
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the line.
    pub fn line(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["set", table, row, cells @ ..] => self.set(known(table)?, row, cells),
            ["add", table, cells @ ..] => self.add(known(table)?, cells),
            ["remove", table, row] => {
                let table = known(table)?;
                let id = self.find(table, row)?;
                self.tables.rows_mut(table).remove(&id);
                Ok(())
            }
            _ => self.named_line(&words),
        }
    }

    /// The lines that have a method: names in them are looked up first, since the methods want them to be there.
    fn named_line(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["machine", name, account, network] => {
                self.find(Table::Account, account)?;
                let network = self.maybe(Table::Network, network)?;
                self.machine(name, account, network);
            }
            ["card", vm, network, address] => {
                self.find(Table::Vm, vm)?;
                self.find(Table::Network, network)?;
                self.card(vm, network, address);
            }
            ["volume", name, account, vm, bytes] => {
                self.find(Table::Account, account)?;
                let vm = self.maybe(Table::Vm, vm)?;
                self.volume(name, account, vm, number(bytes)?);
            }
            ["isolated", name, account, cidr] => {
                self.find(Table::Account, account)?;
                self.isolated(name, account, cidr);
            }
            ["shared", name, offering, domain, addresses @ ..] => {
                self.find(Table::NetworkOffering, offering)?;
                self.find(Table::Domain, domain)?;
                self.shared(name, offering, domain, addresses);
            }
            ["without-cards", vm] => {
                self.find(Table::Vm, vm)?;
                self.without_cards(vm);
            }
            ["without-network", name] => {
                self.find(Table::Network, name)?;
                self.without_network(name);
            }
            ["limit", "account", name, resource, most] => {
                self.find(Table::Account, name)?;
                self.limit_account(name, word(resource)?, number(most)?);
            }
            ["limit", "domain", path, resource, most] => {
                self.find(Table::Domain, path)?;
                self.limit_domain(path, word(resource)?, number(most)?);
            }
            ["switch", name] => self.switch(word::<r::Switch>(name)?, true),
            _ => return Err("this is no line of a world".to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, table: Table, row: &str, cells: &[&str]) -> Result<(), String> {
        let id = self.find(table, row)?;
        for cell in cells {
            let (at, value) = self.cell(table, cell)?;
            if let Some(row) = self.tables.rows_mut(table).get_mut(&id) {
                row[at] = value;
            }
        }
        Ok(())
    }

    fn add(&mut self, table: Table, cells: &[&str]) -> Result<(), String> {
        let columns = table.spec().columns;
        let mut row: Vec<Option<Value>> = vec![None; columns.len()];
        for cell in cells {
            let (at, value) = self.cell(table, cell)?;
            row[at] = Some(value);
        }
        let missing: Vec<&str> =
            columns.iter().zip(&row).filter(|(_, cell)| cell.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(format!("a row of {table} has {}, too", missing.join(", ")));
        }
        let id = self.tables.last_id(table) + 1;
        self.tables.rows_mut(table).insert(id, row.into_iter().flatten().collect::<Row>());
        Ok(())
    }

    /// `COLUMN=VALUE`: where it goes, and what.
    fn cell(&self, table: Table, text: &str) -> Result<(usize, Value), String> {
        let (column, text) = text.split_once('=').ok_or_else(|| format!("{text} is no COLUMN=VALUE"))?;
        let spec = table.spec();
        let at = spec.position(column).ok_or_else(|| format!("{table} has no column {column}"))?;
        let parent = spec.references.iter().find(|(referring, _)| *referring == column);
        let value = match (text, parent) {
            ("null", _) => Value::Null,
            (name, Some((_, parent))) => Value::Int(self.find(*parent, name)?),
            (text, None) => text.parse().map_or_else(|_| Value::from(text), Value::Int),
        };
        Ok((at, value))
    }

    /// The row of that name; a domain has its path for one.
    fn find(&self, table: Table, name: &str) -> Result<i64, String> {
        let column = if table == Table::Domain { "path" } else { "name" };
        let at = table.spec().position(column).ok_or_else(|| format!("the rows of {table} have no names"))?;
        let wanted = Value::from(name);
        let found = self.tables.rows(table).find(|(_, row)| row[at] == wanted);
        found.map(|(id, _)| id).ok_or_else(|| format!("there is no {table} {name}"))
    }

    /// The name, which is there, or `-`.
    fn maybe<'a>(&self, table: Table, name: &'a str) -> Result<Option<&'a str>, String> {
        match name {
            "-" => Ok(None),
            name => self.find(table, name).map(|_| Some(name)),
        }
    }
}

fn known(name: &str) -> Result<Table, String> {
    let found = Table::ALL.iter().find(|table| table.spec().name == name);
    found.copied().ok_or_else(|| format!("there is no table {name}"))
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn word<T: Field>(text: &str) -> Result<T, String> {
    T::from_value(&Value::from(text)).ok_or_else(|| format!("{text} is none of the words that can stand here"))
}
