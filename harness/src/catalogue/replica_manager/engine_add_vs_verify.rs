//! `v0`'s deadlock: an add holds the engine's lock and calls the replicas' server; verify holds the server's lock and
//! wants the engine's.
//!
//! `v1` fails in its own way: it validates against a listing from before the add took its snapshot.

use replica_manager::{Frontend, Mode};

use super::{DEADLOCKS, HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "engine-add-vs-verify",
    summary: "a replica is added to an engine while a verify pass is under way",
    expectations: &[
        ("v0", DEADLOCKS),
        ("v1", fails("rebuild")),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", HOLDS),
        ("v5", HOLDS),
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
    let source = stage::running(&server, stage::R).address();
    let destination = stage::running(&server, stage::R2).address();
    let replicas = [(stage::R.to_owned(), source)].into();
    server.engine_create(stage::E, &replicas, Frontend::Empty).expect("an engine");
    let adder = {
        let server = server.clone();
        stage::spawn("adder", move || server.engine_replica_add(stage::E, stage::R2, &destination))
    };
    let verify = stage::spawn_verify(&server);
    let added = stage::join(adder);
    stage::join(verify);
    let finished = added.and_then(|job| server.run_rebuild(&job));
    if let Err(error) = finished {
        panic!("the rebuild did not come to its end: {error}");
    }
    for (replica, mode) in server.engine_get(stage::E).expect("the engine").modes {
        assert_eq!(mode, Mode::Rw, "after the rebuild {replica} is {mode}");
    }
}
