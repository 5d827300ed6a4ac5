//! Campaigns: a hunt divided among machines, each of which leaves its results in a file.
//!
//! [`part`] explores what is a shard's own, [`results`] is the file, [`gather`] finds the files of a campaign and says what is
//! wrong with them, and [`merged`] makes of them the outcomes that one machine would have come to. No machine needs to know of
//! another, and nothing runs but what an engine starts.

pub mod gather;
pub mod merged;
pub mod part;
pub mod results;

use serde::{Deserialize, Serialize};

pub use gather::CampaignError;

use crate::plan::{Settings, phases};
use crate::select::Pair;

/// What all shards of a campaign have in common; results of two different ones are never merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The strategy's name.
    pub strategy: String,
    /// The seed.
    pub seed: u64,
    /// How many executions one machine would run of each pair at the most.
    pub executions: u64,
    /// How large the workloads are.
    pub scale: String,
    /// Each scenario with a revision.
    pub pairs: Vec<(String, String)>,
}

impl Campaign {
    /// The one of these pairs; `None` without a strategy and a budget in executions.
    pub fn of(pairs: &[Pair], settings: &Settings) -> Option<Self> {
        let strategy = settings.strategy.clone()?;
        let first = pairs.first()?;
        let phases = phases(first.expected, first.scenario.proof(), settings);
        let executions = phases.first()?.budget.executions?;
        let scale = settings.scale.name().to_owned();
        let name = |pair: &Pair| (pair.scenario.full_name(), pair.revision.to_owned());
        Some(Self { strategy, seed: settings.seed, executions, scale, pairs: pairs.iter().map(name).collect() })
    }

    /// What makes it another campaign, in words; `None` if it is the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let differs =
            |what: &str, one: String, two: String| (one != two).then(|| format!("{what} {one} and not {two}"));
        differs("strategy", self.strategy.clone(), other.strategy.clone())
            .or_else(|| differs("seed", self.seed.to_string(), other.seed.to_string()))
            .or_else(|| differs("executions", self.executions.to_string(), other.executions.to_string()))
            .or_else(|| differs("scale", self.scale.clone(), other.scale.clone()))
            .or_else(|| (self.pairs != other.pairs).then(|| "other scenarios or revisions".to_owned()))
    }
}
