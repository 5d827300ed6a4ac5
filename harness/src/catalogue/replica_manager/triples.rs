//! Three operations that a client can call, beside each other, on four worlds: too many for a proof.

use super::{HOLDS, SYSTEM, stage, workload};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "triples",
    summary: "three operations that the scheduler draws from all that a client can call",
    expectations: &[("strict", HOLDS)],
    run,
    out_of_reach: Some("three operations out of all: billions of behaviours"),
    never_proved: true,
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    workload::drawn(stage::new_server(revision), 3);
}
