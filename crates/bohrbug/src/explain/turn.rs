//! Turning two events round: does it fail in the same way when the second comes first?

use std::ops::ControlFlow;

use bohrbug_sorted::SortedMap;
use bohrbug_trace::{Before, EventKey, TraceEvent, keys};

use super::candidates::{Forced, held, open_orders, rival_events};
use super::witnesses::Witnesses;
use crate::rerun::Runner;
use crate::strategy::{Ordered, Plan, Rest, Strategy};

/// What came of turning two events round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// It fails in the same way all the same.
    Fails,
    /// It does not, in any of the executions that had them the other way round.
    Holds,
    /// They never came the other way round.
    Never,
}

/// How many executions turn two events round, and how many of them are not random in all else.
const RESTS: u64 = 11;
const NOT_AT_RANDOM: u64 = 3;

/// How many events all those executions may have together. Where an order keeps a task in a loop each of them takes as many as it
/// may.
const MOST: u64 = 1_000_000;

/// Turns events of one failing execution round.
pub(super) struct Turner<'a, 'p> {
    runner: &'a mut Runner<'p>,
    fingerprint: &'a str,
    pub(super) events: &'a [TraceEvent],
    keys: Vec<EventKey>,
    pub(super) forced: Forced,
    choices: SortedMap<EventKey, u64>,
    witnesses: Witnesses,
    /// How many events executions may still have that turn two round.
    left: u64,
}

impl<'a, 'p> Turner<'a, 'p> {
    pub(super) fn new(runner: &'a mut Runner<'p>, events: &'a [TraceEvent], fingerprint: &'a str, most: u64) -> Self {
        let keys = keys(events);
        let choices =
            keys.iter().cloned().zip(events).filter_map(|(key, event)| Some((key, event.chosen()?))).collect();
        let forced = Forced::of(events);
        let witnesses = Witnesses::new(&keys, open_orders(events, &forced));
        Self { runner, fingerprint, events, keys, forced, choices, witnesses, left: MOST.min(most.saturating_mul(10)) }
    }

    /// Looks for executions that fail in the same way, until so many events have happened or none can tell anything new.
    pub(super) fn find_witnesses(&mut self, strategy: impl Strategy + 'static, events: u64) {
        let mut left = events;
        if self.witnesses.are_enough() {
            return;
        }
        self.runner.search(strategy, |ended, _| {
            let view = ended.execution.view();
            left = left.saturating_sub(view.events().len() as u64);
            if ended.fails_with(self.fingerprint) {
                self.witnesses.add(&self.witnesses.places(&rival_events(view)));
            }
            if left == 0 || self.witnesses.are_enough() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }

    /// Whether it fails when event `second` comes before event `first`.
    pub(super) fn turn(&mut self, first: usize, second: usize) -> Turned {
        if self.forced.orders(first, second) {
            return Turned::Never;
        }
        if self.witnesses.have_turned(first, second) {
            return Turned::Fails;
        }
        // The second may need a lock that the first's task has by then: then it has to be held before it takes that.
        for hold in held(self.events, first) {
            match self.turn_from(hold, first, second) {
                Turned::Never => {}
                turned => return turned,
            }
        }
        Turned::Never
    }

    /// Holds the task of the first event at the step `hold` until the second event has happened.
    fn turn_from(&mut self, hold: usize, first: usize, second: usize) -> Turned {
        let order = Before { first: self.keys[second].clone(), then: self.keys[hold].clone() };
        let mut came = Turned::Never;
        for number in 0..RESTS {
            if self.left == 0 {
                return Turned::Never;
            }
            let rest = self.rest(number, first, second);
            let plan = Plan { orders: vec![order.clone()], choices: self.choices.clone(), rest, kind: None };
            let turned = self.run(plan, first, second);
            if turned == Turned::Fails {
                return Turned::Fails;
            }
            if turned == Turned::Holds {
                came = Turned::Holds;
            }
        }
        came
    }

    /// Runs one execution, held to a plan.
    fn run(&mut self, plan: Plan, first: usize, second: usize) -> Turned {
        let mut turned = Turned::Never;
        self.runner.search(Ordered::new(plan), |ended, _| {
            let view = ended.execution.view();
            self.left = self.left.saturating_sub(view.events().len() as u64);
            let places = self.witnesses.places(&rival_events(view));
            if places[second] < places[first] {
                turned = Turned::Holds;
                if ended.fails_with(self.fingerprint) {
                    self.witnesses.add(&places);
                    turned = Turned::Fails;
                }
            }
            ControlFlow::Break(())
        });
        turned
    }

    /// How the rest goes, by number: as recorded, either task before all others, at random.
    fn rest(&self, number: u64, first: usize, second: usize) -> Rest {
        let before = |task: Option<&str>| {
            let rank = |(step, event): (usize, &TraceEvent)| {
                if Some(event.task.as_str()) == task { 0 } else { step as u32 + 1 }
            };
            Rest::Ranked(self.keys.iter().cloned().zip(self.events.iter().enumerate().map(rank)).collect())
        };
        match number {
            0 => before(None),
            1 => before(Some(&self.events[first].task)),
            2 => before(Some(&self.events[second].task)),
            _ => Rest::Random { seed: number - NOT_AT_RANDOM },
        }
    }
}
