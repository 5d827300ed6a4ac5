//! The two reports themselves, at their smallest size, under strategies of every runtime.

use bohrbug::{Budget, Exploration, Report, Verdict};
use harness::catalogue::everything;
use harness::scenario::{Expectation, Scale};

/// Explores one revision with one strategy, and so many executions at the most.
fn explored(name: &str, revision: &str, strategy: &str, executions: u64) -> (Report, Expectation) {
    let scenario = everything().find(name).unwrap_or_else(|| panic!("no scenario {name}"));
    let (revision, expected) = scenario.revision(revision).unwrap_or_else(|| panic!("no revision {revision}"));
    let exploration = Exploration::new(name, strategy)
        .revision(Some(revision.to_owned()))
        .budget(Budget::default().executions(executions))
        .off(expected.monitors_off());
    let scale = if strategy == "loom" { Scale::Smallest } else { Scale::Small };
    let report = exploration.run(&scenario.program(revision, scenario.scale(scale)), |_| {});
    (report.unwrap_or_else(|error| panic!("{error}")), expected)
}

/// The failure that is expected is found.
fn finds(name: &str, revision: &str, strategy: &str, executions: u64) {
    let (report, expected) = explored(name, revision, strategy, executions);
    let failure = report.failure().cloned().unwrap_or_else(|| panic!("{name} {revision}: {strategy} finds nothing"));
    assert!(expected.is_met_by(&failure), "{name} {revision}: {strategy} finds {failure}");
}

/// The search ends by itself, without a failure.
fn exhausts(name: &str, revision: &str, strategy: &str) {
    let (report, _) = explored(name, revision, strategy, 20_000);
    assert_eq!(report.verdict, Verdict::Exhausted, "{name} {revision}: {strategy}: {report:?}");
    assert_eq!(report.cut, 0, "{name} {revision}: {strategy} looked at every execution to its end");
}

#[test]
fn the_torn_device_list_is_found_within_100_executions_under_every_strategy() {
    for strategy in ["random", "pct", "shuttle-random", "shuttle-pct", "shuttle-urw", "loom"] {
        finds("vm-simulator/reconfigure-vs-collect", "reported", strategy, 100);
    }
}

#[test]
fn loom_exhausts_the_lock_of_the_device_list_and_devices_of_ones_own() {
    for revision in ["device-lock", "own-defaults"] {
        exhausts("vm-simulator/reconfigure-vs-collect", revision, "loom");
    }
}

#[test]
fn the_half_done_and_the_double_assignment_are_found_by_shuttle_and_by_loom() {
    for strategy in ["shuttle-random", "shuttle-pct", "shuttle-urw"] {
        finds("vm-assignment/network-failure", "reported", strategy, 100);
        finds("vm-assignment/double-assign", "reported", strategy, 100);
    }
    finds("vm-assignment/network-failure", "reported", "loom", 100);
    finds("vm-assignment/double-assign", "reported", "loom", 100);
}

#[test]
fn loom_exhausts_the_assignment_that_is_all_or_nothing_and_takes_its_locks_first() {
    exhausts("vm-assignment/network-failure", "strict", "loom");
    exhausts("vm-assignment/double-assign", "strict", "loom");
}
