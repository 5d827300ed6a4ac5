//! How much of a program random executions have shown: behaviours so far, and the chance that the next one is new.
//!
//! The chance is Good and Turing's estimate (Good 1953): of N executions drawn alike, N1 showed what no other showed, and
//! the next one shows something new with probability N1 / N, give or take 1 / sqrt(N). It holds for executions that are
//! drawn independently and alike; of an exhaustive search it says nothing.
//!
//! Memory is bounded, at 8 MiB. Behaviours are told apart by their hashes; when half a million are kept, those whose hash
//! begins with a one are dropped, and only every second new one is kept from then on, and so on (distinct sampling,
//! Gibbons 2001). Up to there the figures are exact counts; from there on they are estimates within one percent.

/// Counts behaviours.
///
/// ```
/// use bohrbug::coverage::Coverage;
///
/// let mut coverage = Coverage::default();
/// [1 << 60, 2 << 60, 1 << 60].into_iter().for_each(|behaviour| coverage.add(behaviour));
/// assert_eq!(coverage.behaviours(), 2);
/// assert_eq!(coverage.unseen(), Some(1.0 / 3.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    executions: u64,
    /// Hashes at places that follow from them, or after; an empty place is 0.
    table: Vec<u64>,
    kept: usize,
    /// How many of them were seen just once.
    once: usize,
    /// How many zeros a hash has to begin with.
    level: u32,
}

/// The table's size at first and at the most; it is full when half of it is.
const SIZES: (usize, usize) = (1 << 10, 1 << 20);

/// The bit of an entry that says that it was seen more than once.
const AGAIN: u64 = 1;

/// A bit that every entry has, so that none is 0.
const TAKEN: u64 = 2;

impl Coverage {
    /// One more execution, with that behaviour.
    pub fn add(&mut self, behaviour: u64) {
        self.executions += 1;
        self.insert(Self::entry(behaviour));
    }

    /// What is kept of a behaviour that was seen once.
    pub(crate) const fn entry(behaviour: u64) -> u64 {
        behaviour & !AGAIN | TAKEN
    }

    /// What a sample comes to: all entries that begin with at least so many zeros, and which of them were seen more than once.
    pub(crate) fn of(executions: u64, level: u32, entries: impl Iterator<Item = (u64, bool)>) -> Self {
        let mut coverage = Self { executions, level, ..Self::default() };
        entries.for_each(|(entry, again)| coverage.insert(entry | u64::from(again)));
        coverage
    }

    /// How many behaviours have been seen.
    pub const fn behaviours(&self) -> u64 {
        (self.kept as u64) << self.level
    }

    /// The probability that the next execution shows another; `None` before the first.
    pub fn unseen(&self) -> Option<f64> {
        let once = ((self.once as u64) << self.level) as f64;
        (self.executions > 0).then(|| (once / self.executions as f64).min(1.0))
    }

    fn insert(&mut self, entry: u64) {
        if entry.leading_zeros() < self.level {
            return;
        }
        if self.kept * 2 >= self.table.len() {
            self.make_room();
            return self.insert(entry);
        }
        let mask = self.table.len() - 1;
        let mut place = (entry >> 2) as usize & mask;
        while self.table[place] != 0 {
            if self.table[place] | AGAIN == entry | AGAIN {
                self.once -= usize::from(self.table[place] & AGAIN == 0);
                self.table[place] |= AGAIN;
                return;
            }
            place = (place + 1) & mask;
        }
        self.table[place] = entry;
        self.kept += 1;
        self.once += usize::from(entry & AGAIN == 0);
    }

    fn make_room(&mut self) {
        let size = (self.table.len() * 2).clamp(SIZES.0, SIZES.1);
        self.level += u32::from(size == self.table.len());
        self.rebuild(size);
    }

