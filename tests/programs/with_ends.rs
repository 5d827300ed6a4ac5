//! The program `bohrbug` over a catalogue of toys that end their process, each before one that holds; and of all programs in
//! `bohrbug`'s own table of ways to end.

#[path = "../../crates/bohrbug/tests/ends/ways.rs"]
#[allow(dead_code, reason = "the tests of that crate look at more of a line than a catalogue has")]
mod ways;

use std::process::ExitCode;

use bohrbug_sync::atomic::{AtomicBool, Ordering::SeqCst};
use bohrbug_sync::{Arc, thread};
use harness::catalogue::Catalogue;
use harness::scenario::{Expectation, FailureKind, Scenario};
use ways::WAYS;

const ENDS: &[Scenario] = &[RACE, ALL_WAYS, FEW_WAYS];

const RACE: Scenario = Scenario {
    system: "ends",
    name: "race",
    summary: "a thread ends the process if it comes between two steps of main",
    expectations: &[
        ("aborts", fails(FailureKind::Crash)),
        ("gives-way", Expectation::Holds),
        ("exits", fails(FailureKind::Exit)),
        ("recurses", fails(FailureKind::StackOverflow)),
        ("does-nothing", Expectation::Holds),
    ],
    run: race,
    ..Scenario::USUAL
};

const ALL_WAYS: Scenario = Scenario {
    system: "ends",
    name: "ways",
    summary: "each line of the table",
    expectations: &EXPECTED,
    run: |revision| (ways::find(revision).expect("a line of the table").run)(),
    ..Scenario::USUAL
};

const FEW_WAYS: Scenario =
    Scenario { name: "few", summary: "a line of the table of each sort", expectations: &FEW, ..ALL_WAYS };

/// The first two end the process without a word, each while the other's trace is made unless somebody sees to that.
const FEW: [(&str, Expectation); 6] = [
    ("exit-at-once", fails(FailureKind::Exit)),
    ("killed", fails(FailureKind::Crash)),
    ("abort", fails(FailureKind::Crash)),
    ("deep", fails(FailureKind::StackOverflow)),
    ("blocked", fails(FailureKind::Uncontrolled)),
    ("deadlock-and-abort", fails(FailureKind::Deadlock)),
];

const EXPECTED: [(&str, Expectation); WAYS.len()] = {
    let mut all = [("", Expectation::Holds); WAYS.len()];
    let mut number = 0;
    while number < WAYS.len() {
        all[number] = (WAYS[number].name, fails(WAYS[number].kind));
        number += 1;
    }
    all
};

const fn fails(kind: FailureKind) -> Expectation {
    Expectation::Fails { kind, message: "" }
}

fn main() -> ExitCode {
    harness::cli::main(&Catalogue::new(&[ENDS]))
}

fn race(revision: &str) {
    let revision = revision.to_owned();
    let [begun, done] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let other = {
        let (begun, done) = (begun.clone(), done.clone());
        thread::spawn(move || {
            if begun.load(SeqCst) && !done.load(SeqCst) {
                end(&revision);
            }
        })
    };
    begun.store(true, SeqCst);
    done.store(true, SeqCst);
    other.join().expect("it does not panic");
}

fn end(revision: &str) {
    match revision {
        "aborts" => std::process::abort(),
        "exits" => std::process::exit(0),
        "recurses" => drop(deeper(revision.to_owned())),
        "gives-way" => thread::yield_now(),
        _ => {}
    }
}

fn deeper(text: String) -> String {
    let longer = format!("{text}.");
    if std::hint::black_box(true) { deeper(longer.clone()) + &longer } else { text }
}
