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
mod preemption;
mod random;
#[cfg(test)]
mod testing;

pub use bounded::{Bounded, Rounds};
pub use dfs::Dfs;
pub(crate) use follow::{Follow, SharedFollow};
pub(crate) use ordered::{Broken, Ordered, Plan, Rest};
pub use pct::Pct;
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

    /// Something that must be said of the exploration: the program behaved differently under one schedule, say.
    fn complaint(&self) -> Option<String> {
        None
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
    Entry { name: "dfs", summary: "every schedule, by brute force", make: |_| Box::new(Dfs::new()) },
    Entry { name: "bounded", summary: "by the number of preemptions", make: |_| Box::new(Bounded::new()) },
];

/// The generator of one execution: the same seed and number give the same numbers, whatever ran before.
pub(crate) fn generator(seed: u64, execution: u64) -> rand_pcg::Pcg64Mcg {
    use rand::SeedableRng;
    // Seeding hashes the two into a state, so neighbours have nothing in common.
    rand_pcg::Pcg64Mcg::seed_from_u64(seed.wrapping_add(execution.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}
