//! Whether a part is one: what was stored may have been cut off, mixed up, or written by somebody else.

use super::part::{Part, Place, Subtree, Work};
use super::{Sample, Stored};

/// What is wrong with a part.
type Fault = Result<(), &'static str>;

impl Part {
    /// Looks whether it can be what a shard came to.
    ///
    /// # Errors
    ///
    /// If it cannot, with what is wrong.
    pub fn check(&self) -> Fault {
        if self.nondeterminism.is_some() {
            return Ok(());
        }
        match &self.work {
            Work::Drawn { end } => self.check_drawn(*end)?,
            Work::Searched { subtrees, of } => self.check_searched(subtrees, *of)?,
        }
        self.check_places()?;
        self.check_failures()
    }

    fn check_drawn(&self, end: u64) -> Fault {
        let failed = self.findings.failure.as_ref().map(|(_, place)| *place);
        let is_end = match failed {
            None => end == self.budget,
            Some(Place(number, _)) => number.checked_add(1) == Some(end) && end <= self.budget,
        };
        ensure(is_end, "it ends neither with the budget nor with a failure")?;
        let sample = self.findings.behaviours.as_ref();
        ensure(sample.is_none_or(|sample| self.is_own(sample, end)), "a behaviour belongs to another shard's execution")
    }

    /// Whether the executions of the sample are those of the shard, below that number.
    fn is_own(&self, sample: &Sample, end: u64) -> bool {
        let is_own = |number: &u64| *number < end && self.shard.owns(*number);
        sample.seen.values().all(|(first, second)| is_own(first) && second.as_ref().is_none_or(is_own))
    }

    fn check_searched(&self, subtrees: &[Subtree], of: Option<u64>) -> Fault {
        let own = |subtree: &Subtree| self.shard.owns(subtree.0) && subtree.1 > 0;
        ensure(subtrees.iter().all(own), "a subtree belongs to another shard")?;
        let follow = (0..).zip(subtrees).all(|(place, subtree)| self.shard.owned_below(subtree.0) == place);
        ensure(follow, "a subtree is missing")?;
        let sum = subtrees.iter().try_fold(0_u64, |sum, subtree| sum.checked_add(subtree.1));
        ensure(sum.is_some(), "there are more executions than can be counted")?;
        let is_end = match of {
            Some(of) => self.shard.owned_below(of) == subtrees.len() as u64,
            None => self.findings.failure.is_some() || self.executions() >= self.budget,
        };
        ensure(is_end, "it ends neither with the search, nor with the budget, nor with a failure")?;
        ensure(self.findings.behaviours.is_none(), "a search does not sample behaviours")
    }

    fn check_places(&self) -> Fault {
        let findings = &self.findings;
        let first =
            [findings.failure.as_ref(), findings.suspicion.as_ref()].into_iter().flatten().map(|(_, place)| place);
        let places = findings.excepted.iter().map(|(_, place)| place);
        let places = places.chain(findings.doubts.iter().map(|(_, place)| place)).chain(first);
        let places = places.chain(findings.left_waiting.iter().map(|(_, place)| place));
        let mut places = places.chain(findings.guarantee.iter().map(|(_, place)| place)).chain(&findings.cut);
        ensure(places.all(|place| self.is_within(*place)), "a finding belongs to an execution that it did not run")?;
        ensure(findings.cut.windows(2).all(|pair| pair[0] < pair[1]), "an execution is truncated twice")?;
        ensure(
            findings.cut.iter().all(|place| self.shard.owns(place.0)),
            "a truncated execution belongs to another shard",
        )
    }

    /// Whether an execution at that place may have been seen.
    fn is_within(&self, Place(subtree, number): Place) -> bool {
        match &self.work {
            Work::Drawn { end } => subtree < *end && number == 0,
            // Of the others it has seen the first execution.
            Work::Searched { .. } if !self.shard.owns(subtree) => number == 0,
            Work::Searched { subtrees, .. } => {
                let own = subtrees.binary_search_by_key(&subtree, |own| own.0);
                own.is_ok_and(|own| number < subtrees[own].1)
            }
        }
    }

    fn check_failures(&self) -> Fault {
        let is = |found: &Option<(Stored, Place)>, suspected: bool| {
            found.as_ref().is_none_or(|(stored, _)| stored.0.failure.is_suspected() == suspected)
        };
        ensure(is(&self.findings.failure, false), "a suspicion is recorded as a failure")?;
        ensure(is(&self.findings.suspicion, true), "a failure is recorded as a suspicion")
    }
}

const fn ensure(holds: bool, fault: &'static str) -> Fault {
    if holds { Ok(()) } else { Err(fault) }
}
