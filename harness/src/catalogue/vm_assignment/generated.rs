//! Operations that the scheduler chooses, by two administrators: move one of two machines to one of two accounts, or count
//! an account anew.
//!
//! What is drawn is in the trace, as the `choose` events at its beginning. An operation may be turned away; whatever
//! happens, the ledger is sound at the end.

use bohrbug_sync::choice::choose;
use vm_assignment::{Cloud, world};

use super::stage::{Stage, Verdict, to};
use crate::scenario::{Expectation::Holds, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    system: "vm-assignment",
    name: "generated",
    summary: "two administrators do what the scheduler chooses",
    expectations: &[("strict", Holds)],
    run,
    out_of_reach: Some("random operations, each a transaction of many statements: about a million behaviours"),
    leaves_out: Some("random operations break every other revision soon"),
    ..Scenario::USUAL
};

#[derive(Clone, Copy)]
enum Operation {
    Assign(&'static str, &'static str),
    Recount(&'static str),
}

const ALL: [Operation; 6] = [
    Operation::Assign("v1", "A"),
    Operation::Assign("v1", "B"),
    Operation::Assign("v2", "A"),
    Operation::Assign("v2", "B"),
    Operation::Recount("A"),
    Operation::Recount("B"),
];

fn run(revision: &str) {
    let mut world = world::small();
    world.machine("v2", "B", Some("netB"));
    let stage = Stage::new(revision, world);
    let plans = ["one", "two"].map(|name| (name, [ALL[choose(ALL.len())], ALL[choose(ALL.len())]]));
    let administrators = plans
        .map(|(name, plan)| stage.start(name, move |cloud| plan.iter().for_each(|operation| operation.perform(cloud))));
    administrators.into_iter().for_each(|administrator| administrator.join());
    Verdict::new("the ledger is not sound").require_sound(&stage.contents()).deliver();
}

impl Operation {
    fn perform(self, cloud: &Cloud<'_>) {
        // Whether it was turned away is not the question.
        match self {
            Self::Assign(machine, account) => drop(cloud.assign(&to(machine, account))),
            Self::Recount(account) => drop(cloud.recount(account)),
        }
    }
}
