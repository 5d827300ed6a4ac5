//! A random priority for each task, and the highest of a set: in a time that hardly depends on how many tasks there are.
//!
//! A priority is a number of eight bits whose bits lie in eight sets of tasks, so that the highest of 64 tasks takes eight
//! steps. Equal ones are told apart by a draw when it matters: as if more bits had been drawn when somebody looked.

use bohrbug_trace::TaskId;
use rand::RngCore;
use rand_pcg::Pcg64Mcg;

/// How many bits a priority has.
const BITS: usize = 8;

/// How many tasks a word of a set has.
pub(crate) const WORD: usize = 64;

/// A random priority for each task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Priorities {
    /// For 64 tasks each: the sets of those whose first bit is set, whose second is, and so on.
    bits: Vec<[u64; BITS]>,
    /// The tasks that are left while the highest is looked for.
    left: Vec<u64>,
}

impl Priorities {
    /// Draws anew for one task.
    #[inline]
    pub(crate) fn draw(&mut self, task: TaskId, generator: &mut Pcg64Mcg) {
        let (place, bit) = (task.index() / WORD, task.index() % WORD);
        // The highest bits of the draw, the lowest of them where the task's is.
        let mut drawn = generator.next_u64().rotate_left(BITS as u32 + bit as u32);
        for tasks in self.at(place) {
            *tasks ^= (*tasks ^ drawn) & 1 << bit;
            drawn = drawn.rotate_right(1);
        }
    }

    /// Draws anew for those of the 64 tasks of that word that are in `redrawn`.
    #[inline]
    pub(crate) fn draw_all(&mut self, place: usize, redrawn: u64, generator: &mut Pcg64Mcg) {
        if redrawn == 0 {
            return;
        }
        // One draw has bits for eight tasks whose places differ but for multiples of eight: those of one byte, say.
        let first = redrawn.trailing_zeros() / 8 * 8;
        if redrawn >> first < 1 << 8 {
            let drawn = generator.next_u64();
            for (number, tasks) in (0..).zip(self.at(place)) {
                *tasks ^= (*tasks ^ drawn.rotate_right(8 * number)) & redrawn;
            }
            return;
        }
        for tasks in self.at(place) {
            *tasks ^= (*tasks ^ generator.next_u64()) & redrawn;
        }
    }

    /// The bits of 64 tasks.
    #[inline]
    fn at(&mut self, place: usize) -> &mut [u64; BITS] {
        if self.bits.len() <= place {
            self.grow(place);
        }
        &mut self.bits[place]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, place: usize) {
        self.bits.resize(place + 1, [0; BITS]);
    }

    /// The task with the highest priority of a set that is not empty.
    #[inline]
    pub(crate) fn highest(&mut self, set: &[u64], generator: &mut Pcg64Mcg) -> TaskId {
        if let [word] = set { self.highest_of_word(*word, generator) } else { self.highest_of_all(set, generator) }
    }

    #[inline]
    fn highest_of_word(&self, word: u64, generator: &mut Pcg64Mcg) -> TaskId {
        let mut left = word;
        let bits = self.bits.first().unwrap_or(&[0; BITS]);
        for tasks in bits {
            if left & left.wrapping_sub(1) == 0 {
                break;
            }
            if left & tasks != 0 {
                left &= tasks;
            }
        }
        let ties = left.count_ones();
        let nth = if ties > 1 { below(generator, ties.into()) as u32 } else { 0 };
        TaskId(nth_bit(left, nth))
    }

    #[inline(never)]
    fn highest_of_all(&mut self, set: &[u64], generator: &mut Pcg64Mcg) -> TaskId {
        self.left.clear();
        self.left.extend(set);
        let size = self.left.len();
        if self.bits.len() < size {
            self.bits.resize(size, [0; BITS]);
        }
        for number in 0..BITS {
            let higher = |place: usize| self.left[place] & self.bits[place][number];
            if (0..size).any(|place| higher(place) != 0) {
                for place in 0..size {
                    self.left[place] &= self.bits[place][number];
                }
            }
        }
        let ties: u32 = self.left.iter().map(|word| word.count_ones()).sum();
        let mut nth = if ties > 1 { below(generator, u64::from(ties)) as u32 } else { 0 };
        for (place, word) in self.left.iter().enumerate() {
            if nth < word.count_ones() {
                return TaskId((place * WORD) as u32 + nth_bit(*word, nth));
            }
            nth -= word.count_ones();
        }
        TaskId::MAIN
    }
}

