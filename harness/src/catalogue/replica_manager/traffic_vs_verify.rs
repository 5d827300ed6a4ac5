//! Two verify passes beside a create and a delete of another replica: does one of the passes come through?
//!
//! `v6` drops a pass whenever the map has changed since it was copied, and syncs nothing in it: traffic that is steady
//! enough starves verify, and what has happened to a replica meanwhile is never noticed. No report: found by reading
//! the code.

use replica_manager::State;

use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

const PASSES: usize = 2;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "traffic-vs-verify",
    summary: "a replica loses its volume, and two verify passes run beside a create and a delete of another replica",
    expectations: &[
        ("v0", HOLDS),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", HOLDS),
        ("v5", HOLDS),
        ("v6", fails("every verify pass was skipped")),
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
    server.spdk().delete_lvol(stage::R).unwrap_or_else(|error| panic!("the volume is there: {error}"));
    let traffic = {
        let server = server.clone();
        stage::spawn("traffic", move || {
            // What becomes of the other replica is the other scenarios' subject.
            let _ = (stage::create(&server, stage::R2), server.replica_delete(stage::R2, true));
        })
    };
    let verify = {
        let server = server.clone();
        stage::spawn("verify", move || (0..PASSES).for_each(|_| stage::verify(&server)))
    };
    stage::join(traffic);
    stage::join(verify);
    let noticed = server.replica_get(stage::R).map_or(true, |view| view.state != State::Running);
    assert!(noticed, "every verify pass was skipped: replica {} has no volume, and nobody noticed", stage::R);
}
