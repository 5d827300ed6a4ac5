//! The neighbourhood of a trace: schedules that keep what made it fail, and draw the rest.
//!
//! A fix that holds on the one recorded schedule may only have moved the bug. What is kept is the essence of the failure.
//! A trace without one keeps the recorded orders that the ordinary schedule of the program, in which nobody is interrupted,
//! has the other way round: without interruptions most bugs do not show, so what made this one show is among them.
//!
//! Of the other recorded orders one schedule keeps none, the next one about half, then about three in four, about seven in
//! eight, and so on from the beginning: some schedules are near to the recorded one and some are not.

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Config, Runtime};
use bohrbug_trace::{Before, EventKey, Trace, conflicting_pairs, keys};
use rand::Rng;

use super::terms::{Asked, Terms};
use super::{Mode, Replay, ReplayError, replay_exactly};
use crate::failure::Failure;
use crate::planned::{self, Planned};
use crate::record;
use crate::runtime::Program;
use crate::strategy::{Plan, Rest, generator};

/// The outcome of the schedules around a recorded one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbourhood {
    /// What was kept: the essence, or matched orders.
    pub kept: Mode,
    /// How many orders were kept.
    pub orders: usize,
    /// How many schedules failed as recorded.
    pub reproduced: u64,
    /// How many failed in another way.
    pub failed_differently: u64,
    /// How many kept the orders and did not fail.
    pub held: u64,
    /// How many could not keep the orders, and did not fail.
    pub diverged: u64,
    /// The first failure of another kind, and the number of its schedule.
    pub other_failure: Option<(u64, Failure)>,
}

impl Neighbourhood {
    /// How many schedules there were.
    pub const fn schedules(&self) -> u64 {
        self.reproduced + self.failed_differently + self.held + self.diverged
    }
}

/// Runs that many schedules around the recorded one, on native; the same seed draws the same.
///
/// # Errors
///
/// If the trace needs loom's memory model; see [`ReplayError`].
pub fn replay_around(
    trace: &Trace,
    program: &Program,
    schedules: u64,
    seed: u64,
) -> Result<Neighbourhood, ReplayError> {
    let exact = replay_exactly(trace, program, Runtime::Native)?;
    let config = record::config(trace);
    let terms = matched(trace, program, &config, exact);
    let (kept, held) = what_is_kept(&terms, program, &config);
    let mut found = Neighbourhood {
        kept,
        orders: held.plan.orders.len(),
        reproduced: 0,
        failed_differently: 0,
        held: 0,
        diverged: 0,
        other_failure: None,
    };
    let others = terms.hold_all(Rest::InTurn).plan.orders;
    for number in 0..schedules {
        let plan = drawn(&held.plan, &others, number, seed);
        found.count(number, &terms, &held, planned::run(plan, program, &config));
    }
    Ok(found)
}

/// What is kept, with some of the other orders; those come last.
fn drawn(kept: &Plan, others: &[Before], number: u64, seed: u64) -> Plan {
    let mut generator = generator(seed, number);
    let nearness = (number % 4) as u32;
    let is_near = nearness > 0;
    let more = others.iter().filter(|order| is_near && !kept.orders.contains(order));
    let more = more.filter(|_| !generator.random_ratio(1, 1 << nearness));
    let orders = kept.orders.iter().chain(more).cloned().collect();
    Plan { orders, rest: Rest::Random { seed: seed.wrapping_add(number) }, ..kept.clone() }
}

/// What the recorded events are in this program, from an execution that is as near to the recording as it can be.
fn matched<'a>(trace: &'a Trace, program: &Program, config: &Config, exact: Replay) -> Terms<'a> {
    let mut terms = Terms::new(trace, exact.events);
    for _ in 0..2 {
        let held = terms.hold_all(Rest::Ranked(terms.ranks()));
        let next = Terms::new(trace, planned::run(held.plan, program, config).events);
        let settled = next.agrees_with(&terms);
        terms = next;
        if settled {
            break;
        }
    }
    terms
}

fn what_is_kept(terms: &Terms<'_>, program: &Program, config: &Config) -> (Mode, Asked) {
    let essence: Option<Vec<(usize, usize)>> = terms.essence().into_iter().collect();
    if let Some(pairs) = essence.filter(|pairs| !pairs.is_empty()) {
        return (Mode::Essence, terms.hold(pairs, Rest::InTurn));
    }
    let all = terms.hold(conflicting_pairs(terms.recorded_events()), Rest::InTurn);
    let ordinary = planned::run(Plan { orders: Vec::new(), ..all.plan.clone() }, program, config);
    let places: SortedMap<EventKey, usize> = keys(&ordinary.events).into_iter().zip(0..).collect();
    let is_ordinary = |order: &Before| match (places.get(&order.first), places.get(&order.then)) {
        (Some(first), Some(then)) => first < then,
        _ => false,
    };
    let extraordinary = all.plan.orders.iter().zip(&all.pairs).filter(|(order, _)| !is_ordinary(order));
    let pairs = extraordinary.map(|(_, pair)| *pair).collect();
    (Mode::Matched, terms.hold(pairs, Rest::InTurn))
}

impl Neighbourhood {
    fn count(&mut self, number: u64, terms: &Terms<'_>, held: &Asked, planned: Planned) {
        let kept = || {
            let happened: SortedSet<EventKey> = keys(&planned.events).into_iter().collect();
            let mut asked = held.plan.orders.iter().flat_map(|order| [&order.first, &order.then]);
            let is_kept = planned.broken.iter().all(|broken| broken.order >= held.plan.orders.len());
            is_kept && held.is_whole() && asked.all(|key| happened.contains(key))
        };
        match &planned.failure {
            Some(failure) if terms.is_recorded(failure) => self.reproduced += 1,
            Some(failure) => {
                self.failed_differently += 1;
                self.other_failure.get_or_insert_with(|| (number, failure.clone()));
            }
            None if kept() => self.held += 1,
            None => self.diverged += 1,
        }
    }
}
