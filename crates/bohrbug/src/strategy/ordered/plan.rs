//! What an execution is held to, and how it did not keep to it.

use std::collections::BTreeMap;

use bohrbug_sorted::SortedMap;
use bohrbug_trace::{Before, EventKey, FailureKind, StepIdx, TraceEvent};

/// What an execution is held to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The orders to keep, by the paths and labels of the program that runs.
    pub(crate) orders: Vec<Before>,
    /// The values of choices and faults, 1 for a weak exchange that fails and for a clock that jumps.
    pub(crate) choices: SortedMap<EventKey, u64>,
    /// Who goes on among the tasks that no order holds back, and the values of choices that are not given.
    pub(crate) rest: Rest,
    /// The failure that is looked for: monitors that predict others are off.
    pub(crate) kind: Option<FailureKind>,
}

/// What decides where a plan does not.
#[derive(Clone, Debug, Default)]
pub(crate) enum Rest {
    /// A task goes on until it cannot, or yields; then comes the next one by number. Choices are 0.
    #[default]
    InTurn,
    /// Whoever's next event has the lowest rank; choices are 0. An event without a rank has that of the next event of its
    /// task that has one.
    Ranked(SortedMap<EventKey, u32>),
    /// The same, and an event without a rank has that of the last event of its task that has one.
    RankedEarly(SortedMap<EventKey, u32>),
    /// At random.
    Random {
        /// The seed of the random numbers.
        seed: u64,
    },
}

impl Rest {
    pub(super) const fn ranks(&self) -> Option<&SortedMap<EventKey, u32>> {
        match self {
            Self::Ranked(ranks) | Self::RankedEarly(ranks) => Some(ranks),
            Self::InTurn | Self::Random { .. } => None,
        }
    }

    /// The ranks of each task's events, ascending.
    pub(super) fn ranks_by_task(&self) -> BTreeMap<String, Vec<u32>> {
        let mut by_task: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (key, &rank) in self.ranks().into_iter().flatten() {
            by_task.entry(key.task.clone()).or_default().push(rank);
        }
        by_task.values_mut().for_each(|ranks| ranks.sort_unstable());
        by_task
    }
}

/// An order that could not be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Its place among the plan's orders.
    pub(crate) order: usize,
    /// The step at which the second event happens all the same.
    pub(crate) step: StepIdx,
    /// That event, as it was announced.
    pub(crate) found: TraceEvent,
}
