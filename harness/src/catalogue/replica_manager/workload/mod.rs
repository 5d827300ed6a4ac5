//! The generated workload: every operation that a client can call, on four worlds, and what must be true afterwards.
//!
//! [`calls`] is asked by the compiler about each operation of the server's list. `pairs` lets the scheduler draw a world and
//! two calls, `triples` three; `failures` draws one call and a call to the storage target that fails. What is drawn is in a
//! trace as the `choose` events at its beginning.

mod calls;
mod judge;
mod world;

use bohrbug_sync::{Arc, choice::choose};
use replica_manager::{Operation, Server};

pub(super) use calls::{Call, calls, run_rebuild};
pub(super) use judge::{judge, judge_after_a_failure};
pub(super) use world::{Place, World};

use super::stage;
use crate::catalogue::generated::{self, Selection};

/// Everything that can be drawn, operation after operation.
pub(super) fn all() -> Vec<Call> {
    Operation::ALL.iter().flat_map(|operation| calls(*operation)).copied().collect()
}

/// The same, each with its name: its operation, and its place among that one's calls.
pub(super) fn named() -> Vec<(String, Call)> {
    let of_operation = |operation: &Operation| {
        let name = format!("{operation:?}");
        calls(*operation).iter().enumerate().map(move |(at, call)| (format!("{name}.{}", at + 1), *call))
    };
    Operation::ALL.iter().flat_map(of_operation).collect()
}

/// Every selection of so many calls, in every world.
pub(super) fn selections(number: usize) -> Vec<Selection> {
    let all = named();
    let numbers: Vec<usize> = (0..all.len()).collect();
    let selection = |place: Place, chosen: &[usize]| {
        let names: Vec<&str> = chosen.iter().map(|at| all[*at].0.as_str()).collect();
        let calls: Vec<Call> = chosen.iter().map(|at| all[*at].1).collect();
        Selection::new(format!("{place:?} [{}]", names.join(", ")), move |revision| {
            beside_each_other(&World::new(stage::new_server(revision), place), &calls);
        })
    };
    let chosen = generated::selections(&numbers, number);
    Place::ALL.iter().flat_map(|place| chosen.iter().map(|chosen| selection(*place, chosen))).collect()
}

/// Draws a world and `how_many` calls, in the order of the list, and runs them beside each other.
pub(super) fn drawn(server: Server, how_many: usize) {
    let place = Place::ALL[choose(Place::ALL.len())];
    let all = all();
    let mut from = 0;
    let calls: Vec<Call> = (0..how_many)
        .map(|_| {
            // Whoever is first makes no difference, so each group is drawn in one order only.
            from += choose(all.len() - from);
            all[from]
        })
        .collect();
    beside_each_other(&World::new(server, place), &calls);
}

/// Runs the calls, each in a task of its own, and judges what is left.
pub(super) fn beside_each_other(world: &Arc<World>, calls: &[Call]) {
    let clients: Vec<_> = calls
        .iter()
        .zip(["one", "two", "three"])
        .map(|(call, name)| {
            let (world, call) = (world.clone(), *call);
            stage::spawn(name, move || call(&world))
        })
        .collect();
    let answers: Vec<_> = clients.into_iter().map(stage::join).collect();
    judge(world, &answers);
}

/// Runs the calls one after the other, and judges what is left.
pub(super) fn one_after_another(world: &World, calls: &[Call]) {
    let answers: Vec<_> = calls.iter().map(|call| call(world)).collect();
    judge(world, &answers);
}
