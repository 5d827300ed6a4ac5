//! Which task is which: by name, and by what it does.

use std::collections::BTreeMap;

use bohrbug_sorted::SortedMap;

use crate::site::without_line;
use crate::{Operation, TraceEvent, parent_path};

/// What the same name is worth; doing just the same is worth [`LIKENESS`].
const NAME: u64 = 80;

/// What the same ordinal of a name is worth: enough to decide between equals.
const NUMBER: u64 = 5;

/// What doing just the same is worth.
const LIKENESS: u64 = 50;

/// Less than this is no reason to take one task for another.
const LEAST: u64 = 15;

/// For each recorded path the found one, as far as there is one.
pub(super) fn matched(recorded: &[TraceEvent], found: &[TraceEvent]) -> BTreeMap<String, String> {
    let (ours, theirs) = (Tasks::of(recorded), Tasks::of(found));
    let mut map = BTreeMap::from([("main".to_owned(), "main".to_owned())]);
    // A parent comes before its children: a task appears after the one that spawned it.
    for parent in &ours.order {
        let Some(other) = map.get(*parent).cloned() else { continue };
        for (child, image) in pair_up(&ours, &theirs, parent, &other) {
            map.insert(child.to_owned(), image.to_owned());
        }
    }
    map
}

/// Pairs up the children of two tasks, those that fit best first.
fn pair_up<'a>(ours: &Tasks<'a>, theirs: &Tasks<'a>, parent: &str, other: &str) -> Vec<(&'a str, &'a str)> {
    let (children, images) = (ours.children(parent), theirs.children(other));
    let mut fits = Vec::new();
    for (i, child) in children.iter().enumerate() {
        for (j, image) in images.iter().enumerate() {
            let fit = name_fits(child, image) + likeness(&ours.done[child], &theirs.done[image]);
            fits.push((std::cmp::Reverse(fit), i.abs_diff(j), i, j));
        }
    }
    bohrbug_sorted::sort(&mut fits);
    let (mut taken, mut given) = (vec![false; children.len()], vec![false; images.len()]);
    let mut pairs = Vec::new();
    for (fit, _, i, j) in fits {
        if fit.0 >= LEAST && !taken[i] && !given[j] {
            (taken[i], given[j]) = (true, true);
            pairs.push((children[i], images[j]));
        }
    }
    // As many as are left on both sides are the same ones in another guise.
    let left = |taken: &[bool]| (0..taken.len()).filter(|&place| !taken[place]).collect::<Vec<_>>();
    let (left, over) = (left(&taken), left(&given));
    if left.len() == over.len() {
        pairs.extend(left.into_iter().zip(over).map(|(i, j)| (children[i], images[j])));
    }
    pairs
}

/// How well the last parts of two paths agree.
fn name_fits(path: &str, other: &str) -> u64 {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let (name, other) = (last(path), last(other));
    let split = |name: &str| {
        let (name, nth) = name.split_once('#').unwrap_or((name, ""));
        (without_line(name).into_owned(), nth.to_owned())
    };
    let ((name, nth), (other, other_nth)) = (split(&name), split(&other));
    let same = |same: bool, worth: u64| if same { worth } else { 0 };
    same(name == other, NAME + same(nth == other_nth, NUMBER))
}

/// How much two tasks do of the same: what they have in common, half of it as a part of all that they do, and half as a
/// part of what the lazier one does, which may have been stopped early.
fn likeness(ours: &Deeds<'_>, theirs: &Deeds<'_>) -> u64 {
    let (here, there): (u64, u64) = (ours.values().sum(), theirs.values().sum());
    let common: u64 = ours.iter().map(|(deed, count)| theirs.get(deed).map_or(0, |other| *count.min(other))).sum();
    let of_all = (LIKENESS * common).checked_div(here + there).unwrap_or(0);
    of_all + (LIKENESS * common / 2).checked_div(here.min(there)).unwrap_or(0)
}

/// How often a task does what to what, but for lines.
type Deeds<'a> = SortedMap<(Operation, std::borrow::Cow<'a, str>), u64>;

