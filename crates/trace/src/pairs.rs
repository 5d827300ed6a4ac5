//! The conflicting pairs of an execution: which events of different tasks had to be in their order.
//!
//! Whatever keeps these orders is the same execution for everybody who takes part in it (Mazurkiewicz's equivalence). A
//! pair that follows from others, by the order within each task and by transitivity, is left out.

use bohrbug_sorted::SortedMap;

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
    ordered_pairs(events, |_| true)
}

/// As [`conflicting_pairs`], between some of the events only: what all conflicts together say of their order.
///
/// So an order that went by way of an event that is left out is still there.
///
/// ```
/// use bohrbug_trace::{Operation, TraceEvent, ordered_pairs};
///
/// let event = |task: &str, object: &str| TraceEvent::new(task, Operation::Store, "a.rs:1:1").on(object);
/// let events = [event("main/a", "x"), event("main/b", "x"), event("main/b", "y"), event("main/c", "y")];
/// assert_eq!(ordered_pairs(&events, |step| step == 0 || step == 3), [(0, 3)]);
/// ```
pub fn ordered_pairs(events: &[TraceEvent], keep: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut past = Past::default();
    for event in events {
        past.add(event);
    }
    // Of each task: what its last kept event knew, and the kept events so far.
    let mut known: Vec<Clock> = vec![vec![0; past.tasks.len()]; past.tasks.len()];
    let mut kept: Vec<Vec<usize>> = vec![Vec::new(); past.tasks.len()];
    let mut pairs = Vec::new();
    for step in (0..events.len()).filter(|&step| keep(step)) {
        let Known { task, clock, .. } = &past.events[step];
        let before = |of: usize| clock.get(of).copied().unwrap_or(0);
        let last = |of: usize| kept[of][..kept[of].partition_point(|&earlier| earlier < before(of))].last().copied();
        let mut earlier: Vec<usize> = (0..kept.len()).filter(|of| of != task).filter_map(last).collect();
        bohrbug_sorted::sort_by(&mut earlier, |one, other| other.cmp(one));
        for first in earlier {
            if known[*task][past.events[first].task] <= first {
                join(&mut known[*task], &past.events[first].clock);
                pairs.push((first, step));
            }
        }
        join(&mut known[*task], clock);
        kept[*task].push(step);
    }
    bohrbug_sorted::sort_by(&mut pairs, |one, other| (one.1, one.0).cmp(&(other.1, other.0)));
    pairs
}

/// For each task one more than the step of its last event that came before; 0 if none did, or if it is left out.
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
    tasks: SortedMap<&'a str, usize>,
    objects: SortedMap<&'a str, u32>,
    /// The steps on each object by each task.
    on: SortedMap<(ObjectId, usize), Vec<usize>>,
    last: SortedMap<usize, usize>,
}

impl<'a> Past<'a> {
    /// Adds an event, with everything that had to happen before it.
    fn add(&mut self, event: &'a TraceEvent) {
        let next = self.tasks.len();
        let task = *self.tasks.entry(&event.task).or_insert(next);
        let (object, other) = (self.number(event.object.as_deref()), self.number(event.other.as_deref()));
        let access = Access { operation: event.operation.in_effect(event.outcome), object, other };
        let mut clock = self.last.get(&task).map_or_else(Clock::new, |&last| self.events[last].clock.clone());
        for earlier in self.last_conflicting(task, access) {
            join(&mut clock, &self.events[earlier].clock);
        }
        self.remember(task, access, clock);
    }

    fn number(&mut self, label: Option<&'a str>) -> ObjectId {
        let next = self.objects.len() as u32;
        label.map_or(ObjectId::NONE, |label| ObjectId(*self.objects.entry(label).or_insert(next)))
    }

    /// The last conflicting event of each other task on each of the objects, in no order.
    fn last_conflicting(&self, task: usize, access: Access) -> Vec<usize> {
        let mut found = Vec::new();
        for object in [access.object, access.other] {
            if object.is_some() {
                let by_task = self.on.range((object, 0)..=(object, usize::MAX)).filter(|((_, of), _)| *of != task);
                let conflicts = |step: &&usize| conflict(self.events[**step].access, access);
                found.extend(by_task.filter_map(|(_, steps)| steps.iter().rev().find(conflicts)));
            }
        }
        found
    }

    fn remember(&mut self, task: usize, access: Access, mut clock: Clock) {
        let step = self.events.len();
        clock.resize(clock.len().max(task + 1), 0);
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
    clock.resize(clock.len().max(other.len()), 0);
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
    fn a_pair_between_some_events_stands_for_every_way_over_the_others() {
        let event = |(task, object): (&str, &str)| TraceEvent::new(task, Store, "a.rs:1:1").on(object);
        let events: Vec<_> =
            [("a", "x"), ("a", "z"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z"), ("c", "x")].map(event).into();
        let all = conflicting_pairs(&events);
        let orders = |pairs: &[(usize, usize)], first, then| implied(&events, pairs, first, then);
        for bits in 0..1_u32 << events.len() {
            let keep = |step: usize| bits >> step & 1 == 1;
            let some = ordered_pairs(&events, keep);
            for (first, then) in (0..events.len()).flat_map(|then| (0..then).map(move |first| (first, then))) {
                let both = keep(first) && keep(then) && events[first].task != events[then].task;
                assert!(!both || orders(&some, first, then) == orders(&all, first, then), "{bits:b} {first} {then}");
            }
        }
    }

    /// Whether the pairs and the order within each task put one event before the other.
    fn implied(events: &[TraceEvent], pairs: &[(usize, usize)], first: usize, then: usize) -> bool {
        let is_edge = |a: usize, b: usize| pairs.contains(&(a, b)) || a < b && events[a].task == events[b].task;
        first == then || (first + 1..=then).any(|next| is_edge(first, next) && implied(events, pairs, next, then))
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
