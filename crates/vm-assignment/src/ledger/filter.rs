//! Which rows a statement is about: a conjunction of "this column is one of these values".

use super::{Spec, Value};

/// The `where` of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(pub(crate) Vec<(&'static str, Vec<Value>)>);

/// Rows whose `column` holds `value`; `id` is a column like any other.
pub fn by(column: &'static str, value: impl Into<Value>) -> Filter {
    Filter(Vec::new()).and(column, value)
}

/// Rows whose `column` holds one of `values`.
pub fn within<V: Into<Value>>(column: &'static str, values: impl IntoIterator<Item = V>) -> Filter {
    Filter(vec![(column, values.into_iter().map(Into::into).collect())])
}

impl Filter {
    /// Every row of the table.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Narrows the filter to rows whose `column` holds `value`.
    #[must_use]
    pub fn and(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, vec![value.into()]));
        self
    }

    /// Whether a row passes.
    pub fn accepts(&self, spec: &Spec, id: i64, row: &[Value]) -> bool {
        self.0.iter().all(|(column, values)| {
            if *column == "id" {
                return values.contains(&Value::Int(id));
            }
            spec.position(column).and_then(|at| row.get(at)).is_some_and(|cell| values.contains(cell))
        })
    }

    /// The only row that can pass, where the filter names one by its id.
    pub(crate) fn single_id(&self) -> Option<i64> {
        self.0.iter().find_map(|(column, values)| match (*column, values.as_slice()) {
            ("id", [Value::Int(id)]) => Some(*id),
            _ => None,
        })
    }
}
