//! A whole rebuild inside one verify pass: a defect that `v5` and `v6` have, derived here and not reported upstream.
//!
//! A destination has no head between two target calls of its start. Verify lists in that moment, and by the time it
//! asks whether the replica is being rebuilt, the rebuild is over: no volume in the listing, no rebuild, so it removes
//! the record of a healthy replica. No create or delete happened, so the generation of `v6` says nothing. Revisions
//! that hold the server's lock from the listing to the question are safe: the rebuild cannot take its next step.
//! `v1` fails in its own way: it compares the rebuilt replica with the old listing.

use replica_manager::{Result, Server, State};

use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "rebuild-vs-verify",
    summary: "a replica is rebuilt while a verify pass is under way",
    expectations: &[
        ("v0", HOLDS),
        ("v1", fails("rebuilt")),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", HOLDS),
        ("v5", fails("rebuilt")),
        ("v6", fails("rebuilt")),
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
    stage::running(&server, stage::R2);
    server.replica_snapshot_create(stage::R, "s").expect("a snapshot");
    let port = server.rebuild_source_start(stage::R, stage::R2, "s").expect("a source");
    let rebuilder = {
        let server = server.clone();
        stage::spawn("rebuilder", move || rebuild(&server, port))
    };
    let verify = stage::spawn_verify(&server);
    let finished = stage::join(rebuilder);
    stage::join(verify);
    if let Err(error) = finished {
        panic!("replica {} was not rebuilt: {error}", stage::R2);
    }
    match server.replica_get(stage::R2) {
        Ok(view) if view.state == State::Running => {}
        Ok(view) => panic!("replica {} was rebuilt and is now {}: {}", stage::R2, view.state, view.error),
        Err(_) => panic!("replica {} was rebuilt, but the map has lost it", stage::R2),
    }
}

/// The destination's part, with nothing to copy.
fn rebuild(server: &Server, port: u16) -> Result<()> {
    server.rebuild_destination_start(stage::R2, stage::R, port, "s")?;
    server.rebuild_destination_revert(stage::R2, None)?;
    server.rebuild_destination_snapshot_create(stage::R2, "s", true)?;
    server.rebuild_destination_finish(stage::R2)
}
