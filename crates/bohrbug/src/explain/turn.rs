//! Turning two events round: does it fail in the same way when the second comes first?

use std::collections::BTreeMap;

use bohrbug_sync::control::Config;
use bohrbug_trace::{Before, EventKey, Operation, Outcome, TraceEvent, keys};

use super::candidates::{Forced, held};
use super::witnesses::Witnesses;
use crate::planned;
use crate::rerun::Runner;
use crate::runtime::Program;
use crate::strategy::{Plan, Rest};

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

/// How many of the executions that turn two events round are random in all else.
const AT_RANDOM: u64 = 8;

/// Turns events of one failing execution round.
pub(super) struct Turner<'a> {
    program: &'a Program,
    config: Config,
    fingerprint: &'a str,
    kind: Option<String>,
    pub(super) events: &'a [TraceEvent],
    keys: Vec<EventKey>,
    pub(super) forced: Forced,
    choices: BTreeMap<EventKey, u64>,
    pub(super) witnesses: Witnesses,
    pub(super) executions: u64,
}

impl<'a> Turner<'a> {
    pub(super) fn new(runner: &Runner<'a>, events: &'a [TraceEvent], fingerprint: &'a str) -> Self {
        let keys = keys(events);
        let choices = keys.iter().cloned().zip(events).filter_map(|(key, event)| Some((key, chosen(event)?))).collect();
        let (forced, witnesses) = (Forced::of(events), Witnesses::new(&keys));
        Self {
            program: runner.program,
            config: runner.config.clone(),
            kind: runner.kind.clone(),
            fingerprint,
            events,
            keys,
            forced,
            choices,
            witnesses,
            executions: 0,
        }
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
        for rest in self.rests(first, second) {
            let plan =
                Plan { orders: vec![order.clone()], choices: self.choices.clone(), rest, kind: self.kind.clone() };
            let ran = planned::run_without_sites(plan, self.program, &self.config);
            self.executions += 1;
            let places = self.witnesses.places(&ran.events);
            if places[second] >= places[first] {
                continue;
            }
            came = Turned::Holds;
            if ran.failure.is_some_and(|failure| failure.fingerprint() == self.fingerprint) {
                self.witnesses.add(places);
                return Turned::Fails;
            }
        }
        came
    }

    /// How the rest goes: as recorded, either task before all others, at random.
    fn rests(&self, first: usize, second: usize) -> Vec<Rest> {
        let before = |task: Option<&str>| {
            let rank = |(step, event): (usize, &TraceEvent)| {
                if Some(event.task.as_str()) == task { 0 } else { step as u32 + 1 }
            };
            Rest::Ranked(self.keys.iter().cloned().zip(self.events.iter().enumerate().map(rank)).collect())
        };
        let [one, other] = [first, second].map(|step| self.events[step].task.as_str());
        let ranked = [None, Some(one), Some(other)].map(before);
        ranked.into_iter().chain((0..AT_RANDOM).map(|seed| Rest::Random { seed })).collect()
    }
}

/// What the scheduler chose when that was recorded, if it had a choice.
fn chosen(event: &TraceEvent) -> Option<u64> {
    match event.operation {
        Operation::CompareExchange => Some(u64::from(event.outcome == Outcome::WeakFailure)),
        Operation::Choose | Operation::Fault | Operation::Now => event.value,
        _ => None,
    }
}
