//! A shard's behaviours: a sample of their hashes, each with the numbers of the first two executions that showed it.
//!
//! Two numbers are enough to know, for every execution at which a campaign may turn out to end, which behaviours had been seen by
//! then, and which of them once. Memory is bounded as in [`coverage`](crate::coverage), by the same rule: kept are the hashes
//! that begin with at least so many zeros, so that samples of several shards have one as well. Up to 65,536 behaviours a shard
//! it is exact; beyond, at least half as many are kept, which estimates the number with a standard deviation of at most 0.6%.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;

/// The most behaviours that a shard keeps.
pub(super) const MOST: usize = 1 << 16;

/// A behaviour's entry, and the first executions that showed it.
type Entry = (u64, u64, Option<u64>);

/// A sample of behaviours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub(crate) struct Sample {
    /// How many zeros an entry has to begin with.
    pub(super) level: u32,
    pub(super) seen: BTreeMap<u64, (u64, Option<u64>)>,
}

/// The sample as it is stored.
#[derive(Serialize, Deserialize)]
struct Kept {
    level: u32,
    seen: Vec<Entry>,
}

impl Sample {
    /// The execution of that number, larger than all before, showed this behaviour.
    pub(crate) fn add(&mut self, behaviour: u64, number: u64) {
        let entry = Coverage::entry(behaviour);
        if entry.leading_zeros() < self.level {
            return;
        }
        match self.seen.get_mut(&entry) {
            Some((_, second)) => _ = second.get_or_insert(number),
            None => {
                self.seen.insert(entry, (number, None));
                self.make_room();
            }
        }
    }

    fn make_room(&mut self) {
        while self.seen.len() > MOST {
            self.raise(self.level + 1);
        }
    }

    fn raise(&mut self, level: u32) {
        self.level = level;
        self.seen.retain(|entry, _| entry.leading_zeros() >= level);
    }

    /// Adds what another shard has seen.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.level > self.level {
            self.raise(other.level);
        }
        for (&entry, &(first, second)) in &other.seen {
            if entry.leading_zeros() < self.level {
                continue;
            }
            let known = self.seen.get(&entry).map_or((None, None), |&(first, second)| (Some(first), second));
            let mut numbers: Vec<u64> = [known.0, known.1, Some(first), second].into_iter().flatten().collect();
            bohrbug_sorted::sort(&mut numbers);
            numbers.dedup();
            self.seen.insert(entry, (numbers[0], numbers.get(1).copied()));
        }
    }

    /// What so many executions came to, those up to the number `last`.
    pub(crate) fn coverage(&self, executions: u64, last: u64) -> Coverage {
        let known = self.seen.iter().filter(|(_, (first, _))| *first <= last);
        let entries = known.map(|(entry, (_, second))| (*entry, second.is_some_and(|second| second <= last)));
        Coverage::of(executions, self.level, entries)
    }
}

impl From<Sample> for Kept {
    fn from(sample: Sample) -> Self {
        let seen = sample.seen.into_iter().map(|(entry, (first, second))| (entry, first, second)).collect();
        Self { level: sample.level, seen }
    }
}

impl TryFrom<Kept> for Sample {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let rises = kept.seen.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let is_entry = |&(entry, first, second): &Entry| {
            Coverage::entry(entry) == entry
                && entry.leading_zeros() >= kept.level
                && second.is_none_or(|second| first < second)
        };
        if !rises || kept.level > 48 || kept.seen.len() > MOST || !kept.seen.iter().all(is_entry) {
            return Err("the sample of behaviours is not valid");
        }
        let seen = kept.seen.into_iter().map(|(entry, first, second)| (entry, (first, second))).collect();
        Ok(Self { level: kept.level, seen })
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use super::*;

    /// What shards come to together, against one that has seen all; how far from it they may be.
    fn check(behaviours: u64, executions: u64, shards: u64, last: u64, error: f64) {
        let mut whole = Coverage::default();
        let mut samples = vec![Sample::default(); shards as usize];
        let mut generator = Pcg64Mcg::seed_from_u64(5);
        for number in 0..executions {
            let behaviour: u64 = Pcg64Mcg::seed_from_u64(generator.random_range(0..behaviours)).random();
            if number <= last {
                whole.add(behaviour);
            }
            samples[(number % shards) as usize].add(behaviour, number);
        }
        let merged = |order: &mut dyn Iterator<Item = &Sample>| {
            let mut all = Sample::default();
            order.for_each(|sample| all.merge(sample));
            all
        };
        let all = merged(&mut samples.iter());
        assert_eq!(all, merged(&mut samples.iter().rev()), "the order matters");
        assert_eq!(all, merged(&mut samples.iter().chain(&samples)), "what comes twice counts twice");
        let coverage = all.coverage(executions.min(last.saturating_add(1)), last);
        let (found, expected) = (coverage.behaviours() as f64, whole.behaviours() as f64);
        assert!((found / expected - 1.0).abs() <= error, "{found} {expected}");
        assert!((coverage.unseen().unwrap() - whole.unseen().unwrap()).abs() <= error);
    }

    #[test]
    fn shards_know_together_what_one_would_know_wherever_it_ends() {
        check(50, 1000, 7, u64::MAX, 0.0);
        check(50, 1000, 7, 33, 0.0);
        check(5000, 20_000, 3, 9_999, 0.0);
        // More than a shard keeps: three deviations.
        check(300_000, 400_000, 2, 299_999, 0.018);
    }

    #[test]
    fn a_sample_is_read_as_it_was_written_and_nothing_else_is_one() {
        let mut sample = Sample::default();
        for (behaviour, number) in [(8, 0), (4, 1), (8, 2), (8, 3)] {
            sample.add(behaviour, number);
        }
        let text = serde_json::to_string(&sample).unwrap();
        assert_eq!(text, "{\"level\":0,\"seen\":[[6,1,null],[10,0,2]]}");
        assert_eq!(serde_json::from_str::<Sample>(&text).unwrap(), sample);
        for wrong in ["[[10,0,2],[6,1,null]]", "[[6,1,1]]", "[[4,1,null]]", "[[6,1,null],[6,2,null]]"] {
            assert!(serde_json::from_str::<Sample>(&format!("{{\"level\":0,\"seen\":{wrong}}}")).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Sample>("{\"level\":62,\"seen\":[[6,1,null]]}").is_err());
    }
}
