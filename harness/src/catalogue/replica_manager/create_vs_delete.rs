//! A create against a destroying delete of the same name: the delete removes the key by name, whatever object it had
//! looked up, and even if it had found none.
//!
//! The end must be that of the acknowledged operations in one order or the other; an operation may be turned away,
//! and then must have done nothing.

use replica_manager::{ReplicaView, Result, Server, State, is_refusal};

use super::{HOLDS, SYSTEM, fails, oracle, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "create-vs-delete",
    summary: "a replica is created and destroyed at the same time",
    expectations: &[
        ("v0", HOLDS),
        ("v1", fails("no order")),
        ("v2", fails("no order")),
        ("v3", fails("no order")),
        ("v4", fails("no order")),
        ("v5", fails("no order")),
        ("v6", fails("no order")),
        ("record-after-lvol", fails("no order")),
        ("verify-lock", fails("no order")),
        ("transactional-create", HOLDS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let creator = {
        let server = server.clone();
        stage::spawn("creator", move || stage::create(&server, stage::R))
    };
    let deleter = {
        let server = server.clone();
        stage::spawn("deleter", move || server.replica_delete(stage::R, true))
    };
    let (created, deleted) = (stage::join(creator), stage::join(deleter));
    if let Err(what) = explain(&server, &created, &deleted) {
        panic!("no order of create and delete explains that {what}");
    }
    oracle::nothing_leaked(&server, "no order of create and delete explains this end");
}

fn explain(server: &Server, created: &Result<ReplicaView>, deleted: &Result<()>) -> std::result::Result<(), String> {
    match deleted {
        Err(error) if !is_refusal(error) => return Err(format!("the delete failed: {error}")),
        _ => {}
    }
    match created {
        Err(error) if is_refusal(error) => match server.replica_get(stage::R) {
            Ok(found) => Err(format!("the create was turned away and a replica is there, {}", found.state)),
            Err(_) => Ok(()),
        },
        Err(error) => Err(format!("the create failed: {error}")),
        Ok(view) if view.state == State::Running => end_of_a_created(server, view, deleted),
        Ok(view) => Err(format!("the create ended in state {}: {}", view.state, view.error)),
    }
}

fn end_of_a_created(server: &Server, view: &ReplicaView, deleted: &Result<()>) -> std::result::Result<(), String> {
    match server.replica_get(stage::R) {
        Ok(found) if found == *view => Ok(()),
        Ok(found) => Err(format!("the create was acknowledged and the map holds another object, {}", found.state)),
        Err(_) if deleted.is_err() => Err("the delete was turned away and the replica is gone".to_owned()),
        // Created, then deleted: then nothing of it may be left, which the audit says.
        Err(_) => Ok(()),
    }
}
