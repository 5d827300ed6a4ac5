//! What the shards of one campaign have in common: without it nothing is merged.

use serde::{Deserialize, Serialize};

use crate::explore::Exploration;

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
    /// How large the workloads are; nothing in a test's.
    pub scale: String,
    /// Each scenario with a revision; of a test its name and where it is.
    pub pairs: Vec<(String, String)>,
    /// How a test is explored; of a hunt the catalogue says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<InTest>,
}

/// How a test is explored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InTest {
    /// The memory model.
    pub memory: String,
    /// The disabled monitors.
    pub off: Vec<String>,
    /// Those enabled beyond the usual ones.
    pub on: Vec<String>,
}

impl Campaign {
    /// The one of a test at that place; `None` without a budget in executions.
    pub(super) fn of_test(exploration: &Exploration, place: &str) -> Option<Self> {
        let test = InTest {
            memory: exploration.config.memory.name().to_owned(),
            off: exploration.off.clone(),
            on: exploration.on.clone(),
        };
        Some(Self {
            strategy: exploration.strategy.name().to_owned(),
            seed: exploration.seed,
            executions: exploration.budget.executions?,
            scale: String::new(),
            pairs: vec![(exploration.scenario.clone(), place.to_owned())],
            test: Some(test),
        })
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
            .or_else(|| (self.test != other.test).then(|| "another memory model or other monitors".to_owned()))
    }
}
