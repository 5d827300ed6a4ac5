//! Two or three callers, each of whom makes one call that the scheduler chooses among all that there are.
//!
//! Whatever they call, and however they meet: the answers and the ledger are those of some order of the calls, and every
//! invariant holds. The world is chosen, too: in one every machine counts, in the other those that run.

mod call;
mod serial;

pub use call::{Call, Place};

use bohrbug_sync::choice::choose;

use super::stage::{Stage, Verdict};
use crate::catalogue::generated::{self, Selection, draw};
use crate::scenario::{Expectation::Holds, Scenario};

pub(super) const PAIRS: Scenario = Scenario {
    system: "vm-assignment",
    name: "pairs",
    summary: "two callers make any two of all calls at once",
    expectations: &[("strict", Holds)],
    run: |revision| drawn(revision, 2),
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

pub(super) const TRIPLES: Scenario = Scenario {
    system: "vm-assignment",
    name: "triples",
    summary: "three callers make any three of all calls at once",
    expectations: &[("strict", Holds)],
    run: |revision| drawn(revision, 3),
    out_of_reach: Some("any three of all calls: millions of behaviours"),
    never_proved: true,
    leaves_out: Some("any calls break every other revision soon"),
    ..Scenario::USUAL
};

/// Every selection of so many calls, in every world.
pub fn selections(number: usize) -> Vec<Selection> {
    let selection = |place: Place, calls: Vec<Call>| {
        Selection::new(format!("{place:?} {calls:?}"), move |revision| at_once(revision, place, &calls))
    };
    let of_place = |place: Place| {
        let all = generated::selections(&place.calls(), number);
        all.into_iter().map(move |calls| selection(place, calls))
    };
    Place::ALL.into_iter().flat_map(of_place).collect()
}

fn drawn(revision: &str, number: usize) {
    let place = Place::ALL[choose(Place::ALL.len())];
    at_once(revision, place, &draw(&place.calls(), number));
}

/// Makes these calls at once, each in a thread of its own, in a small world, and looks whether all is well.
///
/// # Panics
///
/// If something does not hold; the message says what.
pub fn at_once(revision: &str, place: Place, calls: &[Call]) {
    let stage = Stage::new(revision, place.world());
    let callers: Vec<_> = calls
        .iter()
        .zip(["one", "two", "three"])
        .map(|(call, name)| {
            let call = *call;
            stage.start(name, move |cloud| call.make(cloud))
        })
        .collect();
    let answers: Vec<_> = callers.into_iter().map(super::stage::Running::join).collect();
    let contents = stage.contents();
    Verdict::new("the ledger is not sound").require_sound(&contents).deliver();
    serial::check(revision, place, calls, &answers, &contents);
}
