//! The program `bohrbug` over a catalogue of toys: two bugs with their fixes, and expectations that are wrong.

use std::process::ExitCode;

use bohrbug_sync::{Arc, Mutex, thread};
use harness::catalogue::Catalogue;
use harness::scenario::{Expectation, FailureKind, Scenario};

const HOLDS: Expectation = Expectation::Holds;
const LOSES: Expectation = Expectation::Fails { kind: FailureKind::Panic, message: "lost" };
const DEADLOCKS: Expectation = Expectation::Fails { kind: FailureKind::Deadlock, message: "" };

const TOYS: &[Scenario] = &[
    Scenario {
        system: "toys",
        name: "counter",
        summary: "two threads add one each",
        expectations: &[("unguarded", LOSES), ("tolerant", HOLDS), ("guarded", HOLDS)],
        run: count,
        ..Scenario::USUAL
    },
    Scenario {
        system: "toys",
        name: "two-locks",
        summary: "two threads take two locks",
        expectations: &[("opposite", DEADLOCKS), ("ordered", HOLDS)],
        run: take_both,
        ..Scenario::USUAL
    },
];

/// As above, and what is expected is not so.
const SURPRISES: &[Scenario] = &[
    Scenario {
        system: "surprises",
        name: "fails",
        summary: "is expected to hold and fails",
        expectations: &[("unguarded", HOLDS)],
        run: count,
        ..Scenario::USUAL
    },
    Scenario {
        system: "surprises",
        name: "holds",
        summary: "is expected to fail and holds",
        expectations: &[("guarded", LOSES)],
        run: count,
        ..Scenario::USUAL
    },
    Scenario {
        system: "surprises",
        name: "fails-differently",
        summary: "is expected to deadlock and loses an update",
        expectations: &[("unguarded", DEADLOCKS)],
        run: count,
        ..Scenario::USUAL
    },
];

fn main() -> ExitCode {
    harness::cli::main(&Catalogue::new(&[TOYS, SURPRISES]))
}

fn count(revision: &str) {
    let total = Arc::new(Mutex::new(0));
    let adders = [1, 2].map(|number| {
        let (total, guarded) = (total.clone(), revision == "guarded");
        named(&format!("adder-{number}"), move || add_one(&total, guarded))
    });
    for adder in adders {
        adder.join().expect("an adder does not panic");
    }
    let total = *total.lock().expect("no adder panics");
    if revision != "tolerant" {
        assert_eq!(total, 2, "an addition was lost");
    }
}

fn add_one(total: &Mutex<i32>, guarded: bool) {
    let mut guard = total.lock().expect("no adder panics");
    let seen = *guard;
    if !guarded {
        drop(guard);
        guard = total.lock().expect("no adder panics");
    }
    *guard = seen + 1;
}

fn take_both(revision: &str) {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let other = {
        let locks = locks.clone();
        named("other", move || take(&locks.0, &locks.1))
    };
    match revision {
        "ordered" => take(&locks.0, &locks.1),
        _ => take(&locks.1, &locks.0),
    }
    other.join().expect("nobody panics");
}

fn take(first: &Mutex<()>, second: &Mutex<()>) {
    let _first = first.lock();
    let _second = second.lock();
}

fn named(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}
