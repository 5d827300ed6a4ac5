//! Strategies: who runs next, and what is chosen.
//!
//! One file each behind one trait, and one line in the list below. A strategy knows nothing of any runtime. It is called
//! in the running task's own context, so that going on with the same task costs no switch.

mod bounded;
mod dfs;
mod dpor;
mod follow;
pub(crate) mod foreign;
mod ordered;
mod pct;
mod portfolio;
mod pos;
mod preemption;
mod priorities;
mod random;
mod surw;
#[cfg(test)]
pub(crate) mod testing;

pub use bounded::{Bounded, Rounds};
pub use dfs::Dfs;
pub use dpor::Dpor;
pub(crate) use follow::{Follow, SharedFollow};
pub(crate) use ordered::{Broken, Ordered, Plan, Rest};
pub use pct::Pct;
pub use portfolio::Portfolio;
pub use pos::Pos;
pub use preemption::Preemptions;
pub use random::Random;
pub use surw::Surw;

use bohrbug_sync::control::{Event, MemoryModel, View};
use bohrbug_trace::TaskId;

/// Decides, execution after execution.
pub trait Strategy {
    /// Begins the execution of that number, from 0; `false` when there is nothing left to explore.
    fn begin(&mut self, execution: u64) -> bool;

    /// Who performs its announced operation next, out of `view.ready()`, which is not empty.
    fn next_task(&mut self, view: View<'_>) -> TaskId;

    /// A number below `alternatives`, which is at least 2.
    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32;

    /// Whether [`Strategy::next_task`] wants to be asked where only one task can go on, too; asked when an execution begins,
    /// and of no consequence while the events are watched.
    fn wants_forced_steps(&self) -> bool {
        true
    }

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

    /// Whether an execution that has failed must come to its own end all the same: the search wants to see the rest.
    fn goes_on_after_failures(&self) -> bool {
        false
    }

    /// The share of all that there is to explore that has been explored, as far as an exhaustive search can tell by now.
    fn explored(&self) -> Option<f64> {
        None
    }

    /// How many executions were given up on the way, since they showed nothing new.
    fn cut_off(&self) -> u64 {
        0
    }

    /// Whether the execution that has just ended was drawn at random, as the next one will be: what such executions have
    /// shown says something of what they have not.
    fn samples(&self) -> bool {
        false
    }

    /// How many executions, from the first, the strategy learns from. Every later one depends on the seed, on its number and
    /// on these alone, unless it [has its turn](Strategy::is_in_order): who splits executions among threads has each thread
    /// run these.
    fn learning(&self) -> u64 {
        0
    }

    /// Whether the execution of that number goes on from all those before it of which this is true: one thread has to run
    /// them, one after the other.
    fn is_in_order(&self, execution: u64) -> bool {
        let _ = execution;
        !self.samples()
    }

    /// What the strategy's paper promises for the workload as it has been seen to be.
    fn guarantee(&self) -> Option<Guarantee> {
        None
    }

    /// Whether another seed makes another search; asked before the first execution.
    fn is_seeded(&self) -> bool {
        !self.is_exhaustive()
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
    /// Within how many steps of an execution the bug shows.
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
    Entry { name: "portfolio", summary: "several in turn; the default", make: |seed| Box::new(Portfolio::new(seed)) },
    Entry { name: "random", summary: "a uniformly random step", make: |seed| Box::new(Random::new(seed)) },
    Entry { name: "pct", summary: "random priorities with change points", make: |seed| Box::new(Pct::new(seed, 3)) },
    Entry { name: "pos", summary: "partial order sampling", make: |seed| Box::new(Pos::new(seed)) },
    Entry {
        name: "surw",
        summary: "uniform over orders of interesting events",
        make: |seed| Box::new(Surw::new(seed)),
    },
    Entry { name: "dfs", summary: "every schedule, by brute force", make: |_| Box::new(Dfs::new()) },
    Entry { name: "dpor", summary: "every behaviour once", make: |_| Box::new(Dpor::new()) },
    Entry { name: "bounded", summary: "by the number of preemptions", make: |_| Box::new(Bounded::new()) },
];

/// A strategy with a setting: `None` if the text is none.
pub type With = fn(u64, &str) -> Option<Box<dyn Strategy>>;

/// The strategies that take a setting, as `name:setting`.
pub const SETTINGS: &[(&str, With)] = &[
    ("pct", |seed, depth| Some(Box::new(Pct::new(seed, depth.parse().ok().filter(|depth| *depth > 0)?)))),
    ("surw", |seed, interest| Some(Box::new(Surw::of(seed, interest)))),
    ("bounded", |_, preemptions| Some(Box::new(Bounded::at_most(preemptions.parse().ok()?)))),
];

/// The strategy of that name, which may have a setting; `None` if there is none.
pub fn named(name: &str, seed: u64) -> Option<Box<dyn Strategy>> {
    if let Some((name, setting)) = name.split_once(':') {
        return SETTINGS.iter().find(|(known, _)| *known == name).and_then(|(_, with)| with(seed, setting));
    }
    ALL.iter().find(|entry| entry.name == name).map(|entry| (entry.make)(seed))
}

/// As [`named`], for explorations under that memory model.
pub(crate) fn under(name: &str, seed: u64, memory: MemoryModel) -> Option<Box<dyn Strategy>> {
    match (memory, name) {
        (MemoryModel::Rc11, "portfolio") => Some(Box::new(Portfolio::under_weak_memory(seed))),
        _ => named(name, seed),
    }
}

/// The generator of one execution: the same seed and number give the same numbers, whatever ran before.
pub(crate) fn generator(seed: u64, execution: u64) -> rand_pcg::Pcg64Mcg {
    use rand::SeedableRng;
    // Seeding hashes the two into a state, so neighbours have nothing in common.
    rand_pcg::Pcg64Mcg::seed_from_u64(seed.wrapping_add(execution.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// Two numbers as one, for tables: neighbours are far from each other.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(5) ^ b).wrapping_mul(0x517C_C1B7_2722_0A95)
}

/// The share of a tree that has been explored depth first: at each node on the path to the present leaf, the branches
/// that have been explored, and all. Each node takes its branches to be equally large (Knuth, Mathematics of Computation
/// 29, 1975, where a branch is drawn; here the present one serves).
pub(crate) fn explored_share(path: impl Iterator<Item = (u64, u64)>) -> f64 {
    let (mut share, mut part) = (0.0, 1.0);
    for (explored, all) in path {
        share += part * explored as f64 / all as f64;
        part /= all as f64;
    }
    // The leaf itself.
    share + part
}
