//! `bohrbug hunt --shard`: a part of a hunt, whose results go into a file.
//!
//! It ends with 0 whatever it found, since an engine runs again what ends otherwise; `bohrbug merge` gives the verdict.

use std::fs;
use std::path::Path;

use bohrbug::shard::Shard;
use serde_json::json;

use super::answer::Form;
use super::console::Console;
use super::error::CliError;
use super::one_line;
use super::progress::Progress;
use crate::campaign::gather::refuse_others;
use crate::campaign::results::{CameTo, Line, Results};
use crate::campaign::{self, CampaignError, part};
use crate::ended::{Ledger, failure_of};
use crate::exit::Exit;
use crate::hunt::look_back;
use crate::numbers::grouped;
use crate::plan::Settings;
use crate::select::Pair;
use crate::workers::{self, News};

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) text: &'a str,
    pub(super) out: &'a Path,
    pub(super) settings: &'a Settings,
    /// Whether a directory of traces was named.
    pub(super) traces: bool,
    pub(super) format: Form,
    pub(super) jobs: usize,
}

pub(super) fn run(
    asked: &Asked<'_>,
    pairs: &[Pair],
    progress: Progress,
    console: &mut Console,
) -> Result<Exit, CliError> {
    tell_bazel();
    let shard = Shard::asked(asked.text, |name| std::env::var(name).ok())?;
    refuse(asked)?;
    let campaign = campaign::of(pairs, asked.settings).ok_or(CliError::NotInAShard(STRATEGY))?;
    pairs.iter().try_for_each(|pair| part::check(*pair, asked.settings))?;
    refuse_others(asked.out, &campaign, shard)?;
    let ledger = asked.settings.ledger.iter();
    ledger.clone().for_each(Ledger::go_on);
    let lines = explore(asked, pairs, shard, progress);
    let results = Results { shard, campaign, lines };
    let unwritable = |error| CampaignError::Unwritable(asked.out.to_owned(), error);
    let saved = results.save(asked.out);
    ledger.for_each(Ledger::close);
    let path = saved.map_err(unwritable)?.display().to_string();
    for line in &results.lines {
        console.say(&said(line, shard, asked.format, &path));
    }
    if asked.format == Form::Human {
        console.say(&format!("\nthe results of shard {shard}: {path}"));
    }
    Ok(Exit::worst(results.lines.iter().map(|line| exit(&line.came_to))))
}

const STRATEGY: &str = "follows one strategy: name it with --strategy";

/// A test runner of Bazel's takes a test for one that cannot be divided unless it touches this file.
fn tell_bazel() {
    if let Some(file) = std::env::var_os("TEST_SHARD_STATUS_FILE") {
        let _ = fs::OpenOptions::new().create(true).append(true).open(file);
    }
}

fn refuse(asked: &Asked<'_>) -> Result<(), CliError> {
    let reasons = [
        (asked.settings.strategy.is_none(), STRATEGY),
        (asked.settings.time.is_some(), "has a budget of executions: with a time each machine would end elsewhere"),
        (asked.settings.long, "has a budget of executions: name it with --executions, and not with --long"),
        (asked.traces, "keeps no traces: its results have them, and `bohrbug merge --traces DIR` keeps them"),
        (
            matches!(asked.format, Form::Junit | Form::Sarif),
            "has no outcome: `bohrbug merge --format junit` and `--format sarif` write the document",
        ),
    ];
    match reasons.iter().find(|(applies, _)| *applies) {
        Some((_, reason)) => Err(CliError::NotInAShard(reason)),
        None => Ok(()),
    }
}

fn explore(asked: &Asked<'_>, pairs: &[Pair], shard: Shard, mut progress: Progress) -> Vec<Line> {
    // A trace of the same failure that another shard has kept is one of another execution.
    let traces = asked.out.join("traces").join(format!("shard-{}-of-{}", shard.number(), shard.of()));
    look_back(pairs, asked.settings, &traces);
    let mut lines: Vec<Option<Line>> = pairs.iter().map(|_| None).collect();
    workers::each(
        pairs.len(),
        asked.jobs,
        |number, sender| {
            let tell = |progress| drop(sender.send(News::At(number, progress)));
            part::explore(pairs[number], shard, asked.settings, &traces, tell)
        },
        |news| match news {
            News::Nothing => progress.show(),
            News::At(number, come) => progress.at(&pairs[number], come),
            News::Done(number, line) => {
                progress.done(true);
                lines[number] = Some(*line);
            }
        },
    );
    progress.finish();
    lines.into_iter().flatten().collect()
}

/// What one pair came to, in a line.
fn said(line: &Line, shard: Shard, format: Form, path: &str) -> String {
    let ended = line.came_to.ended();
    let failure = ended.as_ref().and_then(failure_of);
    let (executions, failure) = match &line.came_to {
        CameTo::Part(part) => (part.executions(), part.failure().cloned()),
        CameTo::Ended(_) => (ended.map_or(0, |trace| trace.header.execution), failure),
        CameTo::Refused(_) | CameTo::Fault(_) | CameTo::Ran { .. } => (0, None),
    };
    if format == Form::Json {
        let failure = failure.map(|failure| json!({ "kind": failure.kind, "message": failure.message }));
        let reason = match &line.came_to {
            CameTo::Part(_) | CameTo::Ended(_) | CameTo::Ran { .. } => None,
            CameTo::Refused(reason) | CameTo::Fault(reason) => Some(reason),
        };
        let object = json!({
            "scenario": line.scenario, "revision": line.revision, "shard": shard.to_string(), "executions": executions,
            "failure": failure, "refused": reason, "seconds": line.seconds, "results": path,
        });
        return object.to_string();
    }
    let came_to = match &line.came_to {
        CameTo::Refused(reason) => format!("refused: {reason}"),
        CameTo::Fault(fault) => format!("a bug in bohrbug: {fault}"),
        CameTo::Ran { verdict, .. } => verdict.clone(),
        CameTo::Ended(_) => {
            let failure = failure.map(|failure| one_line(&failure.to_string())).unwrap_or_default();
            format!("it ended the process in execution {}: {failure}", grouped(executions))
        }
        CameTo::Part(_) => {
            let came_to = failure.map_or_else(|| "no failure".to_owned(), |failure| one_line(&failure.to_string()));
            let plural = if executions == 1 { "" } else { "s" };
            format!("{} execution{plural}, {came_to}", grouped(executions))
        }
    };
    format!("{} {}: {came_to}", line.scenario, line.revision)
}

const fn exit(came_to: &CameTo) -> Exit {
    match came_to {
        CameTo::Part(_) | CameTo::Ended(_) | CameTo::Ran { .. } => Exit::AsAsked,
        CameTo::Refused(_) => Exit::Usage,
        CameTo::Fault(_) => Exit::OurFault,
    }
}
