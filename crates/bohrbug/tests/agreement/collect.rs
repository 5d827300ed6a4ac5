//! The set of final states that a strategy finds.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use bohrbug::{Budget, Exploration, Failure, Verdict};

use crate::interpret::{self, Final, Shared};
use crate::program::Program;

/// What a strategy found.
pub(crate) struct Found {
    pub(crate) states: BTreeSet<Final>,
    pub(crate) executions: u64,
    /// Whether nothing was left to explore.
    pub(crate) complete: bool,
}

/// Explores a program with a strategy, for so many executions at most.
pub(crate) fn explore(program: &Program, strategy: &str, executions: u64) -> Found {
    let book = Shared::default();
    let states = Arc::new(Mutex::new(BTreeSet::new()));
    let body = {
        let (program, book) = (program.clone(), book.clone());
        bohrbug::Program::new(move || interpret::run(&program, &book))
    };
    let note = {
        let states = states.clone();
        move |failure: Option<&Failure>| {
            let state = judge(book.take_end(), failure);
            states.lock().unwrap_or_else(PoisonError::into_inner).insert(state);
            ControlFlow::Continue(())
        }
    };
    let exploration = Exploration::new("agreement", strategy)
        .budget(Budget::default().executions(executions)) // A panic is an outcome like others here, and a deadlock is one for whatever reason. `nondeterminism` runs executions
        // that are not the strategy's.
        .off(["panic", "lost-wakeup", "lock-order", "nondeterminism"]);
    let report = exploration.explore(&body, note).unwrap_or_else(|error| panic!("{error}"));
    let states = std::mem::take(&mut *states.lock().unwrap_or_else(PoisonError::into_inner));
    let complete = report.executions < executions;
    assert!(complete || report.verdict != Verdict::Verified);
    Found { states, executions: report.executions, complete }
}

/// How an execution ended: what main wrote, and what the monitors say.
fn judge(written: Option<Final>, failure: Option<&Failure>) -> Final {
    match (failure, written) {
        (None, Some(ended @ (Final::Ended(..) | Final::Panicked(_)))) => ended,
        (Some(failure), _)
            if failure.kind == bohrbug::FailureKind::Deadlock && !failure.message.starts_with("nothing can go on") =>
        {
            Final::Cycle
        }
        (Some(failure), Some(stuck @ Final::Stuck(_))) if failure.kind == bohrbug::FailureKind::Deadlock => stuck,
        (failure, written) => Final::Other(format!("{failure:?}, main: {written:?}")),
    }
}
