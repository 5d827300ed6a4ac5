//! What a strategy says of itself: once, and as the search goes on.

use serde::{Deserialize, Serialize};

/// What a strategy is and wants.
///
/// ```
/// use bohrbug::strategy::Descriptor;
///
/// assert!(Descriptor::sampling().learning_from(10).seeded);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// Whether another seed makes another search.
    pub seeded: bool,
    /// Whether executions are drawn at random, so that what they showed allows an estimate of what they did not.
    pub samples: bool,
    /// How many executions, from the first, it learns from. Threads that share an exploration each run these.
    pub learning: u64,
    /// Whether it wants to be told of events.
    pub watches: bool,
    /// Whether it wants to be asked even where only one task is enabled; ignored while events are watched.
    pub wants_forced_steps: bool,
    /// Whether it wants to know what atomics hold ([`View::word`](super::View::word)).
    pub wants_words: bool,
    /// Whether a failed execution must run to its end, since the search needs the rest.
    pub goes_on_after_failures: bool,
}

impl Descriptor {
    /// Of a search that continues from what it has seen.
    pub const fn searching() -> Self {
        Self {
            seeded: false,
            samples: false,
            learning: 0,
            watches: false,
            wants_forced_steps: true,
            wants_words: false,
            goes_on_after_failures: false,
        }
    }

    /// Of one that draws each execution from a seed.
    pub const fn sampling() -> Self {
        Self { seeded: true, samples: true, ..Self::searching() }
    }

    /// The same, learning from so many executions.
    #[must_use]
    pub const fn learning_from(self, executions: u64) -> Self {
        Self { learning: executions, ..self }
    }

    /// The same, told of every event.
    #[must_use]
    pub const fn watching(self) -> Self {
        Self { watches: true, ..self }
    }

    /// The same, not asked where only one task can go on.
    #[must_use]
    pub const fn without_forced_steps(self) -> Self {
        Self { wants_forced_steps: false, ..self }
    }

    /// The same, knowing what atomics hold.
    #[must_use]
    pub const fn knowing_words(self) -> Self {
        Self { wants_words: true, ..self }
    }

    /// The same, running executions that have failed to their end.
    #[must_use]
    pub const fn to_the_end(self) -> Self {
        Self { goes_on_after_failures: true, ..self }
    }
}

/// How far a search has come.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// Whether having nothing left to explore would prove that no execution fails.
    pub proves: bool,
    /// The estimated share of the search that is done, if known.
    pub explored: Option<f64>,
    /// Whether a loop was taken to wait until something changes that it reads.
    pub awaits: bool,
    /// What the program does that this search does not cover, so that a slower one has to replace it.
    pub uncovered: Option<&'static str>,
    /// How many executions were redundant and given up.
    pub cut_off: u64,
    /// What the strategy's paper promises for the workload as it has been seen to be.
    pub guarantee: Option<Guarantee>,
    /// Something that makes everything else void, such as different behaviour under one schedule.
    pub complaint: Option<String>,
}

impl Standing {
    /// Of a search whose end is a proof.
    pub fn proving() -> Self {
        Self { proves: true, ..Self::default() }
    }
}

/// A lower bound on the probability that an execution, after the learning ones, finds a bug of that depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarantee {
    /// How many ordering constraints the bug needs at the most.
    pub depth: usize,
    /// How many tasks there are at the most.
    pub tasks: usize,
    /// Within how many steps of an execution the bug shows.
    pub steps: usize,
    /// How many steps the longest execution had that lengths were learned from.
    pub learned: usize,
}

impl Guarantee {
    /// The probability, by the paper of probabilistic concurrency testing (Burckhardt and others, ASPLOS 2010), times how
    /// often an execution is taken to be as long as that: three times out of four as long as was learned, else twice as
    /// long, four times, and so on, each a quarter as often as the one before.
    ///
    /// ```
    /// use bohrbug::strategy::Guarantee;
    ///
    /// let guarantee = Guarantee { depth: 2, tasks: 5, steps: 20, learned: 20 };
    /// assert_eq!(guarantee.probability(), 0.0075);
    /// assert_eq!(Guarantee { steps: 21, ..guarantee }.probability(), 0.0075 / 8.0);
    /// ```
    pub fn probability(self) -> f64 {
        let tasks = self.tasks.max(1) as f64;
        let constraints = i32::try_from(self.depth).unwrap_or(i32::MAX).saturating_sub(1);
        if constraints == 0 {
            return 1.0 / tasks;
        }
        let (mut length, mut share) = (self.learned.max(1) as f64, 0.75);
        while length < self.steps as f64 {
            (length, share) = (length * 2.0, share / 4.0);
        }
        share / (tasks * length.powi(constraints))
    }
}
