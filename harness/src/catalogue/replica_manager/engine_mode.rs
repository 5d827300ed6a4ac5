//! What the report's users saw: RW -> ERR. A create is acknowledged, the engine connects the replica (RW), asks its
//! server about it, is told that there is none, and takes it for failed.
//!
//! A create that was refused is another scenario's matter (`create-vs-verify`); here the caller gives up on it. Before
//! `v3` an engine made nothing of a replica that its server had lost.

use replica_manager::{Frontend, Mode, State};

use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "engine-mode",
    summary: "an engine is built on a replica that was created while a verify pass was under way",
    expectations: &[
        ("v0", HOLDS),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", fails("ERR")),
        ("v4", HOLDS),
        ("v5", fails("ERR")),
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
    let creator = {
        let server = server.clone();
        stage::spawn("creator", move || stage::create(&server, stage::R))
    };
    let verify = stage::spawn_verify(&server);
    let reply = stage::join(creator);
    stage::join(verify);
    let first = match reply {
        Ok(view) if view.state == State::Running => view.address(),
        _ => return,
    };
    let second = stage::running(&server, stage::R2).address();
    let replicas = [(stage::R.to_owned(), first), (stage::R2.to_owned(), second)].into();
    let engine = server.engine_create(stage::E, &replicas, Frontend::BlockDevice).expect("an engine");
    for (replica, mode) in engine.modes {
        assert_eq!(mode, Mode::Rw, "replica {replica} was created and connected, and went from RW to {mode}");
    }
}
