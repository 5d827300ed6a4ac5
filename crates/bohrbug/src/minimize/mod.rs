//! Minimising a trace: the same failure with as little as possible.
//!
//! In this order, each in a file of its own: the workload, the choices, the preemptions (locally, by moving blocks of
//! steps, then by a search of every schedule with fewer), and the steps that the failure does not come of. What is kept
//! always fails with the same fingerprint. The effort is counted in events, so the result is the same on every machine;
//! with a time limit in addition it may be less.
//!
//! What it cannot do: a schedule with a stale read happens on loom only, and is left as it is.

mod blocks;
mod bound;
mod choices;
mod search;
mod steps;
mod workload;

use std::time::Duration;

use bohrbug_sorted::SortedSet;
use bohrbug_trace::{Fewest, Preemptions, Runtime, Trace};
use serde_json::Value;

use crate::budget::Stopwatch;
use crate::failure::Failure;
use crate::rerun::{Attempt, Cost, Runner, Schedule};
use crate::runtime::Program;

pub use workload::Smaller;

/// How many events may go into single changes of the schedule: as many as a search by default. Where one change has a task wait in
/// a loop for good, each execution takes as many as it may.
const MOST: u64 = 1_500_000;

/// How much minimising may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many events may be run in search of fewer preemptions and steps. Default: one and a half million.
    pub events: u64,
    /// How much time. The result then depends on the machine. Default: no limit.
    pub time: Option<Duration>,
}

impl Default for Effort {
    fn default() -> Self {
        Self { events: 1_500_000, time: None }
    }
}

/// A minimised trace.
#[derive(Clone, Debug)]
pub struct Minimized {
    /// The smallest that was found; the given one if it is minimal.
    pub trace: Trace,
    /// How many preemptions the execution had that was minimised.
    pub preemptions_before: u32,
    /// How many it has now, and whether fewer are impossible.
    pub preemptions: Preemptions,
    /// How many executions that took.
    pub executions: u64,
    /// Whether the time ran out.
    pub interrupted: bool,
}

/// A trace that cannot be minimised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MinimizeError {
    /// It does not record a failure.
    #[error("the trace records no failure, so there is nothing to keep while it shrinks")]
    NoFailure,
    /// It needs a stale read.
    #[error("the trace has a stale read, which only loom's memory model has; it stays as it is")]
    NeedsWeakMemory,
    /// The program no longer fails as recorded.
    #[error("the program no longer fails as recorded{}; replay the trace to see why", other.as_ref().map(|other| format!(" ({other})")).unwrap_or_default())]
    NotReproduced {
        /// What failed instead.
        other: Option<String>,
    },
}

/// Minimises a trace of `program`.
///
/// `smaller` are smaller workloads of the same scenario, the smallest first, that may fail in the same way. `better` is
/// shown each better trace at once, so that nothing is lost when the search is interrupted.
///
/// # Errors
///
/// If the program does not fail as recorded, or cannot on native; see [`MinimizeError`].
pub fn minimize(
    trace: &Trace,
    program: &Program,
    smaller: &[Smaller],
    effort: Effort,
    better: impl FnMut(&Trace),
) -> Result<Minimized, MinimizeError> {
    let shorter = bound::shortened(trace, program);
    let trace = shorter.as_ref().unwrap_or(trace);
    let Reproduced { runner, attempt, fingerprint } = reproduced(trace, program)?;
    let preemptions_before = attempt.cost.preemptions;
    let watch = Stopwatch::start();
    let workload = trace.header.workload.clone();
    let tried = SortedSet::new();
    let state =
        State { runner, header: trace, workload, fingerprint, best: attempt, tried, effort, most: MOST, watch, better };
    Ok(state.minimize(smaller, preemptions_before))
}

/// A recorded failure that has just happened again: what a search for another execution that fails so begins with.
pub(crate) struct Reproduced<'a> {
    pub(crate) runner: Runner<'a>,
    pub(crate) attempt: Attempt,
    /// The recorded failure's.
    pub(crate) fingerprint: &'a str,
}

