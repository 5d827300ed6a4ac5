//! The cases, by primitive.

mod atomics;
mod cells;
mod channels;
mod choices;
#[cfg(feature = "model")]
mod futexes;
mod locals;
mod mutexes;
mod notes;
mod parking;
mod semaphores;
mod threads;
mod timing;

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use crate::case::{Case, message};

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let files: [&[Case]; 12] = [
        mutexes::CASES,
        threads::CASES,
        locals::CASES,
        atomics::CASES,
        channels::CASES,
        parking::CASES,
        timing::CASES,
        choices::CASES,
        cells::CASES,
        notes::CASES,
        semaphores::CASES,
        #[cfg(feature = "model")]
        futexes::CASES,
        #[cfg(not(feature = "model"))]
        &[],
    ];
    files.concat()
}

/// Runs a case on real threads, often enough to see more than one of its outcomes.
pub(crate) fn run_on_threads(case: &Case) -> BTreeSet<String> {
    let run = |_| catch_unwind(case.program).unwrap_or_else(|payload| format!("panic: {}", message(&*payload)));
    (0..30).map(run).collect()
}
