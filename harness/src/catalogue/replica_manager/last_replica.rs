//! An engine gives up the only replica that it can read while another one joins (longhorn#9216).
//!
//! A verify pass in between finds nothing to read, and the engine fails. Triples of all operations found it in `strict`.

use replica_manager::{Frontend, State};

use super::stage::{self, E, R, R2};
use super::{DEADLOCKS, SYSTEM, fails, only_strict_holds};
use crate::scenario::{Expectation, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "last-replica",
    summary: "an engine gives up its only readable replica while a rebuild ends, and a verify pass looks",
    expectations: &deadlocks_in_v0(only_strict_holds(fails("the volume is lost"))),
    run,
    shown: Some("v6"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let [address, joining] = [R, R2].map(|name| stage::running(&server, name).address());
    server.engine_create(E, &[(R.to_owned(), address)].into(), Frontend::BlockDevice).expect("an engine");
    let job = server.engine_replica_add(E, R2, &joining).expect("the add is accepted");
    server.run_copy(&job).expect("a copy");
    let finish = {
        let server = server.clone();
        stage::spawn("rebuild", move || server.run_finish(&job))
    };
    // Whether it is refused is the engine's business, as long as the volume lives.
    let _ = server.engine_replica_delete(E, R);
    stage::verify(&server);
    stage::join(finish).expect("the rebuild ends");
    let engine = server.engine_get(E).expect("the engine");
    assert_eq!(engine.state, State::Running, "the volume is lost: {}", engine.error);
}

/// The end of the rebuild has the engine and wants the server, of which the pass has the big lock.
const fn deadlocks_in_v0(mut all: [(&'static str, Expectation); 11]) -> [(&'static str, Expectation); 11] {
    all[0].1 = DEADLOCKS;
    all
}
