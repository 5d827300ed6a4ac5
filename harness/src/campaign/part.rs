//! A shard's part of each pair.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bohrbug::shard::{Shard, ShardError};
use bohrbug::{Exploration, Progress, Stopwatch};

use super::Campaign;
use super::results::{CameTo, Line};
use crate::hunt::{exploration, said};
use crate::plan::{Settings, phases};
use crate::scenario::Scale;
use crate::select::Pair;

/// Explores what is the shard's own of that pair. `progress` is told now and then how far it has come.
pub fn explore(pair: Pair, shard: Shard, settings: &Settings, progress: impl Fn(Progress)) -> Line {
    let watch = Stopwatch::start();
    let program = pair.scenario.program(pair.revision, pair.scenario.scale(settings.scale));
    let run = || whole(pair, settings).run_shard(&program, shard, progress);
    let came_to = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(part)) => CameTo::Part(Box::new(part)),
        Ok(Err(refused)) => CameTo::Refused(refused.to_string()),
        Err(payload) => CameTo::Fault(said(&*payload)),
    };
    let seconds = watch.elapsed().as_secs_f64();
    Line { scenario: pair.scenario.full_name(), revision: pair.revision.to_owned(), seconds, came_to }
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
    let phases = phases(pair.expected, true, settings);
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
