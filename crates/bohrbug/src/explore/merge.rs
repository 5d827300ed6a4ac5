//! From the parts of an exploration to the report that one process would have made.
//!
//! One process counts up to its first failure, or to the end of its budget. So the least failing place of all parts is looked
//! up, and of everything that the parts have seen there counts what came no later. In which order parts come makes no
//! difference, nor how often. If one is missing the report is about the others.

use bohrbug_sorted::SortedMap;

use super::tally::{Tally, union};
use super::{Exploration, Found, Report};
use crate::budget::Stopwatch;
use crate::explore::Verdict;
use crate::shard::{Findings, Part, Place, Sample, Shard, ShardError, Stored, Work};

impl Exploration {
    /// The report of these parts, as one process would have made it if all are there; what is there of them if not.
    ///
    /// The time is not known here. A search that did not come to its end has no
    /// [estimate](Report::explored) of how far it came.
    ///
    /// # Errors
    ///
    /// If the parts cannot be of one exploration: other totals, other budgets, or two of one shard that differ.
    pub fn merge(&self, parts: &[Part]) -> Result<Report, ShardError> {
        let parts = different(parts)?;
        let watch = Stopwatch::start();
        if let Some(Stored(found)) = parts.values().find_map(|part| part.nondeterminism.as_ref()) {
            let verdict = Verdict::Failed(Box::new(found.clone()));
            return Ok(Report { executions: 2, ..self.report(verdict, watch) });
        }
        let whole = Whole::of(&parts)?;
        let complete = whole.is_complete();
        Ok(self.report_of(whole.tally().settled(complete), complete, watch))
    }
}

/// The parts by their numbers, each once.
fn different(parts: &[Part]) -> Result<SortedMap<u64, &Part>, ShardError> {
    let mut all: SortedMap<u64, &Part> = SortedMap::new();
    for part in parts {
        part.check().map_err(|fault| ShardError::Disagree(format!("shard {} is damaged: {fault}", part.shard)))?;
        if let Some(first) = all.values().next()
            && (first.shard.of(), first.budget) != (part.shard.of(), part.budget)
        {
            return Err(ShardError::Disagree(format!(
                "shards {} and {} are of two campaigns",
                first.shard, part.shard
            )));
        }
        let known = all.entry(part.shard.number()).or_insert(part);
        if *known != part {
            return Err(ShardError::Disagree(format!(
                "shard {} was run twice, with different results; a deterministic program has one",
                part.shard
            )));
        }
    }
    Ok(all)
}

/// All parts together.
struct Whole<'a> {
    parts: &'a SortedMap<u64, &'a Part>,
    /// How many executions one process would run at the most.
    budget: u64,
    /// Of each subtree that ran its size, and how many executions come before it.
    subtrees: SortedMap<u64, (u64, u64)>,
    /// The least place of a failure.
    failed: Option<(Place, &'a Stored)>,
}

impl<'a> Whole<'a> {
    fn of(parts: &'a SortedMap<u64, &'a Part>) -> Result<Self, ShardError> {
        let budget = parts.values().next().map_or(0, |part| part.budget);
        let mut whole = Self { parts, budget, subtrees: SortedMap::new(), failed: None };
        whole.check_kinds()?;
        whole.lay_out();
        let failures = parts.values().filter_map(|part| part.findings.failure.as_ref());
        let failed = failures.map(|(stored, place)| (*place, stored)).min_by_key(|(place, _)| *place);
        whole.failed = failed.filter(|(place, _)| whole.number(*place) < budget);
        Ok(whole)
    }

    /// All of them have drawn, or all have searched, and these agree on how many subtrees there are.
    fn check_kinds(&self) -> Result<(), ShardError> {
        let disagree = |one: Shard, other: Shard| {
            Err(ShardError::Disagree(format!(
                "shards {one} and {other} did not explore the same program in the same way"
            )))
        };
        let mut searched: Option<(bool, Shard)> = None;
        let mut total: Option<(u64, Shard)> = None;
        for part in self.parts.values() {
            let is_search = matches!(part.work, Work::Searched { .. });
            match searched {
                Some((first, shard)) if first != is_search => return disagree(shard, part.shard),
                _ => searched = Some((is_search, part.shard)),
            }
            let Work::Searched { of: Some(of), .. } = part.work else { continue };
            match total {
                Some((first, shard)) if first != of => return disagree(shard, part.shard),
                _ => total = Some((of, part.shard)),
            }
        }
        Ok(())
    }

