//! A watcher is told of a new replica and looks it up. Where the record follows the creation (`b789d730`), the signal goes out
//! before it: the watcher finds nothing, and is not told again. No report: found by reading what the fix of longhorn#9953 moved.

use bohrbug_sync::Arc;
use replica_manager::Subject;

use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::{Expectation, Scenario};

const TOO_EARLY: Expectation = fails("told of");

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "watched-create",
    summary: "a watcher looks up the replica that it was told of",
    expectations: &[
        ("v0", HOLDS),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", TOO_EARLY),
        ("v5", TOO_EARLY),
        ("v6", TOO_EARLY),
        ("record-after-lvol", TOO_EARLY),
        ("verify-lock", HOLDS),
        ("transactional-create", TOO_EARLY),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut server = stage::new_server(revision);
    let dispatcher = server.start_updates();
    let told = server.watch(Subject::Replica);
    let server = Arc::new(server);
    let watcher = {
        let server = server.clone();
        stage::spawn("watcher", move || told.recv().is_ok() && server.replica_get(stage::R).is_ok())
    };
    stage::running(&server, stage::R);
    assert!(stage::join(watcher), "a watcher was told of replica {}, and the map does not hold it", stage::R);
    drop(server);
    stage::join(dispatcher);
}
