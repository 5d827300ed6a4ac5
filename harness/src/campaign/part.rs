//! A shard's part of each pair.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bohrbug::shard::{Shard, ShardError};
use bohrbug::{Exploration, Progress, Stopwatch};

use super::Campaign;
use super::results::{CameTo, Line};
use crate::ended;
use crate::hunt::{exploration, said, workload};
use crate::plan::{Settings, phases};
use crate::scenario::Scale;
use crate::select::Pair;

/// Explores what is the shard's own of that pair, unless it has ended this process before. `progress` is told now and then how
/// far it has come. The trace of what ends the process goes into `traces`.
pub fn explore(pair: Pair, shard: Shard, settings: &Settings, traces: &Path, progress: impl Fn(Progress)) -> Line {
    let watch = Stopwatch::start();
    let scale = pair.scenario.scale(settings.scale);
    let program = pair.scenario.program(pair.revision, scale).started_again_by(ended::again());
    let mut exploration = whole(pair, settings);
    exploration.workload = workload(scale);
    exploration.traces = Some(traces.to_owned());
    let ended = settings.ledger.as_ref().and_then(|ledger| ledger.trace(pair));
    let run = || exploration.run_shard(&program, shard, progress);
    let came_to = match ended {
        Some((_, trace)) => CameTo::Ended(trace.render()),
        None => match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(part)) => CameTo::Part(Box::new(part)),
            Ok(Err(refused)) => CameTo::Refused(refused.to_string()),
            Err(payload) => CameTo::Fault(said(&*payload)),
        },
    };
    let seconds = watch.elapsed().as_secs_f64();
    Line { scenario: pair.scenario.full_name(), revision: pair.revision.to_owned(), seconds, smaller: None, came_to }
}

/// Looks whether the pair can be explored in shards as that is asked for.
///
/// # Errors
///
/// If the strategy cannot be divided.
pub fn check(pair: Pair, settings: &Settings) -> Result<(), ShardError> {
    let program = pair.scenario.program(pair.revision, pair.scenario.scale(settings.scale));
    whole(pair, settings).can_be_sharded(&program)
}

/// The exploration that is divided.
pub(super) fn whole(pair: Pair, settings: &Settings) -> Exploration {
    let phases = phases(pair.expected, pair.scenario.proof(), settings);
    let phase = phases.first().expect("a bug in bohrbug: a strategy that is named is a phase");
    exploration(pair, phase, settings)
}

/// The settings of a campaign, for whoever merges its results.
pub(super) fn settings(campaign: &Campaign) -> Settings {
    Settings {
        strategy: Some(campaign.strategy.clone()),
        executions: Some(campaign.executions),
        seed: campaign.seed,
        scale: Scale::from_name(&campaign.scale).unwrap_or_default(),
        jobs: 1,
        ..Settings::default()
    }
}
