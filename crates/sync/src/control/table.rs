//! A table whose rows serve one execution after another.
//!
//! To drop every row at an execution's end and to make it anew in the next would cost more than the operations of a small
//! program. So a row stays where it is, and is brought up to date when it is used again.

use std::ops::{Deref, DerefMut, Index, IndexMut};

/// Rows, of which the first so many are in use.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: Vec<T>,
    used: usize,
}

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Self { rows: Vec::new(), used: 0 }
    }

    /// Puts every row out of use.
    pub(crate) const fn clear(&mut self) {
        self.used = 0;
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.used
    }
}

impl<T: Default> Table<T> {
    /// Takes the next row into use, as an earlier execution left it.
    #[inline]
    pub(crate) fn add(&mut self) -> &mut T {
        if self.used == self.rows.len() {
            self.grow();
        }
        self.used += 1;
        &mut self.rows[self.used - 1]
    }

    #[cold]
    fn grow(&mut self) {
        self.rows.push(T::default());
    }
}

/// By the number of a row that is in use.
impl<T> Index<usize> for Table<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, row: usize) -> &T {
        debug_assert!(row < self.used, "row {row} of {} is not in use", self.used);
        &self.rows[row]
    }
}

impl<T> IndexMut<usize> for Table<T> {
    #[inline(always)]
    fn index_mut(&mut self, row: usize) -> &mut T {
        debug_assert!(row < self.used, "row {row} of {} is not in use", self.used);
        &mut self.rows[row]
    }
}

/// The rows in use.
impl<T> Deref for Table<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows[..self.used]
    }
}

impl<T> DerefMut for Table<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.rows[..self.used]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_serve_again_and_only_those_in_use_are_seen() {
        let mut table = Table::new();
        *table.add() = 1;
        *table.add() = 2;
        assert_eq!((table.len(), &*table), (2, &[1, 2][..]));
        table.clear();
        assert_eq!((table.len(), table.first()), (0, None));
        assert_eq!(*table.add(), 1);
        assert_eq!((table[0], table.len()), (1, 1));
    }
}
