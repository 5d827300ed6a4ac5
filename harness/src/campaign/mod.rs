//! Campaigns: a hunt divided among machines, each of which leaves its results in a file.
//!
//! [`part`] explores what is a shard's own, [`results`] is the file, [`gather`] finds the files of a campaign and says what is
//! wrong with them, and [`merged`] makes of them the outcomes that one machine would have come to; [`tests`] does
//! so with those of tests. No machine needs to know of
//! another, and nothing runs but what an engine starts.

pub mod gather;
pub mod merged;
pub mod part;
pub mod tests;

pub use bohrbug::shard::{Campaign, results};
pub use gather::CampaignError;

use crate::plan::{Settings, phases};
use crate::select::Pair;

/// The campaign of these pairs; `None` without a strategy and a budget in executions.
pub fn of(pairs: &[Pair], settings: &Settings) -> Option<Campaign> {
    let strategy = settings.strategy.clone()?;
    let first = pairs.first()?;
    let phases = phases(first.expected, first.scenario.proof(), settings);
    let executions = phases.first()?.budget.executions?;
    let scale = settings.scale.name().to_owned();
    let name = |pair: &Pair| (pair.scenario.full_name(), pair.revision.to_owned());
    let pairs = pairs.iter().map(name).collect();
    Some(Campaign { strategy, seed: settings.seed, executions, scale, pairs, test: None })
}