/// The tasks of an execution.
struct Tasks<'a> {
    /// In the order in which they were spawned, as far as that is known, or first did something.
    order: Vec<&'a str>,
    done: SortedMap<&'a str, Deeds<'a>>,
}

impl<'a> Tasks<'a> {
    fn of(events: &'a [TraceEvent]) -> Self {
        let mut tasks = Self { order: Vec::new(), done: SortedMap::new() };
        tasks.meet("main");
        for event in events {
            tasks.meet(&event.task);
            let spawned = event.object.as_deref().and_then(|label| label.strip_prefix("thread "));
            if let (Operation::Spawn, Some(path)) = (event.operation, spawned) {
                tasks.meet(path);
            }
            if !matches!(event.operation, Operation::Begin | Operation::End) {
                let deed = (event.operation, without_line(event.object.as_deref().unwrap_or_default()));
                let deeds = tasks.done.get_mut(event.task.as_str());
                deeds.into_iter().for_each(|deeds| *deeds.entry(deed.clone()).or_default() += 1);
            }
        }
        tasks
    }

    fn meet(&mut self, path: &'a str) {
        if !self.done.contains_key(path) {
            self.order.push(path);
            self.done.insert(path, Deeds::new());
        }
    }

    fn children(&self, parent: &str) -> Vec<&'a str> {
        self.order.iter().copied().filter(|path| parent_path(path) == Some(parent)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Executions as `task:objects` that it locks.
    fn events(tasks: &[&str]) -> Vec<TraceEvent> {
        let mut events = vec![TraceEvent::new("main", Operation::Begin, "a.rs:1:1")];
        for task in tasks {
            let (path, objects) = task.split_once('=').unwrap();
            events.push(TraceEvent::new("main", Operation::Spawn, "a.rs:1:1").on(format!("thread main/{path}")));
            let locks = objects.split(' ').filter(|object| !object.is_empty());
            events.extend(locks.map(|o| TraceEvent::new(format!("main/{path}"), Operation::Lock, "a.rs:1:1").on(o)));
        }
        events
    }

    fn check(recorded: &[&str], found: &[&str], expected: &[(&str, &str)]) {
        let map = matched(&events(recorded), &events(found));
        let expected = expected.iter().map(|(a, b)| (format!("main/{a}"), format!("main/{b}")));
        let expected: BTreeMap<String, String> = expected.chain([("main".to_owned(), "main".to_owned())]).collect();
        assert_eq!(map, expected);
    }

    #[test]
    fn a_name_says_most() {
        check(&["x=a", "y=b"], &["y=b c", "x=a"], &[("x", "x"), ("y", "y")]);
        check(&["x=a", "y=a"], &["y=a", "x=a"], &[("x", "x"), ("y", "y")]);
        check(&["x=a"], &["x="], &[("x", "x")]);
    }

    #[test]
    fn a_task_that_was_renamed_is_known_by_what_it_does() {
        check(&["x=a a b", "y=c"], &["y=c", "z=a a b"], &[("x", "z"), ("y", "y")]);
        // Stopped early by whatever else happened.
        check(&["x=a a b c c c c c c c c", "y=c"], &["z=a", "y=c"], &[("x", "z"), ("y", "y")]);
        // Nothing in common, but no other one, either.
        check(&["x=a"], &["z=b"], &[("x", "z")]);
        check(&["x=a"], &["z=b", "y=c"], &[]);
    }

    #[test]
    fn a_task_of_the_same_name_that_was_put_before_moves_the_numbers() {
        check(&["w=a b", "w#2=c"], &["w=d", "w#2=a b", "w#3=c"], &[("w", "w#2"), ("w#2", "w#3")]);
    }

    #[test]
    fn tasks_without_a_name_are_known_by_file_and_order() {
        check(
            &["s.rs:1:1=a", "s.rs:9:1=a"],
            &["s.rs:5:1=a", "s.rs:13:1=a"],
            &[("s.rs:1:1", "s.rs:5:1"), ("s.rs:9:1", "s.rs:13:1")],
        );
    }
}
