//! Which object is which, and how well two events fit together.
//!
//! A name that the code gave is taken at its word. Objects that are known by the place of their making are matched in the
//! order of those places, file by file, as long as there are as many as before: lines move together.

use std::collections::{BTreeMap, BTreeSet};

use crate::site::without_line;
use crate::{Operation, TraceEvent};

/// The score from which on a pair of events is the same step for sure.
pub(super) const SAME: i64 = 12;

/// The recorded objects' counterparts, as far as they are known.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    map: BTreeMap<&'a str, &'a str>,
    images: BTreeSet<&'a str>,
}

impl<'a> Objects<'a> {
    /// By labels alone; a thread is the object that its task is.
    pub(super) fn by_label(
        recorded: &'a [TraceEvent],
        found: &'a [TraceEvent],
        tasks: &BTreeMap<String, String>,
    ) -> Self {
        let (recorded, found) = (labels(recorded), labels(found));
        let mut objects = Self { map: BTreeMap::new(), images: BTreeSet::new() };
        let (here, there) = (classes(&recorded), classes(&found));
        for &label in &recorded {
            let thread = label.strip_prefix(THREAD).and_then(|path| tasks.get(path));
            if let Some(path) = thread {
                let image = found.iter().find(|label| label.strip_prefix(THREAD) == Some(path));
                image.into_iter().for_each(|image| objects.put(label, image));
            } else if !label.starts_with(THREAD) && !is_of_a_place(label) && found.contains(label) {
                objects.put(label, label);
            }
        }
        for (class, labels) in &here {
            let others = there.get(class).filter(|others| others.len() == labels.len());
            let pairs = others.into_iter().flat_map(|others| labels.iter().zip(others));
            pairs.for_each(|(label, image)| objects.put(label, image));
        }
        objects
    }

    fn put(&mut self, label: &'a str, image: &'a str) {
        self.map.insert(label, image);
        self.images.insert(image);
    }

    /// Gives objects without a counterpart the one that most of their events suggest; whether there was any.
    pub(super) fn learn(
        &mut self,
        recorded: &'a [TraceEvent],
        found: &'a [TraceEvent],
        events: &[Option<usize>],
    ) -> bool {
        let mut votes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (event, place) in recorded.iter().zip(events) {
            let image = place.and_then(|place| found[place].object.as_deref());
            if let (Some(label), Some(image)) = (event.object.as_deref(), image)
                && !self.map.contains_key(label)
                && !self.images.contains(image)
            {
                *votes.entry((label, image)).or_default() += 1;
            }
        }
        let mut votes: Vec<_> = votes.into_iter().collect();
        votes.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let before = self.map.len();
        for ((label, image), _) in votes {
            if !self.map.contains_key(label) && !self.images.contains(image) {
                self.put(label, image);
            }
        }
        self.map.len() > before
    }

    /// How well two events of the same task fit together; `None` if they cannot be the same.
    pub(super) fn score(&self, recorded: &TraceEvent, found: &TraceEvent) -> Option<i64> {
        let operation = match (recorded.operation, found.operation) {
            (a, b) if a == b => 6,
            (a, b) if family(a) == family(b) => 4,
            _ => return None,
        };
        let object = match (recorded.object.as_deref(), found.object.as_deref()) {
            (None, None) => 6,
            (Some(label), Some(image)) => self.likeness(label, image)?,
            _ => return None,
        };
        let in_detail = i64::from(recorded.site == found.site) + i64::from(recorded.order == found.order);
        Some(operation + object + in_detail)
    }

    fn likeness(&self, label: &str, image: &str) -> Option<i64> {
        match (self.map.get(label), self.images.contains(image)) {
            (Some(&known), _) if known == image => Some(6),
            // Each is known to be another one.
            (Some(_), true) => None,
            _ if label.starts_with(THREAD) || image.starts_with(THREAD) => None,
            _ => Some(2),
        }
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.map.into_iter().map(|(label, image)| (label.to_owned(), image.to_owned())).collect()
    }
}

const THREAD: &str = "thread ";

/// Operations that an edit may put in each other's place.
const fn family(operation: Operation) -> Operation {
    use Operation::*;
    match operation {
        WriteLock | ReadLock => Lock,
        WriteUnlock | ReadUnlock => Unlock,
        TryWriteLock | TryReadLock => TryLock,
        TrySend => Send,
        TryRecv => Recv,
        CompareExchange => Rmw,
        other => other,
    }
}

fn labels(events: &[TraceEvent]) -> BTreeSet<&str> {
    events.iter().flat_map(|event| [&event.object, &event.other]).filter_map(Option::as_deref).collect()
}

/// Whether the label is the place where the object was made.
fn is_of_a_place(label: &str) -> bool {
    label.contains(".rs:")
}

/// The objects that are known by a place, file by file and kind by kind, in the order of the places.
fn classes<'a>(labels: &BTreeSet<&'a str>) -> BTreeMap<String, Vec<&'a str>> {
    let mut classes: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
    for &label in labels.iter().filter(|label| is_of_a_place(label) && !label.starts_with(THREAD)) {
        let class = without_line(label.split('#').next().unwrap_or(label)).into_owned();
        classes.entry(class).or_default().push(label);
    }
    classes.values_mut().for_each(|labels| labels.sort_by_key(|label| numbers(label)));
    classes
}

/// The numbers in a text: a line, a column, a how-manieth.
fn numbers(label: &str) -> Vec<u64> {
    label.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_sorted_by_their_lines_and_not_by_their_letters() {
        let labels = BTreeSet::from(["mutex a.rs:100:1", "mutex a.rs:20:1", "mutex a.rs:20:1#2", "mutex b.rs:3:1"]);
        let classes = classes(&labels);
        assert_eq!(classes["mutex a.rs"], ["mutex a.rs:20:1", "mutex a.rs:20:1#2", "mutex a.rs:100:1"]);
        assert_eq!(classes["mutex b.rs"], ["mutex b.rs:3:1"]);
    }
}
