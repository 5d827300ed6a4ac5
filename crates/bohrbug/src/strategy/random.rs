//! `random`: at each step one of the tasks that can go on, each with the same probability.
//!
//! It finds bugs that many schedules show. It is uniform over steps, not over interleavings: a task with many steps is
//! seldom held up for long.

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;
use rand::{Rng, RngCore};
use rand_pcg::Pcg64Mcg;

use super::{Descriptor, Strategy, generator};

/// A uniformly random walk.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    generator: Pcg64Mcg,
}

impl Random {
    /// The walk of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, generator: generator(seed, 0) }
    }
}

impl Strategy for Random {
    fn begin(&mut self, execution: u64) -> bool {
        self.generator = generator(self.seed, execution);
        true
    }

    #[inline]
    fn next_task(&mut self, view: View<'_>) -> TaskId {
        // The upper half of the product: off the uniform by less than one in 2^32, and asked at every step.
        view.ready().pick(|count| ((u128::from(self.generator.next_u64()) * count as u128) >> 64) as usize)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling().without_forced_steps()
    }
}
