//! How a pair of a scenario and a revision is explored: which strategies, and how long each.

use std::time::Duration;

use bohrbug::Budget;

use crate::scenario::{Expectation, Scale};

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

/// Where a failure is expected, these in turn until one finds it; they have different weaknesses.
const SEEKING: [(&str, u64); 7] = [
    ("random", 10_000),
    ("pct", 10_000),
    ("shuttle-random", 10_000),
    ("shuttle-pct", 10_000),
    ("shuttle-urw", 10_000),
    ("loom", 10_000),
    ("dfs", 10_000),
];

/// Where none is expected: brute force, which proves it where the workload is small enough, and otherwise two that look
/// into different corners.
const HOLDING: [(&str, u64); 3] = [("dfs", 10_000), ("random", 5_000), ("pct", 5_000)];

/// A full workload has some hundred times the events of a small one.
const FULL_SCALE: u64 = 100;

/// The strategies to follow, one after the other.
pub fn phases(expected: Expectation, settings: &Settings) -> Vec<Phase> {
    let list: Vec<(&str, u64)> = match (&settings.strategy, expected) {
        (Some(strategy), _) => vec![(strategy, EXECUTIONS)],
        (None, Expectation::Fails { .. }) => SEEKING.to_vec(),
        (None, Expectation::Holds) => HOLDING.to_vec(),
    };
    // Brute force through a full workload would see the last few steps in many orders, and the first ones in one.
    let is_hopeless =
        |strategy: &str| strategy == "dfs" && settings.scale == Scale::Full && settings.strategy.is_none();
    let phase = |(strategy, executions): (&str, u64)| Phase {
        strategy: strategy.to_owned(),
        budget: Budget { executions: bound(executions, settings), time: settings.time },
    };
    list.into_iter().filter(|(strategy, _)| !is_hopeless(strategy)).map(phase).collect()
}

/// The bound on executions: what was asked for; none if only the time was bounded; else the default.
fn bound(default: u64, settings: &Settings) -> Option<u64> {
    let default = match settings.scale {
        Scale::Small => default,
        Scale::Full => default / FULL_SCALE,
    };
    settings.executions.or_else(|| settings.time.is_none().then_some(default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &Settings, expected: Expectation, phases_expected: &[(&str, Option<u64>)]) {
        let phases = phases(expected, settings);
        let found: Vec<_> = phases.iter().map(|phase| (phase.strategy.as_str(), phase.budget.executions)).collect();
        assert_eq!(found, phases_expected);
    }

    #[test]
    fn what_is_asked_for_comes_before_what_is_usual() {
        let asked = Settings { strategy: Some("pct".to_owned()), ..Settings::default() };
        check(&asked, Expectation::Holds, &[("pct", Some(10_000))]);
        check(&Settings { executions: Some(7), ..asked.clone() }, Expectation::Holds, &[("pct", Some(7))]);
        let time = Some(Duration::from_secs(1));
        check(&Settings { time, ..asked }, Expectation::Holds, &[("pct", None)]);
        let holding = [("dfs", Some(7)), ("random", Some(7)), ("pct", Some(7))];
        check(&Settings { executions: Some(7), ..Settings::default() }, Expectation::Holds, &holding);
    }

    #[test]
    fn a_full_workload_is_explored_less_often_and_not_by_brute_force() {
        let full = Settings { scale: Scale::Full, ..Settings::default() };
        check(&full, Expectation::Holds, &[("random", Some(50)), ("pct", Some(50))]);
        let asked = Settings { strategy: Some("dfs".to_owned()), ..full };
        check(&asked, Expectation::Holds, &[("dfs", Some(100))]);
    }

    #[test]
    fn every_strategy_of_a_plan_is_one() {
        for (strategy, _) in SEEKING.iter().chain(&HOLDING) {
            assert!(bohrbug::runtime_of(strategy).is_ok(), "{strategy}");
        }
    }
}
