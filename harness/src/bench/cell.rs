//! Measuring one cell: a program under a strategy, once for each seed.

use std::cell::Cell as Slot;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use bohrbug::{Budget, Exploration, Failure, FailureKind, Program, Report, Stopwatch, UnknownName, is_seeded, monitor};

use crate::scenario::{Expectation, Scale, Scenario};
use crate::select::failing;

/// How much each cell may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many trials, with the seeds from 0 up. A strategy that draws nothing has one.
    pub seeds: u64,
    /// The executions of a trial, at the most.
    pub executions: u64,
    /// The time of all trials together, at the most.
    pub time: Option<Duration>,
}

/// What one seed came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The number of the first execution that failed as expected, from 1.
    pub found: Option<u64>,
    /// Whether it ended without a find only because the time did.
    pub is_cut: bool,
}

/// How long so many executions took that went on after failures: trials end too soon to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many.
    pub executions: u64,
    /// How long they took.
    pub elapsed: Duration,
}

/// What a cell came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The strategy was followed.
    Measured {
        /// How many trials there were to be.
        seeds: u64,
        /// Those that there were, in the order of their seeds: fewer where the time ended.
        trials: Vec<Trial>,
        /// How fast it goes.
        pace: Pace,
    },
    /// The strategy's runtime cannot follow the program.
    BeyondTheRuntime,
}

/// The monitors that watch, whatever is expected. All others are off: what they find is not what is counted, and they would
/// end executions before that comes.
const WATCHING: [FailureKind; 4] =
    [FailureKind::Panic, FailureKind::Deadlock, FailureKind::StepBound, FailureKind::Runtime];

/// Measures the scenario, on the first of its revisions that is expected to fail, under a strategy.
///
/// # Errors
///
/// If no strategy has that name.
pub fn measure(scenario: &'static Scenario, strategy: &str, effort: &Effort) -> Result<Cell, UnknownName> {
    let seeds = if is_seeded(strategy)? { effort.seeds } else { 1 };
    let watch = Stopwatch::start();
    let mut trials = Vec::new();
    for seed in 0..seeds {
        let left = effort.time.map(|time| time.saturating_sub(watch.elapsed()));
        if left == Some(Duration::ZERO) && !trials.is_empty() {
            break;
        }
        match trial(scenario, strategy, seed, Budget::default().executions(effort.executions).time(left))? {
            Some(trial) => trials.push(trial),
            None => return Ok(Cell::BeyondTheRuntime),
        }
    }
    let pace = pace(scenario, strategy, effort)?;
    Ok(Cell::Measured { seeds, trials, pace })
}

/// The executions and the time for [`Pace`].
const PACED: (u64, Duration) = (1_000, Duration::from_secs(1));

fn pace(scenario: &'static Scenario, strategy: &str, effort: &Effort) -> Result<Pace, UnknownName> {
    let executions = Some(PACED.0.min(effort.executions));
    let budget = Budget::default().executions(executions).time(PACED.1);
    let report = match exploration(scenario, strategy, 0, budget) {
        Some((exploration, program, _)) => exploration.explore(&program, |_| ControlFlow::Continue(()))?,
        None => return Ok(Pace { executions: 0, elapsed: Duration::ZERO }),
    };
    Ok(Pace { executions: report.executions, elapsed: report.elapsed })
}

/// One trial; `None` if the runtime cannot follow the program.
fn trial(scenario: &'static Scenario, strategy: &str, seed: u64, budget: Budget) -> Result<Option<Trial>, UnknownName> {
    let Some((exploration, program, expected)) = exploration(scenario, strategy, seed, budget) else { return Ok(None) };
    let (found, seen) = until_found(expected);
    let report = exploration.explore(&program, seen)?;
    let gave_up = report.failure().is_some_and(|failure| failure.kind == FailureKind::Runtime);
    Ok((!gave_up).then(|| read(&report, found.get(), &budget)))
}

/// What is explored, and what is looked for; nothing, if the scenario has no revision that is expected to fail.
fn exploration(
    scenario: &'static Scenario,
    strategy: &str,
    seed: u64,
    budget: Budget,
) -> Option<(Exploration, Program, Expectation)> {
    let (revision, expected) = failing(scenario)?;
    let off = off(expected);
    let exploration = Exploration::new(scenario.full_name(), strategy).seed(seed).budget(budget).off(off);
    Some((exploration, scenario.program(revision, Scale::Small), expected))
}

fn read(report: &Report, is_found: bool, budget: &Budget) -> Trial {
    let time_is_over = budget.time.is_some_and(|time| report.elapsed >= time);
    let is_cut = !is_found && time_is_over && budget.executions.is_none_or(|bound| report.executions < bound);
    Trial { found: is_found.then_some(report.executions), is_cut }
}

/// What stops an exploration at the failure that is expected and goes on after others; and whether that has happened.
fn until_found(expected: Expectation) -> (Rc<Slot<bool>>, impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static) {
    let found = Rc::new(Slot::new(false));
    let note = found.clone();
    let seen = move |failure: Option<&Failure>| match failure {
        Some(failure) if expected.is_met_by(failure) => {
            note.set(true);
            ControlFlow::Break(())
        }
        Some(failure) if failure.kind == FailureKind::Runtime => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    (found, seen)
}

/// What is disabled: see [`WATCHING`]; and the check for nondeterminism, which runs executions that are no strategy's.
fn off(expected: Expectation) -> Vec<String> {
    let expected = match expected {
        Expectation::Fails { kind, .. } => Some(kind),
        Expectation::Holds => None,
    };
    let is_off = |kind: &FailureKind| !WATCHING.contains(kind) && Some(*kind) != expected;
    let monitors = monitor::ALL.iter().map(|entry| entry.kind);
    monitors.chain([FailureKind::Nondeterminism]).filter(is_off).map(|kind| kind.name().to_owned()).collect()
}
