//! Every operation that a client can call, beside every other one, on four worlds.

use super::{HOLDS, SYSTEM, stage, workload};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "pairs",
    summary: "two operations that the scheduler draws from all that a client can call",
    expectations: &[("strict", HOLDS)],
    run,
    out_of_reach: Some("every operation beside every other: 211,000 behaviours, which `--long` explores"),
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    workload::drawn(stage::new_server(revision), 2);
}
