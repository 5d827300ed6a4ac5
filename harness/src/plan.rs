//! How a pair of a scenario and a revision is explored: which strategies, and how long each.

use std::time::Duration;

use bohrbug::{Budget, Carrier};

use crate::ended::Ledger;
use crate::scenario::{Expectation, Proof, Scale};

/// What somebody asked for; what they left out has a default.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The one strategy to use. Default: several in turn, see [`phases`].
    pub strategy: Option<String>,
    /// How many executions at the most, for each strategy.
    pub executions: Option<u64>,
    /// How long at the most, for each strategy.
    pub time: Option<Duration>,
    /// The seed of random numbers. Default: 0.
    pub seed: u64,
    /// How large the workloads are.
    pub scale: Scale,
    /// Whether a proof may take an hour.
    pub long: bool,
    /// In how many threads each pair is explored, as far as the strategy can; 0 counts as 1. The same is found.
    pub jobs: usize,
    /// What carries the tasks of a program on our own runtime.
    pub carrier: Carrier,
    /// What a task may use of processor time without an event. Default: as an exploration has it.
    pub loop_time: Option<Duration>,
    /// What of the hunt is done, if its process has ended before.
    pub ledger: Option<Ledger>,
}

/// One strategy and how long it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The strategy's name.
    pub strategy: String,
    /// When it is given up.
    pub budget: Budget,
}

/// The executions of a strategy that was asked for by name, without a budget.
const EXECUTIONS: u64 = 10_000;

/// Where a failure is expected, these in turn until one finds it; they have different weaknesses, and what takes one of
/// them a million events may take another a hundred. So they go in rounds, and each round may spend more.
const SEEKING: [&str; 10] =
    ["random", "pct", "surw", "pos", "bounded", "shuttle-random", "shuttle-pct", "shuttle-urw", "loom", "dpor"];

/// The events that each of them may spend in each round. The rarest failure of the catalogue takes four fifths of the last.
const SEEKING_EVENTS: [u64; 3] = [60_000, 600_000, 6_000_000];

/// Where none is expected: every behaviour once, which proves it where the workload is small enough, and otherwise two that
/// look into different corners.
const HOLDING: [&str; 3] = ["dpor", "random", "pct"];

/// The events that the search for a proof may spend: twice what the largest workload that it can finish takes.
const PROVING_EVENTS: u64 = 4_000_000;

/// The events that each of the others may spend.
const HOLDING_EVENTS: u64 = 500_000;

/// How many times the events a long hunt may spend where no failure is expected: enough to prove the pairs of all operations of
/// a system. Of what cannot be proved `dpor` would work through a corner: there the others, which draw from all of it, have what a
/// proof may take.
const LONG: u64 = 50;

/// The strategies to follow, one after the other; no time is spent on a proof that is not within reach, unless a long hunt was
/// asked for.
pub fn phases(expected: Expectation, proof: Proof, settings: &Settings) -> Vec<Phase> {
    // What was asked for is one budget for each strategy: there is nothing to grow.
    let one_round = settings.executions.is_some() || settings.time.is_some();
    let rounds = if one_round { &SEEKING_EVENTS[..1] } else { &SEEKING_EVENTS };
    let phases: Vec<Phase> = match (&settings.strategy, expected) {
        (Some(strategy), _) => {
            vec![phase(strategy, Budget::default().executions(EXECUTIONS))]
        }
        (None, Expectation::Fails { .. }) => rounds.iter().flat_map(|events| round(&SEEKING, *events)).collect(),
        (None, Expectation::Holds) => {
            let times = if settings.long { LONG } else { 1 };
            let (proving, looking) = match (proof, settings.long) {
                (Proof::WithinReach, _) | (Proof::Long, true) => (PROVING_EVENTS * times, HOLDING_EVENTS),
                (Proof::Never, true) => (HOLDING_EVENTS, PROVING_EVENTS),
                (Proof::Long | Proof::Never, false) => (HOLDING_EVENTS, HOLDING_EVENTS),
            };
            round(&HOLDING[..1], proving).chain(round(&HOLDING[1..], looking * times)).collect()
        }
    };
    let asked = |phase: Phase| Phase { budget: asked_for(phase.budget, settings), ..phase };
    phases.into_iter().map(asked).collect()
}

