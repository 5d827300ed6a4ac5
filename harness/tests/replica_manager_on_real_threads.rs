//! The replica manager's scenarios on real threads: the bodies run, and revisions that hold do hold there.
//!
//! Failures are not looked for here (a deadlock would hang the test); that is exploration's part.

use harness::catalogue::replica_manager::{SCENARIOS, snapshot_ops_and_rebuilding};
use harness::scenario::Expectation;
use replica_manager::Revision;

const RUNS: usize = 100;

#[test]
fn every_scenario_says_what_it_expects_of_every_revision() {
    let revisions = Revision::ALL.map(Revision::name);
    // What nobody thought out is asked of the strict revision only.
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.leaves_out.is_none()) {
        let named: Vec<&str> = scenario.expectations.iter().map(|(revision, _)| *revision).collect();
        assert_eq!(named, revisions, "{}", scenario.name);
    }
}

#[test]
fn what_holds_holds_on_real_threads() {
    for scenario in SCENARIOS {
        let holding = scenario.expectations.iter().filter(|(_, expected)| *expected == Expectation::Holds);
        for (revision, _) in holding {
            for _ in 0..RUNS {
                (scenario.run)(revision);
            }
        }
    }
}

#[test]
fn the_full_workload_holds_on_real_threads() {
    for revision in ["v4", "verify-lock", "transactional-create", "strict"] {
        snapshot_ops_and_rebuilding::full_scale(revision);
    }
}
