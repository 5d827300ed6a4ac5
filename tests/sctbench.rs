//! The programs of SCTBench: each fails as described, its trace replays, and what is fixed holds.

use bohrbug::{Budget, Exploration, Report, Verdict};
use harness::catalogue::everything;
use harness::catalogue::sctbench::{SCENARIOS, SYSTEM};
use harness::scenario::{Expectation, Scale, Scenario};
use harness::select;
use harness::store::Replayed;

use crate::program::{BOHRBUG, Shell};

/// Programs that a uniformly random step does not find soon, each with a strategy that does.
const RARE: &[(&str, &str)] =
    &[("reorder_10", "shuttle-urw"), ("reorder_20", "shuttle-urw"), ("twostage_20", "shuttle-urw")];

/// Programs whose bug takes more executions of a hundred tasks than a debug build has time for. They are the same code as
/// their small sizes, which are found.
const TOO_RARE: &[&str] = &["reorder_100", "twostage_100"];

/// What each find takes at the most: the rarest takes some hundreds.
const EXECUTIONS: u64 = 2_000;

fn explored(scenario: &'static Scenario, revision: &'static str, strategy: &str, executions: u64) -> Report {
    let exploration = Exploration::new(scenario.full_name(), strategy)
        .revision(Some(revision.to_owned()))
        .budget(Budget::default().executions(executions));
    let report = exploration.run(&scenario.program(revision, Scale::Small), |_| {});
    report.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn there_are_the_twenty_seven_programs_that_are_described() {
    assert_eq!(SCENARIOS.len(), 27);
}

#[test]
fn they_are_hunted_where_somebody_names_them_and_have_no_matrix() {
    let catalogue = everything();
    let named = |filters: &[&str]| {
        let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
        select::scenarios(&catalogue, &filters).expect("there are some").into_iter()
    };
    assert!(named(&[]).all(|scenario| scenario.system != SYSTEM));
    assert_eq!(named(&[SYSTEM]).count(), 27);
    assert_eq!(named(&["reorder_3"]).map(Scenario::full_name).collect::<Vec<_>>(), ["sctbench/reorder_3"]);
    Shell::new(BOHRBUG).call(&["matrix", SYSTEM]).ends_with(2).complains("`sctbench` is a benchmark and has no matrix");
}

#[test]
fn every_program_fails_as_expected_and_its_trace_replays() {
    for scenario in SCENARIOS.iter().filter(|scenario| !TOO_RARE.contains(&scenario.name)) {
        let (revision, expected) = scenario.expectations[0];
        let rare = RARE.iter().find(|(name, _)| *name == scenario.name);
        let strategy = rare.map_or("random", |(_, strategy)| *strategy);
        let report = explored(scenario, revision, strategy, EXECUTIONS);
        let failure =
            report.failure().cloned().unwrap_or_else(|| panic!("{}: {strategy} finds nothing", scenario.name));
        assert!(expected.is_met_by(&failure), "{}: {failure}", scenario.name);
        let trace = report.trace().cloned().expect("a failure has a trace");
        let replayed = Replayed::once(&trace, &scenario.program(revision, Scale::Small));
        assert!(replayed.is_reproduced(), "{}: {replayed}", scenario.name);
    }
}

#[test]
fn the_largest_programs_run_to_their_ends() {
    for scenario in SCENARIOS.iter().filter(|scenario| TOO_RARE.contains(&scenario.name)) {
        let (revision, expected) = scenario.expectations[0];
        let report = explored(scenario, revision, "random", 20);
        assert!(report.failure().is_none_or(|failure| expected.is_met_by(failure)), "{}", scenario.name);
    }
}

#[test]
fn what_is_fixed_holds() {
    for scenario in SCENARIOS {
        for (revision, expected) in scenario.expectations.iter().copied() {
            if expected == Expectation::Holds {
                for (strategy, executions) in [("dfs", 3_000), ("random", 200), ("pct", 200)] {
                    let report = explored(scenario, revision, strategy, executions);
                    assert_eq!(report.failure(), None, "{} {revision} under {strategy}", scenario.name);
                    assert_eq!(report.cut, 0, "{} {revision} under {strategy}", scenario.name);
                }
            }
        }
    }
}

#[test]
fn brute_force_gets_through_the_smallest_of_what_is_fixed() {
    for name in ["arithmetic_prog", "bluetooth_driver", "deadlock01", "sync01", "twostage"] {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("it is there");
        assert_eq!(explored(scenario, "fixed", "dfs", 3_000).verdict, Verdict::Verified, "{name}");
    }
}
