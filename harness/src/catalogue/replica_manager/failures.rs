//! Each operation that a client can call, while one kind of call to the storage target fails: one task is enough.

use bohrbug_sync::choice::choose;
use replica_manager::ErrorKind;

use super::workload::{self, Call, Place, World};
use super::{HOLDS, SYSTEM, stage};
use crate::catalogue::generated::Selection;
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "failures",
    summary: "one operation that the scheduler draws, while a call to the storage target that it draws fails",
    expectations: &[("strict", HOLDS)],
    run,
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let place = Place::ALL[choose(Place::ALL.len())];
    let all = workload::all();
    let call = all[choose(all.len())];
    let failing = replica_manager::spdk::CALLS[choose(replica_manager::spdk::CALLS.len())];
    once(revision, place, call, failing);
}

/// Everything that can be drawn.
pub(super) fn selections() -> Vec<Selection> {
    let selection = |place: Place, name: &str, call: Call, failing: &'static str| {
        Selection::new(format!("{place:?} [{name}] while {failing} fails"), move |revision| {
            once(revision, place, call, failing);
        })
    };
    let all = workload::named();
    let places = Place::ALL.iter().flat_map(|place| all.iter().map(move |(name, call)| (*place, name, *call)));
    let failing = replica_manager::spdk::CALLS;
    places
        .flat_map(|(place, name, call)| failing.iter().map(move |failing| selection(place, name, call, failing)))
        .collect()
}

fn once(revision: &str, place: Place, call: Call, failing: &'static str) {
    let world = World::new(stage::new_server(revision), place);
    world.server.spdk().inject(failing, ErrorKind::Failed);
    // Whether it says so, or goes on without whoever failed, is its own business.
    let _ = call(&world);
    // Whoever did not come across it must not leave it to the audit.
    world.server.spdk().inject_nothing();
    workload::judge_after_a_failure(&world);
}
