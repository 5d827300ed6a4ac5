//! Two creates of one name: since the record follows the creation (`v4`) nothing keeps them apart.

use replica_manager::{ErrorKind, ReplicaView, Result, State};

use super::{HOLDS, SYSTEM, fails, oracle, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "duplicate-create",
    summary: "two callers create a replica of the same name",
    expectations: &[
        ("v0", HOLDS),
        ("v1", HOLDS),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", fails("duplicate create")),
        ("v5", fails("duplicate create")),
        ("v6", fails("duplicate create")),
        ("record-after-lvol", fails("duplicate create")),
        ("verify-lock", HOLDS),
        ("transactional-create", HOLDS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let [first, second] = ["first", "second"].map(|name| {
        let server = server.clone();
        stage::spawn(name, move || stage::create(&server, stage::R))
    });
    let replies = [stage::join(first), stage::join(second)];
    let winner = match &replies {
        [Ok(view), loser] | [loser, Ok(view)] if is_turned_away(loser) && view.state == State::Running => view,
        [first, second] => panic!(
            "duplicate create: one caller should have it and the other be told that it exists, but they were told {} and {}",
            told(first),
            told(second)
        ),
    };
    if let Err(what) = oracle::is_recorded(&server, stage::R, &Ok(winner.clone())) {
        panic!("duplicate create: {what}");
    }
    oracle::nothing_leaked(&server, "duplicate create");
}

fn is_turned_away(reply: &Result<ReplicaView>) -> bool {
    matches!(reply, Err(error) if error.kind == ErrorKind::AlreadyExists)
}

fn told(reply: &Result<ReplicaView>) -> String {
    match reply {
        Ok(view) => view.state.to_string(),
        Err(error) => error.to_string(),
    }
}
