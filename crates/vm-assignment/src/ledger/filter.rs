//! Which rows a statement is about: a conjunction of "this column is one of these values".

use std::ops::Deref;
use std::slice;

use super::{Spec, Value};

/// The `where` of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(pub(crate) Vec<(&'static str, Wanted)>);

/// The values that a column may hold: nearly always one, which needs no memory of its own.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    One(Value),
    Any(Vec<Value>),
}

impl Deref for Wanted {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        match self {
            Self::One(value) => slice::from_ref(value),
            Self::Any(values) => values,
        }
    }
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Wanted {}

/// Rows whose `column` holds `value`; `id` is a column like any other.
pub fn by(column: &'static str, value: impl Into<Value>) -> Filter {
    Filter(Vec::new()).and(column, value)
}

/// Rows whose `column` holds one of `values`.
pub fn within<V: Into<Value>>(column: &'static str, values: impl IntoIterator<Item = V>) -> Filter {
    Filter(vec![(column, Wanted::Any(values.into_iter().map(Into::into).collect()))])
}

impl Filter {
    /// Every row of the table.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Narrows the filter to rows whose `column` holds `value`.
    #[must_use]
    pub fn and(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((column, Wanted::One(value.into())));
        self
    }

    /// Says of each row whether it passes; the columns are looked up once.
    pub(crate) fn for_table(&self, spec: &Spec) -> impl Fn(i64, &[Value]) -> bool + use<'_> {
        let place = |column: &str| if column == "id" { Some(None) } else { spec.position(column).map(Some) };
        let tests: Vec<_> = self.0.iter().map(|(column, values)| (place(column), &**values)).collect();
        move |id, row| {
            tests.iter().all(|(place, values)| match place {
                Some(None) => values.contains(&Value::Int(id)),
                Some(Some(at)) => row.get(*at).is_some_and(|cell| values.contains(cell)),
                None => false,
            })
        }
    }

    /// The only row that can pass, where the filter names one by its id.
    pub(crate) fn single_id(&self) -> Option<i64> {
        self.0.iter().find_map(|(column, values)| match (*column, &**values) {
            ("id", [Value::Int(id)]) => Some(*id),
            _ => None,
        })
    }
}