/// A number below `bound`, each equally likely but for less than `bound` in 2^64.
#[inline]
pub(crate) fn below(generator: &mut Pcg64Mcg, bound: u64) -> u64 {
    let product = u128::from(generator.next_u64()) * u128::from(bound);
    (product >> 64) as u64
}

/// The place of the bit that is set with `n` others below it.
#[inline]
fn nth_bit(word: u64, n: u32) -> u32 {
    let mut rest = word;
    for _ in 0..n {
        rest &= rest.wrapping_sub(1);
    }
    rest.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::generator;

    /// Draws priorities for so many tasks, and says how often each of them was the highest of the set.
    fn highest(set: &[u64], tasks: u32, rounds: u64) -> Vec<u32> {
        let mut priorities = Priorities::default();
        let mut times = vec![0; tasks as usize];
        for round in 0..rounds {
            let mut generator = generator(7, round);
            (0..tasks).for_each(|task| priorities.draw(TaskId(task), &mut generator));
            times[priorities.highest(set, &mut generator).index()] += 1;
        }
        times
    }

    #[test]
    fn every_task_of_a_set_is_as_often_the_highest_as_any_other_and_no_other_is() {
        // Of `count` tasks in 10,000 rounds each is the highest 10,000 / count times, with a deviation of less than the root
        // of that; five of these are not exceeded once in a million times.
        let cases: [(&[u64], u32); 5] =
            [(&[0b1], 1), (&[0b1010_0110], 8), (&[!0], 64), (&[!0, 0b111], 70), (&[0, 0b101, 1 << 63], 192)];
        for (set, tasks) in cases {
            let count = set.iter().map(|word| word.count_ones()).sum::<u32>();
            let expected = 10_000.0 / f64::from(count);
            for (task, times) in highest(set, tasks, 10_000).into_iter().enumerate() {
                let is_member = set[task / WORD] >> (task % WORD) & 1 == 1;
                let expected = if is_member { expected } else { 0.0 };
                let off = (f64::from(times) - expected).abs();
                assert!(off <= 5.0 * expected.sqrt(), "task {task} of {set:?}: {times} times, not {expected}");
            }
        }
    }

    #[test]
    fn a_priority_stays_until_it_is_drawn_anew() {
        // The highest of ten is mostly the same as before when one other task in ten draws, and not when all do, or eight.
        let mut priorities = Priorities::default();
        let mut same = [0; 3];
        for (kind, redrawn) in [(0, 0b10), (1, 0b11_1111_1111), (2, 0b1111_1111)] {
            for round in 0..1_000 {
                let mut generator = generator(9, round);
                (0..10).for_each(|task| priorities.draw(TaskId(task), &mut generator));
                let before = priorities.highest(&[0b11_1111_1111], &mut generator);
                priorities.draw_all(0, redrawn, &mut generator);
                same[kind] += u32::from(priorities.highest(&[0b11_1111_1111], &mut generator) == before);
            }
        }
        // The one that draws was the highest in a tenth, becomes it in a tenth; ties with 8 bits are a few percent.
        assert!(same[0] > 750 && same[1] < 200 && same[2] < 350, "{same:?}");
    }

    #[test]
    fn every_task_is_as_often_the_highest_when_several_draw_at_once() {
        // As above, with a deviation of less than the root of 10,000 / count.
        for set in [0b11, 0b1111_1111 << 16, 0b1010_0101 << 56, 0b1_1000_0001, !0_u64] {
            let (mut priorities, mut times) = (Priorities::default(), [0_u32; 64]);
            for round in 0..10_000 {
                let mut generator = generator(11, round);
                priorities.draw_all(0, set, &mut generator);
                times[priorities.highest(&[set], &mut generator).index()] += 1;
            }
            let expected = 10_000.0 / f64::from(set.count_ones());
            for (task, times) in times.into_iter().enumerate() {
                let expected = if set >> task & 1 == 1 { expected } else { 0.0 };
                assert!(
                    (f64::from(times) - expected).abs() <= 5.0 * expected.sqrt(),
                    "task {task} of {set:b}: {times}"
                );
            }
        }
    }
}
