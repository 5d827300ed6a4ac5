//! From the results of the shards of a test to the outcome that one process would have come to.
//!
//! The program that merges cannot run the test. So its trace is the one that its shard has made smaller, with the number that
//! its execution has in the whole.

use std::path::Path;
use std::time::Duration;

use bohrbug::report::Kept;
use bohrbug::trace::Trace;
use bohrbug::{Budget, Config, Exploration, FailureKind, MemoryModel, Report, StrategyChoice};
use bohrbug_plan::{EVERY_ACCESS, Outcome};

use super::gather::Gathered;
use super::results::{CameTo, Line};
use crate::ended::failure_of;

/// What a test came to.
#[derive(Debug)]
pub struct Merged {
    /// As a run of it would have said it.
    pub outcome: Outcome,
    /// What the verdict rests on, in a line.
    pub basis: String,
    /// What failed, if that was in an exploration.
    pub find: Option<Find>,
    /// Whether it failed.
    pub failed: bool,
}

/// A failure, under a headline.
#[derive(Debug)]
pub struct Find {
    /// What failed under what.
    pub headline: String,
    /// The failing execution.
    pub trace: Trace,
    /// Where the trace is.
    pub kept: Kept,
}

/// The name of the test whose results these are: `PACKAGE/TARGET/TEST`.
pub fn name(gathered: &Gathered) -> String {
    match gathered.campaign.pairs.first() {
        Some((name, place)) if is_of_unmodified(place) => name.clone(),
        Some((name, place)) => format!("{place}/{name}"),
        None => String::new(),
    }
}

/// Whether `cargo bohrbug test` explored it, and not a check in it.
pub fn is_unmodified(gathered: &Gathered) -> bool {
    gathered.campaign.pairs.first().is_some_and(|(_, place)| is_of_unmodified(place))
}

/// Whether every access was seen in it.
pub fn sees_every_access(gathered: &Gathered) -> bool {
    gathered.campaign.pairs.first().is_some_and(|(_, place)| place == EVERY_ACCESS)
}

fn is_of_unmodified(place: &str) -> bool {
    place.is_empty() || place == EVERY_ACCESS
}

/// Merges what the shards came to, and keeps the trace of what failed in `traces`.
///
/// # Errors
///
/// If their results contradict each other, in words.
pub fn merge(gathered: &Gathered, traces: &Path) -> Result<Merged, String> {
    let lines: Vec<&Line> = gathered.results.values().filter_map(|results| results.lines.first()).collect();
    let mut parts = Vec::new();
    let mut ran: Vec<(&String, u64, bool)> = Vec::new();
    for line in &lines {
        match &line.came_to {
            CameTo::Part(part) => parts.push((**part).clone()),
            CameTo::Ran { verdict, executions, failed } => ran.push((verdict, *executions, *failed)),
            CameTo::Refused(reason) | CameTo::Fault(reason) => return Err(reason.clone()),
            CameTo::Ended(_) => {}
        }
    }
    let base = Outcome { test: name(gathered), milliseconds: milliseconds(&lines), ..Outcome::default() };
    if let Some(first @ (verdict, executions, failed)) = ran.first() {
        if ran.len() < lines.len() || ran.iter().any(|other| other != first) {
            return Err("the shards disagree; those of a deterministic test do not".to_owned());
        }
        let outcome = Outcome { verdict: (*verdict).clone(), executions: *executions, ..base };
        return Ok(Merged { basis: (*verdict).clone(), outcome, find: None, failed: *failed });
    }
    let report = exploration(gathered)?.merge(&parts).map_err(|error| error.to_string())?;
    Ok(match ended_first(&lines, &report) {
        Some((line, trace)) => ended(gathered, base, line, trace, traces),
        None => explored(gathered, base, &lines, &report, traces),
    })
}

