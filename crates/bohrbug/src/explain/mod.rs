//! Explaining a failure: the orders of two events without which it does not happen.
//!
//! Two events that conflict and are of different tasks happen in one order or the other. For each such pair of the
//! trace that the program itself does not order, the schedule is changed so that the two come the other way round, and
//! run: with the rest as recorded, with either task going on first, and at random. If it still fails in the same way,
//! the order is not necessary. The necessary orders that do not follow from others are the *essence* of the failure.
//!
//! What it cannot do:
//! 1. Necessary means that no execution with the other order was found to fail in the same way; it is not proved.
//! 2. An order that no change of the schedule reversed counts as the program's own, and is not reported.
//! 3. What it tries is bounded; an order that was not tried by then is not reported.
//! 4. It looks at acquisitions, not at releases: of two critical sections of one lock, which came first.

mod candidates;
mod necessary;
mod reduce;
mod turn;
mod witnesses;

use bohrbug_trace::{Before, Trace};

use crate::minimize::{MinimizeError, Reproduced, reproduced};
use crate::runtime::Program;

/// What a failure needs.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The trace as it is replayed today, with the essence in its header.
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
    explain_within(trace, program, u64::MAX)
}

/// As [`explain`], with no more than about so many events for each way to look for another execution.
pub(crate) fn explain_within(trace: &Trace, program: &Program, events: u64) -> Result<Explained, MinimizeError> {
    let Reproduced { mut runner, attempt, fingerprint } = reproduced(trace, program)?;
    // What is waited for in a deadlock comes after everything: it did not happen, and could have happened before.
    let all = [attempt.events.as_slice(), &attempt.waiting].concat();
    // A process for each execution that is tried would take too long.
    let orders =
        if runner.is_remote() { Vec::new() } else { necessary::necessary(&mut runner, &all, fingerprint, events) };
    let keys = bohrbug_trace::keys(&all);
    let pair = |&(first, then): &(usize, usize)| Before { first: keys[first].clone(), then: keys[then].clone() };
    let mut explained = Trace { header: trace.header.clone(), events: attempt.events };
    explained.header.essence = orders.iter().map(pair).collect();
    Ok(Explained { trace: explained, executions: runner.executions })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use bohrbug_sync::control::Config;
    use bohrbug_sync::{Arc, Mutex, label, thread};
    use bohrbug_trace::{TraceEvent, keys};

    use super::*;
    use crate::record;
    use crate::rerun::{Cost, Runner, attempt};
    use crate::strategy::{Dfs, Random};

    /// Two tasks on one lock: one writes and then makes it valid, the other looks.
    fn torn() -> Program {
        Program::new(|| {
            let state = Arc::new(Mutex::new((1, true)));
            label(&*state, "state");
            let writer = state.clone();
            let writer = thread::Builder::new().name("writer".to_owned()).spawn(move || {
                drop(writer.lock());
                *writer.lock().unwrap() = (2, false);
                *writer.lock().unwrap() = (2, true);
                drop(writer.lock());
            });
            let seen = *state.lock().unwrap();
            writer.unwrap().join().unwrap();
            assert!(seen.1, "a torn state was seen");
        })
    }

    /// Every execution, whether it fails and what happened.
    fn all(program: &Program) -> Vec<(bool, Vec<TraceEvent>)> {
        let mut all = Vec::new();
        let mut runner = Runner::new(program, Config::default());
        let complete = runner.search(Dfs::new(), |ended, _| {
            all.push((ended.failure.is_some(), record::events(ended.execution.view())));
            ControlFlow::Continue(())
        });
        assert!(complete);
        all
    }

    fn failing(program: &Program, seed: u64) -> Trace {
        let mut found = None;
        Runner::new(program, Config::default()).search(Random::new(seed), |ended, log| {
            if ended.failure.is_none() {
                return ControlFlow::Continue(());
            }
            let cost = Cost::of(ended.execution.events(), log.preemptions());
            found = Some(attempt(ended, log, cost));
            ControlFlow::Break(())
        });
        let found = found.unwrap();
        let mut trace = Trace::new(bohrbug_trace::Header::new("torn", bohrbug_trace::Runtime::Native, "random"));
        trace.header.choices = record::choices(&Config::default());
        trace.header.failure = found.failure.map(|failure| failure.record());
        trace.events = found.events;
        trace
    }

    fn has(order: &Before, events: &[TraceEvent]) -> bool {
        let keys = keys(events);
        let place = |key| keys.iter().position(|other| other == key).unwrap_or(usize::MAX);
        place(&order.first) < place(&order.then)
    }

    #[test]
    fn exactly_the_executions_that_have_the_essence_fail() {
        let program = torn();
        let all = all(&program);
        assert!(all.len() > 5 && all.iter().any(|(fails, _)| *fails));
        for seed in 0..5 {
            let explained = explain(&failing(&program, seed), &program).unwrap().trace;
            let mut essence: Vec<String> = explained.header.essence.iter().map(ToString::to_string).collect();
            essence.sort();
            assert_eq!(
                essence,
                [
                    "main lock state before main/writer lock state, time 3",
                    "main/writer lock state, time 2 before main lock state"
                ],
            );
            for (fails, events) in &all {
                let needed = explained.header.essence.iter().all(|order| has(order, events));
                assert_eq!(needed, *fails, "{events:?}");
            }
        }
    }

    #[test]
    fn a_failure_whoever_goes_first_needs_no_order() {
        let program = Program::new(|| {
            let state = Arc::new(Mutex::new(0));
            let other = state.clone();
            let adder = thread::spawn(move || *other.lock().unwrap() += 1);
            *state.lock().unwrap() += 1;
            adder.join().unwrap();
            assert_eq!(*state.lock().unwrap(), 3);
        });
        assert_eq!(explain(&failing(&program, 0), &program).unwrap().trace.header.essence, []);
    }

    #[test]
    fn the_two_halves_of_a_deadlock_are_named() {
        let program = Program::new(|| {
            let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
            for (place, name) in ["left", "right"].iter().enumerate() {
                label(&forks[place], name);
            }
            let other = thread::Builder::new().name("other".to_owned()).spawn({
                let forks = forks.clone();
                move || drop((forks[1].lock(), forks[0].lock()))
            });
            drop((forks[0].lock(), forks[1].lock()));
            other.unwrap().join().unwrap();
        });
        let explained = explain(&failing(&program, 0), &program).unwrap().trace;
        let mut essence: Vec<String> = explained.header.essence.iter().map(ToString::to_string).collect();
        essence.sort();
        assert_eq!(
            essence,
            ["main lock left before main/other lock left", "main/other lock right before main lock right"],
        );
        for (fails, events) in &all(&program) {
            assert_eq!(explained.header.essence.iter().all(|order| has(order, events)), *fails, "{events:?}");
        }
    }
}
