//! A map as a sorted vector. What it cannot do is in the crate's header.

use std::borrow::Borrow;
use std::fmt;
use std::ops::{Bound, Index, RangeBounds};
use std::vec;

use crate::sort::{find, sort_by};

/// A map in the order of its keys.
///
/// ```
/// use bohrbug_sorted::SortedMap;
///
/// let mut ages = SortedMap::from([("Ida", 7), ("Ada", 36)]);
/// *ages.entry("Ida").or_default() += 1;
/// assert_eq!(ages.get("Ida"), Some(&8));
/// assert!(ages.iter().eq([(&"Ada", &36), (&"Ida", &8)]));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortedMap<K, V> {
    pairs: Vec<(K, V)>,
}

/// The place of one key in a map.
#[derive(Debug)]
pub struct Entry<'a, K, V> {
    pairs: &'a mut Vec<(K, V)>,
    place: usize,
    /// The key, if the map has no value for it.
    key: Option<K>,
}

impl<K, V> SortedMap<K, V> {
    /// An empty map; it takes no memory.
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Removes every key; the memory is kept.
    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    /// The keys with their values, in order.
    pub fn iter(&self) -> Pairs<'_, K, V> {
        self.pairs.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.pairs.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.pairs.iter().map(|(_, value)| value)
    }

    /// The values, to be changed, in the order of their keys.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.pairs.iter_mut().map(|(_, value)| value)
    }

    /// The keys alone, in order.
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> + ExactSizeIterator {
        self.pairs.into_iter().map(|(key, _)| key)
    }

    /// The values alone, in the order of their keys.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.pairs.into_iter().map(|(_, value)| value)
    }

    /// Keeps the keys of which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.pairs.retain_mut(|(key, value)| keep(key, value));
    }
}

/// The keys with their values, in order.
type Pairs<'a, K, V> = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

impl<K: Ord, V> SortedMap<K, V> {
    /// Where the key is, or where it belongs.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        find(self.pairs.len(), &mut |place| self.pairs[place].0.borrow().cmp(key))
    }

    /// The value of that key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|place| &self.pairs[place].1)
    }

    /// The value of that key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|place| &mut self.pairs[place].1)
    }

    /// Whether there is a value for that key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Gives that key a value; the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => Some(std::mem::replace(&mut self.pairs[place].1, value)),
            Err(place) => {
                self.pairs.insert(place, (key, value));
                None
            }
        }
    }

    /// Removes that key; the value that it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|place| self.pairs.remove(place).1)
    }

    /// The place of that key, to look at and to fill in one go.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let (place, key) = match self.find(&key) {
            Ok(place) => (place, None),
            Err(place) => (place, Some(key)),
        };
        Entry { pairs: &mut self.pairs, place, key }
    }

    /// The keys in that range with their values, in order.
    ///
    /// ```
    /// use bohrbug_sorted::SortedMap;
    ///
    /// let map: SortedMap<_, _> = (0..9).map(|key| (key, ())).collect();
    /// assert!(map.range(3..=5).map(|(key, ())| *key).eq([3, 4, 5]));
    /// assert_eq!(map.range(7..2).next(), None);
    /// ```
    pub fn range(&self, range: impl RangeBounds<K>) -> Pairs<'_, K, V> {
        let until = |wanted: &dyn Fn(&K) -> bool| self.pairs.partition_point(|(key, _)| wanted(key));
        let begin = match range.start_bound() {
            Bound::Included(begin) => until(&|key| key < begin),
            Bound::Excluded(begin) => until(&|key| key <= begin),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => until(&|key| key <= end),
            Bound::Excluded(end) => until(&|key| key < end),
            Bound::Unbounded => self.pairs.len(),
        };
        self.pairs[begin..end.max(begin)].iter().map(|(key, value)| (key, value))
    }

    /// Of pairs in any order; of several with one key the last counts.
    fn of(mut pairs: Vec<(K, V)>) -> Self {
        sort_by(&mut pairs, |one, other| one.0.cmp(&other.0));
        // It drops the second of two: the later one goes first.
        pairs.dedup_by(|later, first| {
            let is_same = later.0 == first.0;
            if is_same {
                std::mem::swap(later, first);
            }
            is_same
        });
        Self { pairs }
    }
}

impl<'a, K, V> Entry<'a, K, V> {
    /// The value; if there is none, that one from now on.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value; if there is none, what `make` returns from now on.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        if let Some(key) = self.key {
            self.pairs.insert(self.place, (key, make()));
        }
        &mut self.pairs[self.place].1
    }

    /// The value; if there is none, the usual one from now on.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// Changes the value, if there is one.
    #[must_use]
    pub fn and_modify(self, change: impl FnOnce(&mut V)) -> Self {
        if self.key.is_none() {
            change(&mut self.pairs[self.place].1);
        }
        self
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self::of(pairs.into_iter().collect())
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for SortedMap<K, V> {
    fn from(pairs: [(K, V); N]) -> Self {
        Self::of(pairs.into())
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        let mut all = std::mem::take(&mut self.pairs);
        all.extend(pairs);
        *self = Self::of(all);
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Pairs<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord + Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for SortedMap<K, V> {
    type Output = V;

    /// # Panics
    ///
    /// If there is no such key.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is known")
    }
}
