//! Explaining a failure: the orders of two events without which it does not happen.
//!
//! Two events that conflict and are of different tasks happen in one order or the other. For each such pair of the trace
//! that the program itself does not order, the schedule is changed so that the two come the other way round, and run: with
//! the rest as recorded, with either task going on first, and at random. If it fails in the same way all the same the order
//! is not necessary. What is left are the [necessary](necessary) orders, and of those the ones that do not follow from
//! others: the *essence* of the failure.
//!
//! What it cannot do:
//! 1. Necessary means that no execution with the other order was found to fail so; it is not proved.
//! 2. An order that no change of the schedule turned round counts as the program's own, and is not told.
//! 3. It looks at acquisitions, not at releases: of two critical sections of one lock, which came first.

mod candidates;
mod necessary;
mod reduce;
mod turn;
mod witnesses;

use bohrbug_trace::{Before, Trace};

use crate::minimize::MinimizeError;
use crate::record;
use crate::rerun::Runner;
use crate::runtime::Program;

/// What a failure needs.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The trace as it is replayed today, the essence in its header.
    pub trace: Trace,
    /// How many executions it took.
    pub executions: u64,
}

/// Finds the essence of a failure of `program`: the necessary orders of its events.
///
/// # Errors
///
/// If the program does not fail as recorded, or cannot on native.
pub fn explain(trace: &Trace, program: &Program) -> Result<Explained, MinimizeError> {
    let failure = trace.header.failure.as_ref().ok_or(MinimizeError::NoFailure)?;
    if trace.needs_weak_memory() {
        return Err(MinimizeError::NeedsWeakMemory);
    }
    let mut runner = Runner::new(program, record::config(trace));
    let attempt = runner.recorded(trace);
    if !attempt.failure.as_ref().is_some_and(|found| found.fingerprint() == failure.fingerprint) {
        return Err(MinimizeError::NotReproduced { other: attempt.failure.map(|failure| failure.to_string()) });
    }
    let orders = necessary::necessary(&mut runner, &attempt.events, &failure.fingerprint);
    let keys = bohrbug_trace::keys(&attempt.events);
    let pair = |&(first, then): &(usize, usize)| Before { first: keys[first].clone(), then: keys[then].clone() };
    let mut explained = Trace { header: trace.header.clone(), events: attempt.events };
    explained.header.essence = orders.iter().map(pair).collect();
    Ok(Explained { trace: explained, executions: runner.executions })
}
