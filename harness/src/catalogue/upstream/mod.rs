//! Incidents of the three projects and their nearest relatives that the systems do not model: small programs of their own, each
//! with its failing and its fixed revisions. What is known of each is in its public thread, which the file names.

mod one_registry;
mod send_under_lock;
mod shared_mount;
mod two_managers;
mod two_purges;
mod wrong_replica;

use bohrbug_sync::thread;

use crate::scenario::{Expectation, FailureKind, Scenario};

/// The system's name in the catalogue.
pub const SYSTEM: &str = "upstream";

/// Every scenario of this system.
pub const SCENARIOS: &[Scenario] = &[
    send_under_lock::SCENARIO,
    two_purges::SCENARIO,
    wrong_replica::SCENARIO,
    shared_mount::SCENARIO,
    two_managers::SCENARIO,
    one_registry::SCENARIO,
];

const HOLDS: Expectation = Expectation::Holds;

const fn panics(message: &'static str) -> Expectation {
    Expectation::Fails { kind: FailureKind::Panic, message }
}

/// A thread with a name, which is its task's name in traces.
#[track_caller]
fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// What the thread answered; its panic goes on here.
#[track_caller]
fn join<T>(handle: thread::JoinHandle<T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What a revision that a scenario does not know is met with: the catalogue's mistake.
fn unknown(revision: &str) -> ! {
    panic!("there is no revision {revision}")
}
