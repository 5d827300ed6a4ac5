//! The necessary orders of a failing execution, of each kind the one that says most.
//!
//! That event `a` comes before event `b` says also that all of `a`'s task before `a` comes before all of `b`'s task after
//! `b`. So for each `a` the earliest `b` is looked for, by bisection: if an order is necessary, so are those that follow from
//! it.
//!
//! Executions that fail in the same way are looked for first, since one that is found may refute many orders at once; as
//! soon as none is left to be refuted nobody looks for more.

use bohrbug_trace::TraceEvent;

use super::candidates::{Rivals, in_conflict, rivals, section_end};
use super::reduce::reduced;
use super::turn::{Turned, Turner};
use crate::rerun::Runner;
use crate::strategy::{Bounded, Random};

/// The events that go into finding other executions that fail in the same way, for each of two strategies.
const EVENTS: u64 = 100_000;

/// The necessary orders, as steps of the execution, in the order of their first events.
///
/// For each way to look for such executions there are `most` events, and ten times as many to turn orders round, if that is less than
/// what there is by default.
pub(super) fn necessary(
    runner: &mut Runner<'_>,
    events: &[TraceEvent],
    fingerprint: &str,
    most: u64,
) -> Vec<(usize, usize)> {
    let mut turner = Turner::new(runner, events, fingerprint, most);
    turner.find_witnesses(Random::new(0), EVENTS.min(most));
    turner.find_witnesses(Bounded::new(), EVENTS.min(most));
    let mut orders: Vec<(usize, usize)> =
        rivals(events).iter().flat_map(|rivals| between(&mut turner, rivals)).collect();
    bohrbug_sorted::sort(&mut orders);
    orders.dedup();
    reduced(&orders, &turner.forced, |step| section_end(events, step))
}

/// The necessary orders of one task's accesses before another's.
fn between(turner: &mut Turner<'_, '_>, rivals: &Rivals) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // What is necessary for a later access of the first task is so for an earlier one: only what says more is of interest.
    let mut end = usize::MAX;
    for &first in rivals.firsts.iter().rev() {
        let conflicts = |second: &usize| in_conflict(&turner.events[first], &turner.events[*second]);
        let later = rivals.seconds.iter().copied().filter(|second| (first + 1..end).contains(second));
        let seconds: Vec<usize> = later.filter(conflicts).collect();
        if let Some(second) = earliest(turner, first, &seconds) {
            end = second;
            found.push((first, second));
        }
    }
    found
}

/// The earliest of the second events that the first has to come before, if that is necessary and not the program's own
/// order.
fn earliest(turner: &mut Turner<'_, '_>, first: usize, seconds: &[usize]) -> Option<usize> {
    let last = *seconds.last()?;
    if turner.turn(first, last) == Turned::Fails {
        return None;
    }
    let (mut low, mut high) = (0, seconds.len() - 1);
    while low < high {
        let middle = low.midpoint(high);
        match turner.turn(first, seconds[middle]) {
            Turned::Fails => low = middle + 1,
            Turned::Holds | Turned::Never => high = middle,
        }
    }
    (turner.turn(first, seconds[low]) == Turned::Holds).then(|| seconds[low])
}
