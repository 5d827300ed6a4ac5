//! Strategies: who runs next, and what is chosen.
//!
//! One file each behind one trait, and one line in the list below. A strategy knows nothing of any runtime. It is called
//! in the running task's own context, so that going on with the same task costs no switch.

mod bounded;
mod dfs;
mod follow;
pub(crate) mod foreign;
mod ordered;
mod pct;
mod pos;
mod preemption;
mod priorities;
mod random;
#[cfg(test)]
pub(crate) mod testing;

pub use bounded::{Bounded, Rounds};
pub use dfs::Dfs;
pub(crate) use follow::{Follow, SharedFollow};
pub(crate) use ordered::{Broken, Ordered, Plan, Rest};
pub use pct::Pct;
pub use pos::Pos;
pub use preemption::Preemptions;
pub use random::Random;

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::TaskId;

/// Decides, execution after execution.
pub trait Strategy {
    /// Begins the execution of that number, from 0; `false` when there is nothing left to explore.
    fn begin(&mut self, execution: u64) -> bool;

    /// Who performs its announced operation next, out of `view.ready()`, which is not empty.
    fn next_task(&mut self, view: View<'_>) -> TaskId;

    /// A number below `alternatives`, which is at least 2.
    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32;

    /// An event has happened.
    fn reported(&mut self, view: View<'_>, event: &Event) {
        let _ = (view, event);
    }

    /// Whether [`Strategy::reported`] wants to be called.
    fn watches(&self) -> bool {
        false
    }

    /// The execution has ended.
    fn end(&mut self, view: View<'_>) {
        let _ = view;
    }

    /// Whether having nothing left to explore proves that no execution fails; asked again after every execution.
    fn is_exhaustive(&self) -> bool {
        false
    }

    /// Whether another seed makes another search; asked before the first execution.
    fn is_seeded(&self) -> bool {
        !self.is_exhaustive()
    }

    /// Whether the execution that has just ended was drawn at random, as the next one will be: what such executions have
    /// shown says something of what they have not.
    fn samples(&self) -> bool {
        false
    }

    /// What the strategy's paper promises for the workload as it has been seen to be.
    fn guarantee(&self) -> Option<Guarantee> {
        None
    }

    /// Something that must be said of the exploration: the program behaved differently under one schedule, say.
    fn complaint(&self) -> Option<String> {
        None
    }
}

/// That each execution finds a bug, if there is one of that depth, with at least some probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// How many ordering constraints the bug needs at the most.
    pub depth: usize,
    /// How many tasks there are at the most.
    pub tasks: usize,
    /// How many steps an execution has at the most.
    pub steps: usize,
}

impl Guarantee {
    /// The probability, by the paper of probabilistic concurrency testing (Burckhardt and others, ASPLOS 2010).
    ///
    /// ```
    /// let guarantee = bohrbug::strategy::Guarantee { depth: 2, tasks: 5, steps: 20 };
    /// assert_eq!(guarantee.probability(), 0.01);
    /// ```
    pub fn probability(self) -> f64 {
        let constraints = i32::try_from(self.depth).unwrap_or(i32::MAX).saturating_sub(1);
        1.0 / (self.tasks.max(1) as f64 * (self.steps.max(1) as f64).powi(constraints))
    }
}

/// A strategy's name, what it is, and how it is made from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name on the command line, in traces and in docs.
    pub name: &'static str,
    /// What it gives, in a line.
    pub summary: &'static str,
    /// Makes one.
    pub make: fn(u64) -> Box<dyn Strategy>,
}

/// Every strategy that runs on `native`.
pub const ALL: &[Entry] = &[
    Entry { name: "random", summary: "a uniformly random step", make: |seed| Box::new(Random::new(seed)) },
    Entry { name: "pct", summary: "random priorities with change points", make: |seed| Box::new(Pct::new(seed, 3)) },
    Entry { name: "pos", summary: "partial order sampling", make: |seed| Box::new(Pos::new(seed)) },
    Entry { name: "dfs", summary: "every schedule, by brute force", make: |_| Box::new(Dfs::new()) },
    Entry { name: "bounded", summary: "by the number of preemptions", make: |_| Box::new(Bounded::new()) },
];

/// The generator of one execution: the same seed and number give the same numbers, whatever ran before.
pub(crate) fn generator(seed: u64, execution: u64) -> rand_pcg::Pcg64Mcg {
    use rand::SeedableRng;
    // Seeding hashes the two into a state, so neighbours have nothing in common.
    rand_pcg::Pcg64Mcg::seed_from_u64(seed.wrapping_add(execution.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}
