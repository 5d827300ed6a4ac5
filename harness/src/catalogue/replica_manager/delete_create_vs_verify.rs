//! What a retried rebuild does to its destination: destroy it and create it again, while verify is under way
//! (longhorn#13074).

use super::{HOLDS, SYSTEM, fails, oracle, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "delete-create-vs-verify",
    summary: "a replica is destroyed and created again while a verify pass is under way",
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
    stage::running(&server, stage::R);
    let recreator = {
        let server = server.clone();
        stage::spawn("recreator", move || {
            if let Err(error) = server.replica_delete(stage::R, true) {
                panic!("creation was cut off: the delete before it failed: {error}");
            }
            stage::create(&server, stage::R)
        })
    };
    let verify = stage::spawn_verify(&server);
    let reply = stage::join(recreator);
    stage::join(verify);
    oracle::created(&server, stage::R, &reply);
    oracle::nothing_leaked(&server, "creation was cut off");
}