/// Each of the strategies once.
fn round(strategies: &[&str], events: u64) -> impl Iterator<Item = Phase> {
    strategies.iter().map(move |strategy| phase(strategy, Budget::default().events(events)))
}

fn phase(strategy: &str, budget: Budget) -> Phase {
    Phase { strategy: strategy.to_owned(), budget }
}

/// The budget that was asked for, or else the usual one.
fn asked_for(usual: Budget, settings: &Settings) -> Budget {
    match (settings.executions, settings.time) {
        (None, None) => usual,
        (executions, time) => Budget::default().executions(executions).time(time),
    }
}

#[cfg(test)]
mod tests {
    use bohrbug::FailureKind;

    use super::*;

    fn check(settings: &Settings, expected: Expectation, phases_expected: &[(&str, Budget)]) {
        let phases = phases(expected, Proof::WithinReach, settings);
        let found: Vec<_> = phases.iter().map(|phase| (phase.strategy.as_str(), phase.budget)).collect();
        assert_eq!(found, phases_expected);
    }

    #[test]
    fn what_is_asked_for_comes_before_what_is_usual() {
        let executions = |number| Budget::default().executions(number);
        let asked = Settings { strategy: Some("pct".to_owned()), ..Settings::default() };
        check(&asked, Expectation::Holds, &[("pct", executions(10_000))]);
        check(&Settings { executions: Some(7), ..asked.clone() }, Expectation::Holds, &[("pct", executions(7))]);
        let time = Some(Duration::from_secs(1));
        check(&Settings { time, ..asked }, Expectation::Holds, &[("pct", Budget::default().time(time))]);
        let holding = ["dpor", "random", "pct"].map(|strategy| (strategy, executions(7)));
        check(&Settings { executions: Some(7), ..Settings::default() }, Expectation::Holds, &holding);
    }

    #[test]
    fn every_strategy_seeks_a_little_before_one_seeks_for_long() {
        let fails = Expectation::Fails { kind: FailureKind::Panic, message: "" };
        let phases = super::phases(fails, Proof::WithinReach, &Settings::default());
        let events: Vec<u64> = phases.iter().filter_map(|phase| phase.budget.events).collect();
        assert_eq!(events.len(), SEEKING.len() * SEEKING_EVENTS.len());
        assert!(events.is_sorted(), "{events:?}");
        let first: Vec<&str> = phases.iter().take(SEEKING.len()).map(|phase| phase.strategy.as_str()).collect();
        assert_eq!(first, SEEKING);
        let asked = Settings { executions: Some(7), ..Settings::default() };
        assert_eq!(super::phases(fails, Proof::WithinReach, &asked).len(), SEEKING.len());
    }

    #[test]
    fn a_long_hunt_spends_more_where_none_is_expected_and_tries_every_proof_that_it_can_finish() {
        let events = |long: bool, proof: Proof, expected: Expectation| -> u64 {
            let settings = Settings { long, ..Settings::default() };
            super::phases(expected, proof, &settings).iter().filter_map(|phase| phase.budget.events).sum()
        };
        let fails = Expectation::panics("");
        let holds = Expectation::Holds;
        assert_eq!(events(true, Proof::WithinReach, fails), events(false, Proof::WithinReach, fails));
        assert_eq!(events(true, Proof::WithinReach, holds), LONG * events(false, Proof::WithinReach, holds));
        assert_eq!(events(true, Proof::Long, holds), events(true, Proof::WithinReach, holds));
        assert_eq!(events(true, Proof::Never, holds), HOLDING_EVENTS + 2 * LONG * PROVING_EVENTS);
        assert_eq!(events(false, Proof::Never, holds), 3 * HOLDING_EVENTS);
    }

    #[test]
    fn every_strategy_of_a_plan_is_one() {
        for strategy in SEEKING.iter().chain(&HOLDING) {
            assert!(bohrbug::runtime_of(strategy).is_ok(), "{strategy}");
        }
    }
}
