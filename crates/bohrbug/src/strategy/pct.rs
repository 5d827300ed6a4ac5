//! `pct`: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).
//!
//! Every task has a random priority, and the highest that can go on does. At `depth - 1` random steps the priority of
//! the running task falls below all others. A bug of depth d among n tasks and k steps is found with probability at
//! least 1 / (n * k^(d-1)) in each execution.
//!
//! Departures from the paper:
//! 1. k is [drawn](super::length) for each execution. A bug that shows within k steps is then found with the probability that
//!    the paper has for the first of the lengths drawn that is at least k, times how often that is drawn. The first execution
//!    has no change points.
//! 2. A step counts if another task could have gone instead, and if the running task has more to do than to begin or to
//!    end: to be lowered just before makes no difference, but to who asks whether a thread has finished.
//! 3. A task that yields again and again while others can run is lowered, too, so that a spin loop does not starve the
//!    task that it waits for. Not at its first yields: bugs right after a yield would be hidden.

use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};
use rand::Rng;
use rand::seq::index;
use rand_pcg::Pcg64Mcg;

use super::length::{LEARNING, Length};
use super::ranks::Ranks;
use super::{Descriptor, Guarantee, Standing, Strategy, generator};

/// Yields in a row after which a task is lowered.
const PATIENCE: u32 = 8;

/// Random priorities with change points.
#[derive(Clone, Debug)]
pub struct Pct {
    seed: u64,
    depth: usize,
    generator: Pcg64Mcg,
    ranks: Ranks,
    change_points: Vec<usize>,
    steps: usize,
    length: Length,
    /// The longest of all that were not cut off.
    longest: usize,
    execution: u64,
    /// The most tasks that an execution had.
    tasks: usize,
    yields: u32,
}

impl Pct {
    /// For bugs of at most `depth` ordering constraints.
    pub fn new(seed: u64, depth: usize) -> Self {
        Self {
            seed,
            depth: depth.max(1),
            generator: generator(seed, 0),
            ranks: Ranks::default(),
            change_points: Vec::new(),
            steps: 0,
            length: Length::default(),
            longest: 0,
            execution: 0,
            tasks: 0,
            yields: 0,
        }
    }

    fn has_lost_patience(&mut self, view: View<'_>) -> bool {
        let yields = view.current_is_ready() && view.pending(view.current()).operation == Operation::Yield;
        self.yields = if yields { self.yields + 1 } else { 0 };
        self.yields >= PATIENCE
    }
}

/// Whether it can make a difference to lower the running task now.
fn counts(view: View<'_>) -> bool {
    let operation = view.pending(view.current()).operation;
    view.current_is_ready() && view.ready().only().is_none() && !matches!(operation, Operation::Begin | Operation::End)
}

impl Strategy for Pct {
    fn begin(&mut self, execution: u64) -> bool {
        self.generator = generator(self.seed, execution);
        self.execution = execution;
        self.ranks.clear();
        self.steps = 0;
        self.yields = 0;
        let length = self.length.draw(self.seed, execution);
        let changes = (self.depth - 1).min(length);
        self.change_points = index::sample(&mut self.generator, length, changes).into_vec();
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let counts = counts(view);
        let change = counts && self.change_points.contains(&self.steps);
        self.steps += usize::from(counts);
        if self.has_lost_patience(view) || change {
            self.yields = 0;
            self.ranks.lower(view.current(), &mut self.generator);
        }
        self.ranks.highest(view, &mut self.generator)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn end(&mut self, view: View<'_>) {
        let is_cut = view.is_cut();
        self.length.learn(self.execution, self.steps, is_cut);
        if !is_cut {
            self.longest = self.longest.max(self.steps);
        }
        self.tasks = self.tasks.max(view.task_count());
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling().learning_from(LEARNING)
    }

    fn standing(&self) -> Standing {
        let Self { depth, tasks, longest: steps, .. } = *self;
        let learned = self.length.learned();
        let guarantee = Guarantee { depth, tasks, steps, learned };
        Standing { guarantee: (learned > 0).then_some(guarantee), ..Standing::default() }
    }
}
