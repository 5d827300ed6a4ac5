//! Statements as traces tell them: `update vm_instance[1]: account_id=3`.
//!
//! Short rather than SQL, since a timeline has a column for each thread.

use std::fmt::{self, Display as _, Write as _};

use super::{Assignment, Filter, Row, Table, Value};

/// A statement, before it is done.
pub(super) enum Statement<'a> {
    Read(Table, &'a Filter),
    Lock(Table, &'a Filter),
    Insert(Table, &'a Row),
    Update(Table, &'a Filter, Assignment<'a>),
    Add(Table, &'a Filter, &'a str, i64),
    Delete(Table, &'a Filter),
    Draw(Table, i64, &'a str),
}

impl fmt::Display for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(table, filter) => write!(f, "read {table}{filter}"),
            Self::Lock(table, filter) => write!(f, "lock {table}{filter}"),
            Self::Insert(table, row) => {
                write!(f, "insert {table}:")?;
                let cells = table.spec().columns.iter().zip(*row);
                cells.filter(|(_, cell)| **cell != Value::Null).try_for_each(|(name, cell)| tell(f, name, [cell]))
            }
            Self::Update(table, filter, set) => {
                write!(f, "update {table}{filter}:")?;
                set.iter().try_for_each(|(name, cell)| tell(f, name, [cell]))
            }
            Self::Add(table, filter, column, delta) => write!(f, "update {table}{filter}: {column}{delta:+}"),
            Self::Delete(table, filter) => write!(f, "delete {table}{filter}"),
            Self::Draw(table, id, column) => write!(f, "draw {table}[{id}].{column}"),
        }
    }
}

/// `[1]` for the row of that id, and ` column=value` for every other condition.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.single_id();
        if let Some(id) = id {
            write!(f, "[{id}]")?;
        }
        for (column, values) in self.0.iter().filter(|(column, _)| id.is_none() || *column != "id") {
            tell(f, column, values.iter())?;
        }
        Ok(())
    }
}

/// ` column=value`, or with several values ` column=value|value`.
fn tell<'v>(f: &mut fmt::Formatter<'_>, column: &str, values: impl IntoIterator<Item = &'v Value>) -> fmt::Result {
    write!(f, " {column}=")?;
    values.into_iter().enumerate().try_for_each(|(nth, value)| {
        if nth > 0 {
            f.write_char('|')?;
        }
        value.fmt(f)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{by, within};

    fn check(statement: &Statement<'_>, expected: &str) {
        assert_eq!(statement.to_string(), expected);
    }

    #[test]
    fn a_statement_is_told_in_few_words() {
        check(
            &Statement::Read(Table::Vm, &by("name", "v1").and("removed", false)),
            "read vm_instance name=v1 removed=0",
        );
        check(&Statement::Lock(Table::Vm, &by("id", 1)), "lock vm_instance[1]");
        check(&Statement::Delete(Table::Vm, &within("id", [1, 2])), "delete vm_instance id=1|2");
        check(&Statement::Read(Table::Vm, &Filter::everything()), "read vm_instance");
        let set = [("account_id", Value::Int(3)), ("claim", Value::Null)];
        check(&Statement::Update(Table::Vm, &by("id", 1), &set), "update vm_instance[1]: account_id=3 claim=null");
        check(
            &Statement::Add(Table::ResourceCount, &by("account_id", 2), "count", -1),
            "update resource_count account_id=2: count-1",
        );
        let row = [Value::Int(1), Value::Int(2)].into();
        check(
            &Statement::Insert(Table::SecurityGroupMember, &row),
            "insert security_group_vm_map: security_group_id=1 instance_id=2",
        );
        check(&Statement::Draw(Table::NetworkSequence, 2, "mac_address_seq"), "draw op_networks[2].mac_address_seq");
    }
}
