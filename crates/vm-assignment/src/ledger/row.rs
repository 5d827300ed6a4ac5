//! The cells of one row: a copy shares them, and who changes a copy gets cells of its own.
//!
//! Every statement copies rows, and next to none changes one.

use std::ops::{Deref, DerefMut};
use std::slice;

use bohrbug_sync::Arc;

use super::Value;

/// The cells of one row, in the order of the columns, without the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Arc<[Value]>);

impl Deref for Row {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut [Value] {
        Arc::make_mut(&mut self.0)
    }
}

impl<'r> IntoIterator for &'r Row {
    type Item = &'r Value;
    type IntoIter = slice::Iter<'r, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<const CELLS: usize> From<[Value; CELLS]> for Row {
    fn from(cells: [Value; CELLS]) -> Self {
        Self(Arc::new(cells))
    }
}

impl FromIterator<Value> for Row {
    fn from_iter<I: IntoIterator<Item = Value>>(cells: I) -> Self {
        Self(cells.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_change_a_copy_leaves_the_original_as_it_was() {
        let row = Row::from([Value::Int(1), Value::Null]);
        let mut copy = row.clone();
        assert_eq!(copy, row);
        copy[1] = Value::Int(2);
        assert_eq!(*row, [Value::Int(1), Value::Null]);
        assert_eq!(*copy, [Value::Int(1), Value::Int(2)]);
        assert_eq!(copy, copy.iter().cloned().collect());
    }
}
