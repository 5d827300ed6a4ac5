//! Which object is which, and how well two events fit together.
//!
//! A name that the code gave is taken at its word. Objects that are known by the place of their making are matched in the
//! order of those places, file by file, as long as there are as many as before: lines move together.

use std::collections::BTreeMap;

use bohrbug_sorted::{SortedMap, SortedSet};

use crate::site::without_line;
use crate::{MemoryOrder, Operation, TraceEvent};

/// The score of a pair that agrees in everything, the line included.
pub(super) const SAME: i64 = 14;

/// The recorded objects' counterparts, as far as they are known.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    map: SortedMap<&'a str, &'a str>,
    images: SortedSet<&'a str>,
}

impl<'a> Objects<'a> {
    /// By labels alone; a thread is the object that its task is.
    pub(super) fn by_label(
        recorded: &'a [TraceEvent],
        found: &'a [TraceEvent],
        tasks: &BTreeMap<String, String>,
    ) -> Self {
        let (recorded, found) = (labels(recorded), labels(found));
        let mut objects = Self { map: SortedMap::new(), images: SortedSet::new() };
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
        let mut votes: SortedMap<(&str, &str), usize> = SortedMap::new();
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
        bohrbug_sorted::sort_by(&mut votes, |(_, one), (_, other)| other.cmp(one));
        let before = self.map.len();
        for ((label, image), _) in votes {
            if !self.map.contains_key(label) && !self.images.contains(image) {
                self.put(label, image);
            }
        }
        self.map.len() > before
    }

    /// The recorded events as they are compared.
    pub(super) fn recorded_shapes(&self, events: &'a [TraceEvent]) -> Vec<Shape<'a>> {
        let known = |label: &'a str| self.map.get(label).map_or(Label::Unknown, |image| Label::Known(image));
        events.iter().map(|event| Shape::of(event, known)).collect()
    }

    /// The found events as they are compared.
    pub(super) fn found_shapes(&self, events: &'a [TraceEvent]) -> Vec<Shape<'a>> {
        let known = |label| if self.images.contains(label) { Label::Known(label) } else { Label::Unknown };
        events.iter().map(|event| Shape::of(event, known)).collect()
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.map.into_iter().map(|(label, image)| (label.to_owned(), image.to_owned())).collect()
    }
}

/// For each found label the recorded one that most of its events have; what is not matched at all has none.
pub(super) fn old_labels(
    recorded: &[TraceEvent],
    found: &[TraceEvent],
    events: &[Option<usize>],
) -> BTreeMap<String, String> {
    let mut votes: SortedMap<&str, SortedMap<&str, usize>> = SortedMap::new();
    for (event, place) in recorded.iter().zip(events) {
        let image = place.and_then(|place| found[place].object.as_deref());
        if let (Some(label), Some(image)) = (event.object.as_deref(), image) {
            *votes.entry(image).or_default().entry(label).or_default() += 1;
        }
    }
    let most = |(image, labels): (&str, SortedMap<&str, usize>)| {
        let (label, _) = labels.into_iter().max_by_key(|(_, count)| *count)?;
        Some((image.to_owned(), label.to_owned()))
    };
    votes.into_iter().filter_map(most).collect()
}

/// What counts of an event when it is compared with another one of its task.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    operation: Operation,
    family: Operation,
    object: Label<'a>,
    order: MemoryOrder,
    site: &'a str,
}

/// An object, in the labels of the found events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label<'a> {
    None,
    Known(&'a str),
    Unknown,
    /// A thread without a counterpart: it is taken for no other object.
    Stranger,
}

impl<'a> Shape<'a> {
    fn of(event: &'a TraceEvent, known: impl Fn(&'a str) -> Label<'a>) -> Self {
        let object = event.object.as_deref().map_or(Label::None, |label| match known(label) {
            Label::Unknown if label.starts_with(THREAD) => Label::Stranger,
            label => label,
        });
        let (operation, order) = (event.operation, event.order);
        Self { operation, family: family(operation), object, order, site: &event.site }
    }

    /// How well two events of the same task fit together; `None` if they cannot be the same.
    pub(super) fn score(&self, found: &Self) -> Option<i64> {
        if self.family != found.family {
            return None;
        }
        let object = match (self.object, found.object) {
            (Label::Stranger, _) | (_, Label::Stranger) => return None,
            (a, b) if a == b && a != Label::Unknown => 6,
            // Each is known to be another one.
            (Label::Known(_), Label::Known(_)) | (Label::None, _) | (_, Label::None) => return None,
            _ => 2,
        };
        let operation = if self.operation == found.operation { 6 } else { 4 };
        Some(operation + object + i64::from(self.order == found.order) + i64::from(self.site == found.site))
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

fn labels(events: &[TraceEvent]) -> SortedSet<&str> {
    events.iter().flat_map(|event| [&event.object, &event.other]).filter_map(Option::as_deref).collect()
}

/// Whether the label is the place where the object was made.
fn is_of_a_place(label: &str) -> bool {
    label.contains(".rs:")
}

/// The objects that are known by a place, file by file and kind by kind, in the order of the places.
fn classes<'a>(labels: &SortedSet<&'a str>) -> SortedMap<String, Vec<&'a str>> {
    let mut classes: SortedMap<String, Vec<&'a str>> = SortedMap::new();
    for &label in labels.iter().filter(|label| is_of_a_place(label) && !label.starts_with(THREAD)) {
        let class = without_line(label.split('#').next().unwrap_or(label)).into_owned();
        classes.entry(class).or_default().push(label);
    }
    let by_numbers = |one: &&str, other: &&str| numbers(one).cmp(&numbers(other));
    classes.values_mut().for_each(|labels| bohrbug_sorted::sort_by(labels, by_numbers));
    classes
}

/// The numbers in a text: a line, a column, an ordinal.
fn numbers(label: &str) -> Vec<u64> {
    label.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_sorted_by_their_lines_and_not_by_their_letters() {
        let labels = SortedSet::from(["mutex a.rs:100:1", "mutex a.rs:20:1", "mutex a.rs:20:1#2", "mutex b.rs:3:1"]);
        let classes = classes(&labels);
        assert_eq!(classes["mutex a.rs"], ["mutex a.rs:20:1", "mutex a.rs:20:1#2", "mutex a.rs:100:1"]);
        assert_eq!(classes["mutex b.rs"], ["mutex b.rs:3:1"]);
    }
}
