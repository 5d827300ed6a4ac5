//! A watcher is told that something happened to a replica and looks it up: it was destroyed, and its record is still there. The
//! signal goes out before the record does, and there is no other. `v0` has its big lock around both. No report: found by reading.

use bohrbug_sync::Arc;
use replica_manager::Subject;

use super::{SYSTEM, fails, one_big_lock_and_strict_hold, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "watched-delete",
    summary: "a watcher looks up the destroyed replica that it was told of",
    expectations: &one_big_lock_and_strict_hold(fails("still holds")),
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let mut server = stage::new_server(revision);
    stage::running(&server, stage::R);
    let dispatcher = server.start_updates();
    let told = server.watch(Subject::Replica);
    let server = Arc::new(server);
    let watcher = {
        let server = server.clone();
        stage::spawn("watcher", move || told.recv().is_ok() && server.replica_get(stage::R).is_err())
    };
    server.replica_delete(stage::R, true).expect("a destroy");
    assert!(stage::join(watcher), "a watcher was told of replica {}, and the map still holds it", stage::R);
    drop(server);
    stage::join(dispatcher);
}
