//! Executions that fail in the same way: whatever order one of them does not have is not necessary.

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_trace::{EventKey, TraceEvent, keys};

/// Where each event of the explained execution is in another one; past everything if it does not happen there.
pub(super) type Places = Vec<usize>;

/// What executions that fail in the same way say of the orders of two events.
pub(super) struct Witnesses {
    /// The events of the explained execution, by what they are.
    events: SortedMap<EventKey, usize>,
    /// The orders that all of them have.
    kept: SortedSet<(usize, usize)>,
}

impl Witnesses {
    /// None so far, of an execution with these events and orders.
    pub(super) fn new(keys: &[EventKey], orders: SortedSet<(usize, usize)>) -> Self {
        Self { events: keys.iter().cloned().zip(0..).collect(), kept: orders }
    }

    /// Where the explained events are in this execution, those that it is told of.
    pub(super) fn places(&self, events: &[TraceEvent]) -> Places {
        let mut places = vec![usize::MAX; self.events.len()];
        for (place, key) in keys(events).iter().enumerate() {
            if let Some(&event) = self.events.get(key) {
                places[event] = place;
            }
        }
        places
    }

    /// Hears another one.
    pub(super) fn add(&mut self, places: &Places) {
        self.kept.retain(|&(first, second)| places[first] <= places[second]);
    }

    /// Whether one of them has the two events the other way round.
    pub(super) fn have_turned(&self, first: usize, second: usize) -> bool {
        !self.kept.contains(&(first, second))
    }

    /// Whether no other one can say anything new.
    pub(super) fn are_enough(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use bohrbug_trace::Operation;

    use super::*;

    #[test]
    fn one_witness_against_an_order_is_enough() {
        let event = |task: &str| TraceEvent::new(task, Operation::Lock, "a.rs:1:1").on("m");
        let all = ["main/a", "main/b", "main/c"].map(event);
        let mut witnesses = Witnesses::new(&keys(&all), [(0, 1), (1, 2)].into());
        let told = |order: [usize; 3]| order.map(|event| all[event].clone());
        for (order, turned) in [([0, 1, 2], [false, false]), ([1, 0, 2], [true, false]), ([0, 2, 1], [true, true])] {
            assert!(!witnesses.are_enough());
            witnesses.add(&witnesses.places(&told(order)));
            assert_eq!([witnesses.have_turned(0, 1), witnesses.have_turned(1, 2)], turned, "{order:?}");
        }
        assert!(witnesses.are_enough());
    }

    #[test]
    fn an_event_that_does_not_happen_comes_after_all_that_do() {
        let event = |task: &str| TraceEvent::new(task, Operation::Lock, "a.rs:1:1").on("m");
        let all = [event("main/a"), event("main/b")];
        let mut witnesses = Witnesses::new(&keys(&all), [(0, 1)].into());
        witnesses.add(&witnesses.places(&[]));
        witnesses.add(&witnesses.places(&all[..1]));
        assert!(!witnesses.have_turned(0, 1));
        witnesses.add(&witnesses.places(&all[1..]));
        assert!(witnesses.have_turned(0, 1));
    }
}
