//! Operations that the scheduler chooses, by two clients beside the verify loop: create and destroy one of two replicas.
//!
//! What is drawn is in the trace, as the `choose` events at its beginning. An operation may be turned away, and then has
//! done nothing; a create that was acknowledged was running then; and whatever happens nothing is leaked.

use bohrbug_sync::choice::choose;
use replica_manager::{Server, State, is_refusal};

use super::{HOLDS, SYSTEM, oracle, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "generated",
    summary: "two clients do what the scheduler chooses while the verify loop makes a pass",
    expectations: &[("strict", HOLDS)],
    run,
    out_of_reach: Some("three tasks of random operations: ten millions of behaviours"),
    leaves_out: Some("random operations break every other revision soon"),
    ..Scenario::USUAL
};

#[derive(Clone, Copy)]
enum Operation {
    Create(&'static str),
    Destroy(&'static str),
}

const ALL: [Operation; 4] = [
    Operation::Create(stage::R),
    Operation::Destroy(stage::R),
    Operation::Create(stage::R2),
    Operation::Destroy(stage::R2),
];

fn run(revision: &str) {
    let server = stage::server(revision);
    let plans = ["one", "two"].map(|name| (name, [ALL[choose(ALL.len())], ALL[choose(ALL.len())]]));
    let clients = plans.map(|(name, plan)| {
        let server = server.clone();
        stage::spawn(name, move || plan.iter().for_each(|operation| operation.perform(&server)))
    });
    let verify = stage::spawn_verify(&server);
    clients.into_iter().for_each(stage::join);
    stage::join(verify);
    oracle::nothing_leaked(&server, "the server is not what its replicas are");
}

impl Operation {
    fn perform(self, server: &Server) {
        match self {
            Self::Create(name) => match stage::create(server, name) {
                Ok(view) => assert_eq!(view.state, State::Running, "the create of {name} ended: {}", view.error),
                Err(error) => assert!(is_refusal(&error), "the create of {name} failed: {error}"),
            },
            Self::Destroy(name) => {
                if let Err(error) = server.replica_delete(name, true) {
                    assert!(is_refusal(&error), "the delete of {name} failed: {error}");
                }
            }
        }
    }
}
