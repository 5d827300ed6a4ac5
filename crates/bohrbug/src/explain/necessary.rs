//! The necessary orders of a failing execution, of each kind the one that says most.
//!
//! That event `a` comes before event `b` says also that all of `a`'s task before `a` comes before all of `b`'s task after
//! `b`. So for each `a` the earliest `b` is looked for, by bisection: if an order is necessary, so are those that follow from
//! it.

use std::ops::ControlFlow;

use bohrbug_trace::TraceEvent;

use super::candidates::{Rivals, in_conflict, rivals, section_end};
use super::reduce::reduced;
use super::turn::{Turned, Turner};
use super::witnesses::Witnesses;
use crate::record;
use crate::rerun::Runner;
use crate::strategy::{Bounded, Random, Strategy};

/// The events that go into finding other executions that fail in the same way, for each of two strategies.
const EVENTS: u64 = 100_000;

/// The necessary orders, as steps of the execution, in the order of their first events.
pub(super) fn necessary(runner: &mut Runner<'_>, events: &[TraceEvent], fingerprint: &str) -> Vec<(usize, usize)> {
    let mut turner = Turner::new(runner, events, fingerprint);
    find_witnesses(runner, Random::new(0), fingerprint, &mut turner.witnesses);
    find_witnesses(runner, Bounded::new(), fingerprint, &mut turner.witnesses);
    let mut orders: Vec<(usize, usize)> =
        rivals(events).iter().flat_map(|rivals| between(&mut turner, rivals)).collect();
    orders.sort_unstable();
    orders.dedup();
    runner.executions += turner.executions;
    reduced(&orders, &turner.forced, |step| section_end(events, step))
}

/// Executions that fail in the same way, found by a strategy.
fn find_witnesses(
    runner: &mut Runner<'_>,
    strategy: impl Strategy + 'static,
    fingerprint: &str,
    found: &mut Witnesses,
) {
    let mut left = EVENTS;
    runner.search(strategy, |ended, _| {
        let view = ended.execution.view();
        left = left.saturating_sub(view.events().len() as u64);
        if ended.failure.is_some_and(|failure| failure.fingerprint() == fingerprint) {
            found.add(found.places(&record::events_without_sites(view)));
        }
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
}

/// The necessary orders of one task's accesses before another's.
fn between(turner: &mut Turner<'_>, rivals: &Rivals) -> Vec<(usize, usize)> {
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
fn earliest(turner: &mut Turner<'_>, first: usize, seconds: &[usize]) -> Option<usize> {
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
