//! A rank for each task: drawn when it is first seen, and lowered below all others; the highest that can go on does.

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;
use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// The ranks of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks {
    /// Of each task seen so far; higher runs first.
    ranks: Vec<i64>,
    /// What the task that was lowered last got: below every other.
    lowest: i64,
}

impl Ranks {
    pub(super) fn clear(&mut self) {
        self.ranks.clear();
        self.lowest = 0;
    }

    fn of(&mut self, task: TaskId, generator: &mut Pcg64Mcg) -> i64 {
        while self.ranks.len() <= task.index() {
            self.ranks.push(generator.random_range(1..i64::MAX));
        }
        self.ranks[task.index()]
    }

    /// Puts the task below all others.
    pub(super) fn lower(&mut self, task: TaskId, generator: &mut Pcg64Mcg) {
        self.of(task, generator);
        self.lowest -= 1;
        self.ranks[task.index()] = self.lowest;
    }

    /// The highest of those that can go on.
    pub(super) fn highest(&mut self, view: View<'_>, generator: &mut Pcg64Mcg) -> TaskId {
        let mut best = view.ready().nth(0);
        for task in view.ready().iter() {
            if self.of(task, generator) > self.of(best, generator) {
                best = task;
            }
        }
        best
    }
}