/// Runs the recorded execution.
pub(crate) fn reproduced<'a>(trace: &'a Trace, program: &'a Program) -> Result<Reproduced<'a>, MinimizeError> {
    let failure = trace.header.failure.as_ref().ok_or(MinimizeError::NoFailure)?;
    if trace.needs_weak_memory() {
        return Err(MinimizeError::NeedsWeakMemory);
    }
    let mut runner = Runner::of(trace, program);
    let attempt = runner.recorded(trace);
    if !attempt.failure.as_ref().is_some_and(|found| found.has_fingerprint(&failure.fingerprint)) {
        return Err(MinimizeError::NotReproduced { other: attempt.failure.map(|failure| failure.to_string()) });
    }
    Ok(Reproduced { runner, attempt, fingerprint: &failure.fingerprint })
}

/// The smallest so far, and what it takes to look for a smaller one.
struct State<'a, F> {
    runner: Runner<'a>,
    header: &'a Trace,
    workload: Option<Value>,
    fingerprint: &'a str,
    best: Attempt,
    /// The schedules that were run: one that was not better than an earlier best is not better than a later one.
    tried: SortedSet<Schedule>,
    effort: Effort,
    /// How many events all executions may have, but for those of the search.
    most: u64,
    watch: Stopwatch,
    better: F,
}

impl<'a, F: FnMut(&Trace)> State<'a, F> {
    fn minimize(mut self, smaller: &'a [Smaller], preemptions_before: u32) -> Minimized {
        self.shrink_workload(smaller);
        let mut searched = None;
        let fewest = loop {
            let before = self.best.cost;
            self.shrink_choices();
            self.shrink_schedule();
            let moved = self.best.cost;
            // The search that came to this one would come to it again.
            if let Some(fewest) = searched.filter(|_| moved == before) {
                break fewest;
            }
            let fewest = self.search();
            // Where nothing is left to choose, what the search does not better no pass betters.
            let settled = self.best.cost == moved && (moved.choices == 0 || moved == before);
            if settled || self.is_out_of_time() {
                break fewest;
            }
            searched = Some(fewest);
        };
        let mut trace = self.trace();
        let preemptions = Preemptions { count: self.best.cost.preemptions, fewest };
        trace.header.preemptions = Some(preemptions);
        let (executions, interrupted) = (self.runner.executions, self.is_out_of_time());
        Minimized { trace, preemptions_before, preemptions, executions, interrupted }
    }

    /// Moves blocks and stops tasks earlier, until nothing of that helps.
    fn shrink_schedule(&mut self) {
        while (self.move_one() || self.stop_one_earlier()) && !self.is_out_of_time() {}
    }

    /// Runs a schedule; whether it is better, and then it is kept.
    fn is_better(&mut self, schedule: Schedule) -> bool {
        if !self.tried.insert(schedule.clone()) {
            return false;
        }
        if self.is_spent() {
            return false;
        }
        let (best, fingerprint, longest) = (self.best.cost, self.fingerprint, self.runner.longest);
        let is_better = |failure: Option<&Failure>, cost: Cost| {
            let is_whole = longest.is_none_or(|longest| cost.events <= longest);
            is_whole && cost < best && failure.is_some_and(|failure| failure.has_fingerprint(fingerprint))
        };
        let attempt = self.runner.run_schedule_if(schedule, is_better);
        let found = attempt.is_some();
        attempt.into_iter().for_each(|attempt| self.keep(attempt));
        found
    }

    /// Goes over to a better one.
    fn keep(&mut self, attempt: Attempt) {
        self.best = attempt;
        let trace = self.trace();
        (self.better)(&trace);
    }

    /// Whether changing the schedule has cost what it may.
    fn is_spent(&self) -> bool {
        self.runner.spent >= self.most || self.is_out_of_time()
    }

    const fn cost(&self) -> Cost {
        self.best.cost
    }

    fn is_out_of_time(&self) -> bool {
        self.effort.time.is_some_and(|time| self.watch.elapsed() >= time)
    }

    /// The smallest so far, as a trace. How many preemptions it has is known, and not whether fewer are possible.
    fn trace(&self) -> Trace {
        let mut header = self.header.header.clone();
        header.runtime = Runtime::Native;
        header.workload.clone_from(&self.workload);
        header.failure = self.best.failure.as_ref().map(Failure::record);
        if self.best.events != self.header.events {
            // It was found for other events.
            header.essence.clear();
        }
        header.preemptions = Some(Preemptions { count: self.best.cost.preemptions, fewest: Fewest::NotFound });
        Trace { header, events: self.best.events.clone() }
    }
}