/// What was explored, as far as a report of it depends on that.
fn exploration(gathered: &Gathered) -> Result<Exploration, String> {
    let campaign = &gathered.campaign;
    let test = campaign.test.as_ref().ok_or("these are not the results of a test")?;
    let memory = MemoryModel::from_name(&test.memory);
    let memory = memory.ok_or_else(|| format!("there is no memory model called {:?}", test.memory))?;
    let scenario = campaign.pairs.first().map_or("", |(scenario, _)| scenario);
    // A strategy of somebody's own is not here; its name is what is asked for.
    Ok(Exploration::new(scenario, StrategyChoice::from(campaign.strategy.as_str()))
        .seed(campaign.seed)
        .budget(Budget::default().executions(campaign.executions))
        .config(Config { memory, ..Config::default() })
        .on(test.on.clone())
        .off(test.off.clone()))
}

/// What ended the process of a shard, if that comes before what the others found.
fn ended_first<'a>(lines: &[&'a Line], report: &Report) -> Option<(&'a Line, Trace)> {
    let ended = lines.iter().filter_map(|line| Some((*line, line.came_to.ended()?)));
    let (line, trace) = ended.min_by_key(|(_, trace)| trace.header.execution)?;
    let is_first = report.trace().is_none_or(|before| before.header.execution > trace.header.execution);
    is_first.then_some((line, trace))
}

fn ended(gathered: &Gathered, base: Outcome, line: &Line, trace: Trace, traces: &Path) -> Merged {
    let execution = trace.header.execution;
    let headline = format!("`{}` ended its process in execution {execution}", scenario(gathered));
    let trace = line.smaller().unwrap_or(trace);
    // As the process of an unmodified test is told of that was ended by a signal.
    let is_crash =
        is_unmodified(gathered) && failure_of(&trace).is_some_and(|failure| failure.kind == FailureKind::Crash);
    let verdict = if is_crash { "crashed" } else { "failed" }.to_owned();
    let outcome = Outcome { verdict, executions: execution, ..base };
    failed(outcome, headline, trace, traces)
}

fn explored(gathered: &Gathered, base: Outcome, lines: &[&Line], report: &Report, traces: &Path) -> Merged {
    let outcome = Outcome {
        verdict: report.conclusion(),
        executions: report.executions,
        behaviours: report.behaviours,
        cut: report.cut,
        ..base
    };
    let Some(found) = report.trace() else {
        return Merged { outcome, basis: report.basis(), find: None, failed: false };
    };
    let is_its = |line: &&&Line| matches!(&line.came_to, CameTo::Part(part) if part.trace().is_some_and(|trace| trace.events == found.events));
    let mut trace = lines.iter().find(is_its).and_then(|line| line.smaller()).unwrap_or_else(|| found.clone());
    trace.header.execution = found.header.execution;
    let headline =
        format!("`{}` failed at execution {} under {}", scenario(gathered), report.executions, report.strategy);
    failed(outcome, headline, trace, traces)
}

fn failed(mut outcome: Outcome, headline: String, trace: Trace, traces: &Path) -> Merged {
    let failure = failure_of(&trace);
    outcome.failure = failure.as_ref().map(|failure| failure.kind.name().to_owned());
    let kept = if failure.is_some_and(|failure| failure.kind == FailureKind::Nondeterminism) {
        Kept::Unwanted("a nondeterministic program cannot be replayed")
    } else {
        trace.save_into(traces).map_or_else(Kept::Lost, Kept::Saved)
    };
    if let Kept::Saved(saved) = &kept {
        outcome.trace = Some(saved.path().to_owned());
    }
    Merged { basis: headline.clone(), outcome, find: Some(Find { headline, trace, kept }), failed: true }
}

fn scenario(gathered: &Gathered) -> &str {
    gathered.campaign.pairs.first().map_or("", |(scenario, _)| scenario)
}

/// The time of all shards together.
fn milliseconds(lines: &[&Line]) -> u64 {
    let time = Duration::try_from_secs_f64(lines.iter().map(|line| line.seconds).sum()).unwrap_or_default();
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
