//! A number for each task, and a task drawn with these numbers as weights.

use bohrbug_trace::TaskId;
use rand_pcg::Pcg64Mcg;

use crate::strategy::priorities::below;

/// Tasks whose sum is kept, so that a draw need not look at each.
const BLOCK: usize = 16;

/// A number for each task; 0 for those that have none.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    of: Vec<u64>,
    /// The sum of each block.
    sums: Vec<u64>,
    total: u64,
}

impl Weights {
    pub(super) fn clear(&mut self) {
        self.of.clear();
        self.sums.clear();
        self.total = 0;
    }

    #[inline]
    pub(super) fn get(&self, task: TaskId) -> u64 {
        self.of.get(task.index()).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn set(&mut self, task: TaskId, weight: u64) {
        if self.of.len() <= task.index() {
            self.grow(task);
        }
        let before = std::mem::replace(&mut self.of[task.index()], weight);
        let sum = &mut self.sums[task.index() / BLOCK];
        *sum = *sum - before + weight;
        self.total = self.total - before + weight;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, task: TaskId) {
        self.of.resize(task.index() + 1, 0);
        self.sums.resize(task.index() / BLOCK + 1, 0);
    }

    /// A task; `None` if all are 0.
    #[inline]
    pub(super) fn draw(&self, generator: &mut Pcg64Mcg) -> Option<TaskId> {
        if self.total == 0 {
            return None;
        }
        let mut rest = below(generator, self.total);
        let mut block = 0;
        while rest >= self.sums[block] {
            rest -= self.sums[block];
            block += 1;
        }
        let mut task = block * BLOCK;
        while rest >= self.of[task] {
            rest -= self.of[task];
            task += 1;
        }
        Some(TaskId(task as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::generator;

    #[test]
    fn tasks_are_drawn_as_often_as_their_weights_say() {
        let given = [(0, 3), (1, 0), (15, 1), (16, 2), (40, 4), (15, 2), (40, 0), (99, 3)];
        let mut weights = Weights::default();
        given.iter().for_each(|&(task, weight)| weights.set(TaskId(task), weight));
        let mut drawn = [0_u64; 100];
        let mut generator = generator(5, 0);
        (0..10_000).for_each(|_| drawn[weights.draw(&mut generator).unwrap().index()] += 1);
        // Of 10,000 draws each task has 1,000 for each unit of its weight; five deviations are below 250.
        for (task, times) in drawn.into_iter().enumerate() {
            let expected = weights.get(TaskId(task as u32)) * 1_000;
            assert!(u64::abs_diff(times, expected) < if expected == 0 { 1 } else { 250 }, "task {task}: {times}");
        }
        weights.clear();
        assert_eq!(weights.draw(&mut generator), None);
    }
}
