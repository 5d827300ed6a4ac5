//! The report's bug at its smallest: one create, one verify pass.
//!
//! `v3` (longhorn#9953): the record is there, the volume is not, verify removes the record. `v5` (longhorn#13074):
//! verify copies the map, the create comes and goes, verify writes its copy back. `v1` did that before; in `v2` verify
//! removes nothing, but finds the new replica without a head and takes it for broken.

use super::{HOLDS, SYSTEM, fails, oracle, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "create-vs-verify",
    summary: "a replica is created while a verify pass is under way",
    expectations: &[
        ("v0", HOLDS),
        ("v1", fails("cut off")),
        ("v2", fails("cut off")),
        ("v3", fails("cut off")),
        ("v4", HOLDS),
        ("v5", fails("cut off")),
        ("v6", HOLDS),
        ("record-after-lvol", HOLDS),
        ("verify-lock", HOLDS),
        ("transactional-create", HOLDS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let verify = stage::spawn_verify(&server);
    let reply = stage::create(&server, stage::R);
    // The control plane looks a replica up as soon as its create has answered, and again later.
    oracle::created(&server, stage::R, &reply);
    stage::join(verify);
    oracle::created(&server, stage::R, &reply);
    oracle::nothing_leaked(&server, "creation was cut off");
}
