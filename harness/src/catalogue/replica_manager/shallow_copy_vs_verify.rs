//! The latent deadlock of `v3` and `v4`: a rebuild's destination holds its own lock and calls its source's server;
//! verify holds the server's lock and asks the destination whether it is being rebuilt.
//!
//! Verify asks only if the destination's head is missing, so the head is taken away here. Every revision on the tree
//! of `v3` has it, the report's three proposals too; `v0` has it because its verify syncs under the server's lock.

use replica_manager::RebuildProgress;

use super::{DEADLOCKS, HOLDS, SYSTEM, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "shallow-copy-vs-verify",
    summary: "a rebuild checks its copy while a verify pass is under way",
    expectations: &[
        ("v0", DEADLOCKS),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", DEADLOCKS),
        ("v4", DEADLOCKS),
        ("v5", HOLDS),
        ("v6", HOLDS),
        ("record-after-lvol", DEADLOCKS),
        ("verify-lock", DEADLOCKS),
        ("transactional-create", DEADLOCKS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    stage::running(&server, stage::R);
    stage::running(&server, stage::R2);
    let prepared = server.replica_snapshot_create(stage::R, "s").and_then(|()| {
        let port = server.rebuild_source_start(stage::R, stage::R2, "s")?;
        let target = server.rebuild_destination_start(stage::R2, stage::R, port, "s")?;
        server.rebuild_destination_revert(stage::R2, None)?;
        server.rebuild_source_attach(stage::R, target)?;
        server.rebuild_destination_copy_start(stage::R2, "s")?;
        server.spdk().delete_lvol(stage::R2)
    });
    prepared.expect("with nothing else going on, the rebuild starts");
    let copier = {
        let server = server.clone();
        stage::spawn("copier", move || server.rebuild_destination_copy_check(stage::R2))
    };
    let verify = stage::spawn_verify(&server);
    let progress = stage::join(copier);
    stage::join(verify);
    assert_eq!(progress, Ok(RebuildProgress::Copied), "the copy was not found done");
    let kept = server.replica_get(stage::R2).is_ok_and(|view| view.rebuilding);
    assert!(kept, "the destination {} is not being rebuilt any more", stage::R2);
}
