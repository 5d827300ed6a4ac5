//! Sorting and searching whose code does not grow with the types that are sorted: that is compiled once.

use std::cmp::Ordering;

/// Sorts as [`slice::sort`] does: what is equal stays in order. It takes memory for a number an element, and much less code.
pub fn sort<T: Ord>(all: &mut [T]) {
    sort_by(all, T::cmp);
}

/// Sorts as [`slice::sort_by`] does, likewise.
///
/// ```
/// let mut words = vec!["on", "a", "in", "the"];
/// bohrbug_sorted::sort_by(&mut words, |one, other| one.len().cmp(&other.len()));
/// assert_eq!(words, ["a", "on", "in", "the"]);
/// ```
pub fn sort_by<T>(all: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(all.len(), &mut |one, other| compare(&all[one], &all[other]));
    arrange(&order, &mut |one, other| all.swap(one, other));
}

/// The places of so many elements in their order; none if they are in order.
fn order(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    if (1..length).all(|place| compare(place - 1, place).is_le()) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|one, other| compare(*one, *other));
    order
}

/// Brings to each place what is at the place that `order` names there.
fn arrange(order: &[usize], swap: &mut dyn FnMut(usize, usize)) {
    let mut targets = vec![0; order.len()];
    order.iter().enumerate().for_each(|(target, from)| targets[*from] = target);
    for place in 0..targets.len() {
        // Each swap brings one to where it stays.
        while targets[place] != place {
            let target = targets[place];
            swap(place, target);
            targets.swap(place, target);
        }
    }
}

/// Where among so many sorted elements the one is that compares as equal, or where it belongs.
#[inline]
pub(crate) fn find(length: usize, compare: &mut dyn FnMut(usize) -> Ordering) -> Result<usize, usize> {
    // What comes in order is at the end.
    if length == 0 || compare(length - 1).is_lt() {
        return Err(length);
    }
    let (mut begin, mut end) = (0, length);
    while begin < end {
        let middle = begin + (end - begin) / 2;
        match compare(middle) {
            Ordering::Less => begin = middle + 1,
            Ordering::Equal => return Ok(middle),
            Ordering::Greater => end = middle,
        }
    }
    Err(begin)
}
