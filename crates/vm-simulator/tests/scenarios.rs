//! The catalogue's scenarios on real threads, which decide the interleavings themselves.
//!
//! A revision that is expected to hold must hold each time. One that is expected to fail need not fail on real threads;
//! that it does is for whoever explores interleavings to show. Where the bug needs no second thread it is shown here.

#[path = "../../../harness/src/scenario.rs"]
#[allow(unreachable_pub, missing_docs, dead_code)]
mod scenario;

#[path = "../../../harness/src/catalogue/vm_simulator/mod.rs"]
#[allow(unreachable_pub)]
mod catalogue;

use scenario::Expectation;
use vm_simulator::Revision;

#[test]
fn every_scenario_expects_something_of_every_revision() {
    for scenario in catalogue::SCENARIOS {
        let revisions: Vec<&str> = scenario.expectations.iter().map(|(revision, _)| *revision).collect();
        let all: Vec<&str> = Revision::ALL.iter().map(|revision| revision.name()).collect();
        assert_eq!(revisions, all, "{}", scenario.name);
        let fails = |(_, expected): &(&str, Expectation)| matches!(expected, Expectation::Fails { .. });
        assert!(scenario.expectations.iter().any(fails), "{} fails somewhere", scenario.name);
    }
}

#[test]
fn what_is_expected_to_hold_holds_on_real_threads() {
    let times = std::env::var("VM_SIMULATOR_SCENARIO_RUNS").ok().and_then(|times| times.parse().ok()).unwrap_or(50);
    for scenario in catalogue::SCENARIOS {
        for (revision, expected) in scenario.expectations {
            if matches!(expected, Expectation::Holds) {
                for _ in 0..times {
                    (scenario.run)(revision);
                }
            }
        }
    }
}
