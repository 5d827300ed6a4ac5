//! What a shard comes to: every fact with the place at which it was first seen.
//!
//! A campaign ends at its first failure, and no shard knows what the others find. So a part says of each fact when it came to be
//! true, and whoever merges counts what one process had seen when it ended.

use bohrbug_sorted::SortedMap;
use bohrbug_trace::Trace;
use serde::{Deserialize, Serialize};

use super::{Sample, Shard, Stored};
use crate::basis::{Doubt, Exception};
use crate::strategy::Guarantee;

/// The place of an execution: the number of its subtree, and its number within that. Executions that are drawn are each a
/// subtree of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place(pub(crate) u64, pub(crate) u64);

/// What one shard of an exploration came to; [`Exploration::merge`](crate::Exploration::merge) takes it with the others.
///
/// It is stored as JSON. What is read is [checked](Part::check), so that nothing that is stored can do harm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub(crate) shard: Shard,
    /// How many executions one process would run at the most.
    pub(crate) budget: u64,
    /// The program was seen to be nondeterministic, before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nondeterminism: Option<Stored>,
    pub(crate) work: Work,
    pub(crate) findings: Findings,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Work {
    /// The shard's own of the executions below that number.
    Drawn {
        /// Beyond the last.
        end: u64,
    },
    /// The shard's own subtrees.
    Searched {
        /// Those that were begun, in order.
        subtrees: Vec<Subtree>,
        /// How many subtrees there are, if nothing was left to explore.
        of: Option<u64>,
    },
}

/// A subtree, and how many executions of it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subtree(pub(crate) u64, pub(crate) u64);

/// Everything that was seen, with the places where it was seen first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Findings {
    /// Whether having nothing left to explore proves anything.
    pub(crate) proves: bool,
    /// The shard's own executions that were cut off at the step bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cut: Vec<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) excepted: Vec<(Exception, Place)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) doubts: Vec<(Doubt, Place)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_waiting: Option<(String, Place)>,
    /// What the strategy's paper promises, whenever that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) guarantee: Vec<(Guarantee, Place)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<(Stored, Place)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) suspicion: Option<(Stored, Place)>,
    /// Of the shard's own executions, where behaviours are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behaviours: Option<Sample>,
}

impl Part {
    /// Which shard it is.
    pub const fn shard(&self) -> Shard {
        self.shard
    }

    /// How many executions one process would run at the most.
    pub const fn budget(&self) -> u64 {
        self.budget
    }

    /// How many executions of its own the shard ran.
    pub fn executions(&self) -> u64 {
        match &self.work {
            Work::Drawn { end } => self.shard.owned_below(*end),
            Work::Searched { subtrees, .. } => subtrees.iter().fold(0, |sum, subtree| subtree.1.saturating_add(sum)),
        }
    }

    /// The failure that ended it, if one did.
    pub fn failure(&self) -> Option<&crate::Failure> {
        self.found().map(|stored| &stored.0.failure)
    }

    /// The execution in which it was; where none failed, the first one that makes a failure likely.
    pub fn trace(&self) -> Option<&Trace> {
        let suspicion = self.findings.suspicion.as_ref().map(|(stored, _)| stored);
        self.found().or(suspicion).map(|stored| &stored.0.trace)
    }

    fn found(&self) -> Option<&Stored> {
        let found = || self.findings.failure.as_ref().map(|(stored, _)| stored);
        self.nondeterminism.as_ref().or_else(found)
    }
}

impl Findings {
    /// Both lists with the first place of each.
    pub(crate) fn firsts<'a, T: Ord + Clone + 'a>(
        lists: impl Iterator<Item = &'a Vec<(T, Place)>>,
    ) -> SortedMap<T, Place> {
        let mut firsts = SortedMap::new();
        for (what, place) in lists.flatten() {
            let first = firsts.entry(what.clone()).or_insert(*place);
            *first = (*first).min(*place);
        }
        firsts
    }
}
