//! A set as a sorted vector. What it cannot do is in the crate's header.

use std::borrow::Borrow;
use std::fmt;
use std::slice;
use std::vec;

use crate::sort::{find, sort};

/// A set in order.
///
/// ```
/// use bohrbug_sorted::SortedSet;
///
/// let mut primes: SortedSet<u32> = [5, 2, 3, 2].into_iter().collect();
/// assert!(primes.insert(7) && !primes.insert(3));
/// assert!(primes.iter().eq(&[2, 3, 5, 7]));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortedSet<T> {
    all: Vec<T>,
}

impl<T> SortedSet<T> {
    /// An empty set; it takes no memory.
    pub const fn new() -> Self {
        Self { all: Vec::new() }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Removes every element; the memory is kept.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// The elements, in order.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.all.iter()
    }

    /// The smallest.
    pub fn first(&self) -> Option<&T> {
        self.all.first()
    }

    /// The largest.
    pub fn last(&self) -> Option<&T> {
        self.all.last()
    }

    /// Keeps the elements of which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.all.retain(keep);
    }
}

impl<T: Ord> SortedSet<T> {
    /// Where the element is, or where it belongs.
    fn find<Q: Ord + ?Sized>(&self, element: &Q) -> Result<usize, usize>
    where
        T: Borrow<Q>,
    {
        find(self.all.len(), &mut |place| self.all[place].borrow().cmp(element))
    }

    /// Whether it is in the set.
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.find(element).is_ok()
    }

    /// The element that is equal to that.
    pub fn get<Q: Ord + ?Sized>(&self, element: &Q) -> Option<&T>
    where
        T: Borrow<Q>,
    {
        self.find(element).ok().map(|place| &self.all[place])
    }

    /// Adds an element; whether it is new.
    pub fn insert(&mut self, element: T) -> bool {
        match self.find(&element) {
            Ok(_) => false,
            Err(place) => {
                self.all.insert(place, element);
                true
            }
        }
    }

    /// Removes an element; whether it was there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.find(element).map(|place| self.all.remove(place)).is_ok()
    }

    /// Of elements in any order.
    fn of(mut all: Vec<T>) -> Self {
        sort(&mut all);
        all.dedup();
        Self { all }
    }
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for SortedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.all).finish()
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::of(elements.into_iter().collect())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SortedSet<T> {
    fn from(elements: [T; N]) -> Self {
        Self::of(elements.into())
    }
}

impl<T: Ord> Extend<T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        let mut all = std::mem::take(&mut self.all);
        all.extend(elements);
        *self = Self::of(all);
    }
}

impl<T> IntoIterator for SortedSet<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a SortedSet<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
