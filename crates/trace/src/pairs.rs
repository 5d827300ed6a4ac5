//! The conflicting pairs of an execution: which events of different tasks had to be in their order.
//!
//! Whatever keeps these orders is the same execution for everybody who takes part in it (Mazurkiewicz's equivalence). A
//! pair that follows from others, by the order within each task and by transitivity, is left out.

use std::collections::BTreeMap;

use crate::{Access, ObjectId, TraceEvent, conflict};

/// The pairs of conflicting events of different tasks, as indices, that no other pairs imply; sorted by the second.
///
/// ```
/// use bohrbug_trace::{Operation, TraceEvent, conflicting_pairs};
///
/// let event = |task: &str, operation| TraceEvent::new(task, operation, "a.rs:1:1").on("stock");
/// let events = [
///     event("main/a", Operation::Load),
///     event("main/b", Operation::Load),
///     event("main/b", Operation::Store),
///     event("main/a", Operation::Store),
/// ];
/// assert_eq!(conflicting_pairs(&events), [(0, 2), (2, 3)]);
/// ```
pub fn conflicting_pairs(events: &[TraceEvent]) -> Vec<(usize, usize)> {
    let mut past = Past::default();
    let mut pairs = Vec::new();
    for event in events {
        let step = past.events.len();
        let (task, access) = past.enter(event);
        let mut clock = past.clock_of_task(task);
        for earlier in past.last_conflicting(task, access) {
            let of = past.events[earlier].task;
            if clock[of] <= earlier {
                join(&mut clock, &past.events[earlier].clock);
                pairs.push((earlier, step));
            }
        }
        past.add(task, access, clock);
    }
    pairs.sort_unstable_by_key(|&(first, then)| (then, first));
    pairs
}

/// For each task one more than the step of its last event that came before; 0 if none did.
type Clock = Vec<usize>;

/// An event that has been looked at.
struct Known {
    task: usize,
    access: Access,
    clock: Clock,
}

/// The events that have been looked at, and where to find them.
#[derive(Default)]
struct Past<'a> {
    events: Vec<Known>,
    tasks: BTreeMap<&'a str, usize>,
    objects: BTreeMap<&'a str, u32>,
    /// The steps on each object by each task.
    on: BTreeMap<(ObjectId, usize), Vec<usize>>,
    last: BTreeMap<usize, usize>,
}

impl<'a> Past<'a> {
    fn enter(&mut self, event: &'a TraceEvent) -> (usize, Access) {
        let next = self.tasks.len();
        let task = *self.tasks.entry(&event.task).or_insert(next);
        let (object, other) = (self.number(event.object.as_deref()), self.number(event.other.as_deref()));
        (task, Access { operation: event.operation, object, other })
    }

    fn number(&mut self, label: Option<&'a str>) -> ObjectId {
        let next = self.objects.len() as u32;
        label.map_or(ObjectId::NONE, |label| ObjectId(*self.objects.entry(label).or_insert(next)))
    }

    fn clock_of_task(&self, task: usize) -> Clock {
        let mut clock = self.last.get(&task).map_or_else(Clock::new, |&last| self.events[last].clock.clone());
        clock.resize(self.tasks.len(), 0);
        clock
    }

    /// The last conflicting event of each other task on each of the objects, the latest first.
    fn last_conflicting(&self, task: usize, access: Access) -> Vec<usize> {
        let mut found = Vec::new();
        for object in [access.object, access.other] {
            if object.is_some() {
                let by_task = self.on.range((object, 0)..=(object, usize::MAX)).filter(|((_, of), _)| *of != task);
                let conflicts = |step: &&usize| conflict(self.events[**step].access, access);
                found.extend(by_task.filter_map(|(_, steps)| steps.iter().rev().find(conflicts)));
            }
        }
        found.sort_unstable_by_key(|&step| std::cmp::Reverse(step));
        found.dedup();
        found
    }

    fn add(&mut self, task: usize, access: Access, mut clock: Clock) {
        let step = self.events.len();
        clock[task] = step + 1;
        for object in [access.object, access.other] {
            if object.is_some() {
                self.on.entry((object, task)).or_default().push(step);
            }
        }
        self.last.insert(task, step);
        self.events.push(Known { task, access, clock });
    }
}

fn join(clock: &mut Clock, other: &Clock) {
    for (own, other) in clock.iter_mut().zip(other) {
        *own = (*own).max(*other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation::{self, *};

    fn check(events: &[(&str, Operation, &str)], expected: &[(usize, usize)]) {
        let event = |(task, operation, object): &(&str, Operation, &str)| {
            TraceEvent::new(format!("main/{task}"), *operation, "a.rs:1:1").on(*object)
        };
        let events: Vec<_> = events.iter().map(event).collect();
        assert_eq!(conflicting_pairs(&events), expected);
    }

    #[test]
    fn what_commutes_and_what_one_task_does_alone_is_no_pair() {
        check(&[], &[]);
        check(&[("a", Load, "x"), ("b", Load, "x"), ("a", Store, "y"), ("a", Load, "y")], &[]);
    }

    #[test]
    fn what_follows_from_other_pairs_is_left_out() {
        // That a's lock comes before b's follows from a's unlock before it.
        check(&[("a", Lock, "m"), ("a", Unlock, "m"), ("b", Lock, "m"), ("b", Unlock, "m")], &[(1, 2)]);
        // By way of a third task, and of another object.
        check(
            &[("a", Store, "x"), ("b", Load, "x"), ("b", Store, "y"), ("c", Load, "y"), ("c", Load, "x")],
            &[(0, 1), (2, 3)],
        );
    }

    #[test]
    fn each_of_several_readers_comes_before_the_writer() {
        check(&[("a", Load, "x"), ("b", Load, "x"), ("c", Store, "x")], &[(0, 2), (1, 2)]);
    }

    #[test]
    fn a_wait_gives_its_mutex_back() {
        let wait = TraceEvent { other: Some("m".into()), ..TraceEvent::new("main/a", Wait, "a.rs:1:1").on("c") };
        let lock = TraceEvent::new("main/b", Lock, "a.rs:2:1").on("m");
        assert_eq!(conflicting_pairs(&[wait, lock]), [(0, 1)]);
    }
}