    fn rebuild(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.table, vec![0; size]);
        (self.kept, self.once) = (0, 0);
        self.insert_all(&old);
    }

    fn insert_all(&mut self, entries: &[u64]) {
        entries.iter().filter(|entry| **entry != 0).for_each(|entry| self.insert(*entry));
    }

    /// Adds what another has counted, of other executions of the same program.
    pub fn merge(&mut self, other: &Self) {
        self.executions += other.executions;
        if other.level > self.level {
            self.level = other.level;
            self.rebuild(self.table.len());
        }
        self.insert_all(&other.table);
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use super::*;

    #[test]
    fn few_behaviours_are_counted_exactly() {
        // Each seen how often; the executions, the behaviours, and those seen once.
        let cases: [(&[u64], u64, f64); 4] =
            [(&[1], 1, 1.0), (&[2, 1], 2, 1.0 / 3.0), (&[3, 2], 2, 0.0), (&[1, 1, 1, 1], 4, 1.0)];
        for (times, behaviours, unseen) in cases {
            let mut coverage = Coverage::default();
            let mut generator = Pcg64Mcg::seed_from_u64(1);
            for &times in times {
                let behaviour = generator.random();
                (0..times).for_each(|_| coverage.add(behaviour));
            }
            assert_eq!((coverage.behaviours(), coverage.unseen()), (behaviours, Some(unseen)), "{times:?}");
        }
        assert_eq!(Coverage::default().unseen(), None);
    }

    #[test]
    fn very_many_are_estimated_in_bounded_memory() {
        // Three million behaviours, every third seen twice: of four million executions two million showed what no other
        // did. At level 3 at least 2^18 of the entries are kept, so the error has a standard deviation of 2^-9 = 0.2%.
        let mut coverage = Coverage::default();
        let mut generator = Pcg64Mcg::seed_from_u64(2);
        for number in 0..3_000_000 {
            let behaviour = generator.random();
            coverage.add(behaviour);
            if number % 3 == 0 {
                coverage.add(behaviour);
            }
        }
        assert_eq!(coverage.table.len(), SIZES.1);
        let behaviours = coverage.behaviours() as f64;
        assert!((behaviours / 3_000_000.0 - 1.0).abs() < 0.01, "{behaviours}");
        let unseen = coverage.unseen().unwrap();
        assert!((unseen - 0.5).abs() < 0.01, "{unseen}");
    }

    #[test]
    fn two_halves_are_the_whole() {
        for behaviours in [10, 1_000_000] {
            let mut generator = Pcg64Mcg::seed_from_u64(4);
            let (mut whole, mut halves) = (Coverage::default(), [Coverage::default(), Coverage::default()]);
            for number in 0..behaviours * 5 / 4 {
                let behaviour = Pcg64Mcg::seed_from_u64(generator.random_range(0..behaviours)).random();
                whole.add(behaviour);
                // One half has most, so that the levels differ.
                halves[usize::from(number % 8 == 0)].add(behaviour);
            }
            let [first, second] = halves;
            for (mut one, other) in [(first.clone(), &second), (second.clone(), &first)] {
                one.merge(other);
                assert_eq!((one.behaviours(), one.unseen()), (whole.behaviours(), whole.unseen()), "{behaviours}");
            }
        }
    }

    #[test]
    fn the_estimate_comes_true() {
        // 20,000 behaviours, all equally likely. After 10,000 executions one is unseen with probability (1 - 1/20000)^10000
        // = e^-0.5 = 0.607, and so the next execution shows a new one with that probability.
        let mut coverage = Coverage::default();
        let mut generator = Pcg64Mcg::seed_from_u64(3);
        let hashes: Vec<u64> = (0..20_000).map(|_| generator.random()).collect();
        (0..10_000).for_each(|_| coverage.add(hashes[generator.random_range(0..hashes.len())]));
        let unseen = coverage.unseen().unwrap();
        // The estimate is a mean of 10,000 coins that are nearly independent: its deviation is 0.005.
        assert!((unseen - 0.607).abs() < 0.025, "{unseen}");
    }
}
