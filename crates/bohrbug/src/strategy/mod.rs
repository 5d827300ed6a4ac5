//! Strategies: who runs next, and what is chosen.
//!
//! One file each behind one trait, and one line in the list below. A strategy knows nothing of any runtime. It is called
//! in the running task's own context, so that going on with the same task costs no switch.

mod bounded;
mod descriptor;
mod dfs;
mod dpor;
mod follow;
pub(crate) mod foreign;
mod graphs;
mod length;
mod ordered;
mod pct;
mod pctwm;
mod portfolio;
mod pos;
mod preemption;
mod priorities;
mod random;
mod ranks;
mod subtrees;
mod surw;
#[cfg(test)]
pub(crate) mod testing;

pub use bounded::{Bounded, Rounds};
pub use dfs::Dfs;
pub use dpor::Dpor;
pub(crate) use dpor::{NEAR, Next, Ticket};
pub(crate) use follow::{Follow, SharedFollow};
pub use graphs::Graphs;
pub(crate) use ordered::{Broken, Ordered, Plan, Rest};
pub use pct::Pct;
pub use pctwm::Pctwm;
pub use portfolio::Portfolio;
pub use pos::Pos;
pub use preemption::Preemptions;
pub use random::Random;
pub(crate) use subtrees::{Spot, Subtrees};
pub use surw::Surw;

use bohrbug_sync::control::MemoryModel;
pub use bohrbug_sync::control::{Event, View};
use bohrbug_trace::TaskId;

pub use descriptor::{Descriptor, Guarantee, Standing};

/// Decides who runs next, and what choices come to, execution after execution.
///
/// Three methods make a strategy; see [`Check::strategy`](crate::Check::strategy) for how to use one of your own.
///
/// ```
/// use bohrbug::strategy::{Strategy, View};
/// use bohrbug::trace::TaskId;
///
/// /// The youngest task goes first.
/// #[derive(Clone)]
/// struct Youngest;
///
/// impl Strategy for Youngest {
///     fn begin(&mut self, execution: u64) -> bool {
///         execution == 0
///     }
///
///     fn next_task(&mut self, view: View<'_>) -> TaskId {
///         view.ready().nth(view.ready().len() - 1)
///     }
///
///     fn choose(&mut self, _: View<'_>, _: u32) -> u32 {
///         0
///     }
/// }
/// ```
pub trait Strategy {
    /// Begins the execution of that number, from 0; `false` when there is nothing left to explore.
    fn begin(&mut self, execution: u64) -> bool;

    /// Who performs its announced operation next, out of `view.ready()`, which is not empty.
    fn next_task(&mut self, view: View<'_>) -> TaskId;

    /// A number below `alternatives`, which is at least 2.
    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32;

    /// An event has happened; only called if [`Descriptor::watches`].
    fn reported(&mut self, view: View<'_>, event: &Event) {
        let _ = (view, event);
    }

    /// The execution has ended.
    fn end(&mut self, view: View<'_>) {
        let _ = view;
    }

    /// The execution that has [ended](Strategy::end) raised a doubt, so that the search will be no proof.
    fn doubted(&mut self) {}

    /// Its descriptor; asked before the first execution, and after each [`begin`](Strategy::begin).
    fn descriptor(&self) -> Descriptor {
        Descriptor::searching()
    }

    /// How far it has come; asked after each execution.
    fn standing(&self) -> Standing {
        Standing::default()
    }

    /// Whether the execution of that number continues a search from all earlier ones of which this is true: one thread has to
    /// run them, in order. Every other one depends on the seed, its number and what was [learned](Descriptor::learning).
    fn is_in_order(&self, execution: u64) -> bool {
        let _ = execution;
        !self.descriptor().samples
    }
}

/// A strategy by name, and how it is made from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name on the command line, in traces and in docs.
    pub name: &'static str,
    /// A one-line summary.
    pub summary: &'static str,
    /// Makes one.
    pub make: fn(u64) -> Box<dyn Strategy>,
}

/// Every strategy that runs on `native`.
pub const ALL: &[Entry] = &[
    Entry { name: "portfolio", summary: "several in turn; the default", make: |seed| Box::new(Portfolio::new(seed)) },
    Entry { name: "random", summary: "a uniformly random step", make: |seed| Box::new(Random::new(seed)) },
    Entry { name: "pct", summary: "random priorities with change points", make: |seed| Box::new(Pct::new(seed, 3)) },
    Entry {
        name: "pctwm",
        summary: "random priorities, and a few reads that communicate",
        make: |seed| Box::new(Pctwm::new(seed, 2)),
    },
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

/// Makes a strategy from a setting; `None` if the text is not one.
pub type With = fn(u64, &str) -> Option<Box<dyn Strategy>>;

/// The strategies that take a setting, as `name:setting`.
pub const SETTINGS: &[(&str, With)] = &[
    ("pct", |seed, depth| Some(Box::new(Pct::new(seed, depth.parse().ok().filter(|depth| *depth > 0)?)))),
    ("pctwm", |seed, depth| Some(Box::new(Pctwm::new(seed, depth.parse().ok().filter(|depth| *depth > 0)?)))),
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
        (MemoryModel::Rc11, "dpor") => Some(Box::new(Graphs::new())),
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
    // Asked after every execution: most nodes have one branch, which changes nothing.
    for (explored, all) in path.filter(|&(_, all)| all > 1) {
        share += part * explored as f64 / all as f64;
        part /= all as f64;
    }
    // The leaf itself.
    share + part
}