    /// Puts the subtrees one after the other.
    fn lay_out(&mut self) {
        let subtrees = self.parts.values().flat_map(|part| match &part.work {
            Work::Searched { subtrees, .. } => subtrees.as_slice(),
            Work::Drawn { .. } => &[],
        });
        self.subtrees = subtrees.map(|subtree| (subtree.0, (subtree.1, 0))).collect();
        let mut before = 0_u64;
        for (size, begin) in self.subtrees.values_mut() {
            *begin = before;
            before = before.saturating_add(*size);
        }
    }

    fn searches(&self) -> bool {
        self.parts.values().any(|part| matches!(part.work, Work::Searched { .. }))
    }

    /// The number, from 0, that one process would give the execution there.
    fn number(&self, Place(subtree, number): Place) -> u64 {
        if !self.searches() {
            return subtree;
        }
        match self.subtrees.range(..=subtree).next_back() {
            Some((known, (_, begin))) if *known == subtree => begin.saturating_add(number),
            Some((_, (size, begin))) => begin.saturating_add(*size),
            None => number,
        }
    }

    /// Whether one process comes there.
    fn counts(&self, place: Place) -> bool {
        self.failed.is_none_or(|(failed, _)| place <= failed) && self.number(place) < self.budget
    }

    /// How many executions one process runs, of those whose parts are there.
    fn executions(&self) -> u64 {
        if self.searches() {
            let all = self.subtrees.values().next_back().map_or(0, |(size, begin)| begin.saturating_add(*size));
            let until = self.failed.map_or(all, |(place, _)| self.number(place).saturating_add(1));
            return until.min(all).min(self.budget);
        }
        let end = self.failed.map_or(self.budget, |(place, _)| place.0.saturating_add(1));
        self.parts.values().map(|part| part.shard.owned_below(end)).sum()
    }

    /// Whether nothing is left to explore: every part is there, and each has come to its end.
    fn is_complete(&self) -> bool {
        let of = self.parts.values().next().map_or(u64::MAX, |part| part.shard.of());
        let ended = |part: &Part| matches!(part.work, Work::Searched { of: Some(_), .. });
        // One process that comes to the end of its budget does not look whether anything is left.
        self.parts.len() as u64 == of
            && self.parts.values().all(|part| ended(part))
            && self.failed.is_none()
            && self.executions() < self.budget
    }

    fn findings(&self) -> impl Iterator<Item = &'a Findings> + '_ {
        self.parts.values().map(|part| &part.findings)
    }

    fn tally(&self) -> Tally {
        let counted = |place: &Place| self.counts(*place);
        let excepted = Findings::firsts(self.findings().map(|findings| &findings.excepted));
        let doubts = Findings::firsts(self.findings().map(|findings| &findings.doubts));
        let waiting = self.findings().filter_map(|findings| findings.left_waiting.as_ref());
        let waiting = waiting.min_by_key(|(_, place)| *place).filter(|(_, place)| counted(place));
        let suspicions = self.findings().filter_map(|findings| findings.suspicion.as_ref());
        let suspicion = suspicions.min_by_key(|(_, place)| *place).filter(|(_, place)| counted(place));
        let guarantees = self.findings().flat_map(|findings| &findings.guarantee).filter(|(_, place)| counted(place));
        Tally {
            executions: self.executions(),
            cut: self.findings().flat_map(|findings| &findings.cut).filter(|place| counted(place)).count() as u64,
            guarantee: guarantees.map(|(guarantee, _)| Some(*guarantee)).fold(None, union),
            found: self.failed.map(|(place, stored)| self.found(stored, place)),
            excepted: excepted
                .into_iter()
                .filter(|(_, place)| counted(place))
                .map(|(exception, _)| exception)
                .collect(),
            left_waiting: waiting.map(|(waiting, _)| waiting.clone()),
            doubts: doubts.into_iter().filter(|(_, place)| counted(place)).map(|(doubt, _)| doubt).collect(),
            proves: self.findings().any(|findings| findings.proves),
            coverage: self.coverage(),
            suspicion: suspicion.map(|(stored, place)| self.found(stored, *place)),
            ..Tally::default()
        }
    }

    fn coverage(&self) -> crate::coverage::Coverage {
        let mut samples = self.findings().filter_map(|findings| findings.behaviours.as_ref()).peekable();
        if samples.peek().is_none() {
            return crate::coverage::Coverage::default();
        }
        let mut all = Sample::default();
        samples.for_each(|sample| all.merge(sample));
        let last = self.failed.map_or(u64::MAX, |(place, _)| place.0);
        all.coverage(self.executions(), last)
    }

    /// The failure, with the number of its execution in its trace.
    fn found(&self, Stored(found): &Stored, place: Place) -> Found {
        let mut found: Found = found.clone();
        found.trace.header.execution = self.number(place).saturating_add(1);
        found
    }
}
