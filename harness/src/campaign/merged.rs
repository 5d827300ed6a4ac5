//! From the results of shards to the outcomes that one machine would have come to.

use std::path::Path;
use std::time::Duration;

use bohrbug::shard::{Part, ShardError};
use bohrbug::trace::Trace;

use super::gather::{CampaignError, Gathered};
use super::part::{settings, whole};
use super::results::{CameTo, Line};
use crate::catalogue::Catalogue;
use crate::hunt::take_in;
use crate::outcome::Outcome;
use crate::plan::Settings;
use crate::recorded::Recorded;
use crate::scenario::Scale;
use crate::select::Pair;
use crate::{ended, store};

/// What the results of all shards of one pair come to.
#[derive(Debug)]
pub enum Merged {
    /// An outcome.
    Outcome(Box<Outcome>),
    /// None, for that reason.
    None(String),
}

/// The pairs of the campaign.
///
/// # Errors
///
/// If this program does not have one of them.
pub fn pairs(gathered: &Gathered, catalogue: &Catalogue) -> Result<Vec<Pair>, CampaignError> {
    if Scale::from_name(&gathered.campaign.scale).is_none() {
        return Err(CampaignError::Unknown(gathered.file.clone(), format!("scale {}", gathered.campaign.scale)));
    }
    let find = |(scenario, revision): &(String, String)| {
        let unknown = || CampaignError::Unknown(gathered.file.clone(), format!("{scenario} {revision}"));
        let scenario = catalogue.find(scenario).ok_or_else(unknown)?;
        let (revision, expected) = scenario.revision(revision).ok_or_else(unknown)?;
        Ok(Pair { scenario, revision, expected })
    };
    gathered.campaign.pairs.iter().map(find).collect()
}

/// Merges what the shards came to in the pair of that number, and keeps the trace of what failed as a hunt does.
pub fn merge(gathered: &Gathered, number: usize, pair: Pair, traces: &Path) -> Merged {
    let settings = settings(&gathered.campaign);
    let lines = || gathered.results.values().filter_map(|results| Some((results.shard, results.lines.get(number)?)));
    let mut outcome = Outcome::new(pair, settings.seed);
    let mut parts: Vec<Part> = Vec::new();
    // What ended a shard's process, the first by the number of the execution.
    let mut ended: Option<Trace> = None;
    for (shard, line) in lines() {
        match &line.came_to {
            CameTo::Part(part) => parts.push((**part).clone()),
            CameTo::Ended(_) => {
                let traces = ended.into_iter().chain(line.came_to.ended());
                ended = traces.min_by_key(|trace| trace.header.execution);
            }
            CameTo::Refused(reason) => return Merged::None(format!("shard {shard}: {reason}")),
            // Of a hunt there is none.
            CameTo::Ran { .. } => {}
            CameTo::Fault(fault) => {
                outcome.fault = Some(format!("shard {shard}: {fault}"));
                return Merged::Outcome(Box::new(outcome));
            }
        }
    }
    let exploration = whole(pair, &settings);
    let merged = exploration.merge(&parts);
    if let Some(trace) = ended {
        let before = merged.as_ref().ok().and_then(bohrbug::Report::trace);
        if before.is_none_or(|before| before.header.execution > trace.header.execution) {
            return came_to_an_end(pair, &settings, trace, traces);
        }
    }
    match merged {
        Ok(mut report) => {
            report.elapsed = elapsed(lines().map(|(_, line)| line));
            let scale = pair.scenario.scale(settings.scale);
            take_in(&mut outcome, report, &gathered.campaign.strategy, scale, traces);
            Merged::Outcome(Box::new(outcome))
        }
        Err(ShardError::Disagree(reason)) => Merged::None(reason),
        Err(error) => Merged::None(error.to_string()),
    }
}

/// The outcome of a pair that ended the process of a shard.
fn came_to_an_end(pair: Pair, settings: &Settings, trace: Trace, traces: &Path) -> Merged {
    let none = || Merged::None("the trace of what ended its process has no failure".to_owned());
    let Some(kind) = trace.header.failure.as_ref().map(|failure| failure.kind) else { return none() };
    let recorded = |trace| Recorded { trace, scenario: pair.scenario, revision: pair.revision };
    let (trace, kept) = store::keep(trace, kind, traces, recorded);
    ended::outcome(pair, settings.seed, trace, kept).map_or_else(none, |outcome| Merged::Outcome(Box::new(outcome)))
}

/// The time of all shards together.
fn elapsed<'a>(lines: impl Iterator<Item = &'a Line>) -> Duration {
    Duration::try_from_secs_f64(lines.map(|line| line.seconds).sum()).unwrap_or_default()
}
