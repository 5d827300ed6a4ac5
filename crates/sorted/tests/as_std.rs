//! Any sequence of operations has the same answers as with std's maps and sets.

use std::collections::{BTreeMap, BTreeSet};

use bohrbug_sorted::{SortedMap, SortedSet, sort_by};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn maps_are_as_stds(operations in vec((0..6_u8, 0..12_u8, any::<u8>()), 0..60)) {
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        for (operation, key, value) in operations {
            match operation {
                0 => prop_assert_eq!(map.insert(key, value), tree.insert(key, value)),
                1 => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                2 => prop_assert_eq!(map.entry(key).or_insert(value), tree.entry(key).or_insert(value)),
                3 => {
                    let add = |known: &mut u8| *known = known.wrapping_add(value);
                    let (one, other) = (map.entry(key).and_modify(add), tree.entry(key).and_modify(add));
                    prop_assert_eq!(one.or_default(), other.or_default());
                }
                4 => {
                    let more = [(value % 12, key), (key, 0), (key, value)];
                    map.extend(more);
                    tree.extend(more);
                }
                _ => {
                    map.retain(|known, _| *known % 12 != key);
                    tree.retain(|known, _| *known % 12 != key);
                }
            }
            prop_assert!(map.iter().eq(&tree));
            prop_assert_eq!(map.get(&key), tree.get(&key));
            prop_assert_eq!(map.contains_key(&value), tree.contains_key(&value));
            let end = key.saturating_add(value);
            prop_assert!(map.range(key..end).eq(tree.range(key..end)));
            prop_assert!(map.range(key..=end).rev().eq(tree.range(key..=end).rev()));
            prop_assert!(map.range(..key).eq(tree.range(..key)));
        }
        prop_assert_eq!(format!("{map:?}"), format!("{tree:?}"));
        prop_assert!(map.into_iter().eq(tree));
    }

    #[test]
    fn of_pairs_with_one_key_the_last_counts(pairs in vec((0..9_u8, any::<u16>()), 0..30)) {
        let (map, tree): (SortedMap<_, _>, BTreeMap<_, _>) = (pairs.iter().copied().collect(), pairs.into_iter().collect());
        prop_assert!(map.iter().eq(&tree));
        prop_assert!(map.keys().eq(tree.keys()) && map.values().eq(tree.values()));
    }

    #[test]
    fn sets_are_as_stds(operations in vec((0..4_u8, 0..12_u8), 0..60)) {
        let (mut set, mut tree) = (SortedSet::new(), BTreeSet::new());
        for (operation, element) in operations {
            match operation {
                0 => prop_assert_eq!(set.insert(element), tree.insert(element)),
                1 => prop_assert_eq!(set.remove(&element), tree.remove(&element)),
                2 => {
                    set.extend([element, 3, element]);
                    tree.extend([element, 3, element]);
                }
                _ => {
                    set.retain(|known| known % 5 != element % 5);
                    tree.retain(|known| known % 5 != element % 5);
                }
            }
            prop_assert!(set.iter().eq(&tree));
            prop_assert_eq!(set.contains(&element), tree.contains(&element));
            prop_assert_eq!((set.first(), set.last()), (tree.first(), tree.last()));
        }
        prop_assert_eq!(format!("{set:?}"), format!("{tree:?}"));
    }

    #[test]
    fn equal_ones_stay_in_order(mut all in vec((0..9_u8, any::<u8>()), 0..99)) {
        let mut wanted = all.clone();
        wanted.sort_by_key(|(key, _)| *key);
        sort_by(&mut all, |one, other| one.0.cmp(&other.0));
        prop_assert_eq!(all, wanted);
    }
}
