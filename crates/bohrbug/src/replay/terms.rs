//! A recording in the terms of the program as it is now.

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_trace::{
    Before, Difference, EventKey, Matching, Operation, StepIdx, Trace, TraceEvent, conflicting_pairs, keys,
    match_events, ordered_pairs,
};

use super::same;
use crate::failure::Failure;
use crate::planned::Planned;
use crate::strategy::{Plan, Rest};

/// What the recorded events are in the program as it is now, as far as an execution of it shows.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    recorded: &'a Trace,
    found: Vec<TraceEvent>,
    matching: Matching,
    keys: Vec<Option<EventKey>>,
}

/// A plan, and the recorded events that each of its orders is about.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) plan: Plan,
    pub(super) pairs: Vec<(usize, usize)>,
    /// The recorded events that have to come up.
    asked: SortedSet<usize>,
}

impl Asked {
    /// Whether all that was to be held still is.
    pub(super) fn is_whole(&self) -> bool {
        let held = ends(&self.pairs);
        self.asked.iter().all(|step| held.contains(step))
    }
}

impl<'a> Terms<'a> {
    /// Matches a recording with what the program did.
    pub(super) fn new(recorded: &'a Trace, found: Vec<TraceEvent>) -> Self {
        let matching = match_events(&recorded.events, &found);
        let names = keys(&found);
        let keys = matching.events.iter().map(|place| place.map(|place| names[place].clone())).collect();
        Self { recorded, found, matching, keys }
    }

    /// The recording.
    pub(super) fn recorded_events(&self) -> &[TraceEvent] {
        &self.recorded.events
    }

    /// Whether there is anything in the program that the recording does not know.
    pub(super) fn has_unknown(&self) -> bool {
        self.matching.events.iter().flatten().count() < self.found.len()
    }

    /// Whether both say the same of every recorded event.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.keys == other.keys
    }

    /// Holds an execution to the recorded order of all that conflicts.
    pub(super) fn hold_all(&self, rest: Rest) -> Asked {
        let pairs = ordered_pairs(&self.recorded.events, |step| self.keys[step].is_some());
        let pairs = pairs.into_iter().filter(|&pair| !self.goes_without_saying(pair)).collect();
        let asked = ends(&conflicting_pairs(&self.recorded.events));
        Asked { asked, ..self.hold(pairs, rest) }
    }

    /// The recorded place of every event that still is.
    pub(super) fn ranks(&self) -> SortedMap<EventKey, u32> {
        self.keys.iter().zip(0..).filter_map(|(key, rank)| Some((key.clone()?, rank))).collect()
    }

    /// Holds an execution to the orders between these pairs of recorded events, as far as both still are.
    pub(super) fn hold(&self, pairs: Vec<(usize, usize)>, rest: Rest) -> Asked {
        let order = |&(first, then): &(usize, usize)| {
            Some(Before { first: self.keys[first].clone()?, then: self.keys[then].clone()? })
        };
        let asked = ends(&pairs);
        let (pairs, orders) = pairs.into_iter().filter_map(|pair| Some((pair, order(&pair)?))).unzip();
        let kind = self.recorded.header.failure.as_ref().map(|failure| failure.kind);
        Asked { plan: Plan { orders, choices: self.choices(), rest, kind }, pairs, asked }
    }

    /// Whether no program could do it otherwise.
    fn goes_without_saying(&self, (first, then): (usize, usize)) -> bool {
        let (first, then) = (&self.recorded.events[first], &self.recorded.events[then]);
        let pair = (first.operation, then.operation);
        matches!(pair, (Operation::Spawn, Operation::Begin) | (Operation::End, Operation::Join))
            && first.object == then.object
    }

    /// The recorded values of choices.
    fn choices(&self) -> SortedMap<EventKey, u64> {
        let events = self.recorded.events.iter().zip(&self.keys);
        events.filter_map(|(event, key)| Some((key.clone()?, event.chosen()?))).collect()
    }

    /// The recorded events of that essence, as pairs; `None` for one that is not in the recording.
    pub(super) fn essence(&self) -> Vec<Option<(usize, usize)>> {
        let names = keys(&self.recorded.events);
        let step = |key: &EventKey| names.iter().position(|name| name == key);
        let pair = |order: &Before| Some((step(&order.first)?, step(&order.then)?));
        self.recorded.header.essence.iter().map(pair).collect()
    }

    /// Whether that is the recorded failure, whatever has been renamed since.
    pub(super) fn is_recorded(&self, failure: &Failure) -> bool {
        let recorded = self.recorded.header.failure.as_ref();
        recorded.is_some_and(|recorded| same::is_same(recorded, failure, &self.matching))
    }

    /// Where the execution that these terms come from first parted from the whole recording: at an order that broke, at
    /// a recorded event that conflicts with others and has no counterpart, or where a task went on beyond what was
    /// recorded of it before the others had come as far (then the moment of the failure was never reached), or at an event
    /// that the recording does not know and whose place among those of other tasks is anybody's guess.
    pub(super) fn first_difference(&self, held: &Asked, planned: &Planned) -> Option<Difference> {
        let missing = self.first_missing(held, planned);
        let differences = [self.first_broken(held, planned), missing, self.first_surplus(), self.first_unknown()];
        differences.into_iter().flatten().min_by_key(|difference| difference.step)
    }

    /// Where it first parted from what it was held to, and nothing else.
    pub(super) fn first_difference_in(&self, held: &Asked, planned: &Planned) -> Option<Difference> {
        self.first_broken(held, planned).or_else(|| self.first_missing(held, planned))
    }

    fn first_broken(&self, held: &Asked, planned: &Planned) -> Option<Difference> {
        let broken = planned.broken.first()?;
        let (first, _) = held.pairs[broken.order];
        Some(Difference { found: Some(broken.found.clone()), ..self.expected(first) })
    }

    fn expected(&self, step: usize) -> Difference {
        Difference { step: StepIdx(step as u32), expected: Some(self.recorded.events[step].clone()), found: None }
    }

    /// The first of the recorded events that are asked for and have no counterpart. In an execution that failed, what its
    /// tasks had not come to is not missing.
    fn first_missing(&self, held: &Asked, planned: &Planned) -> Option<Difference> {
        let goes_on = |step: usize| {
            let task = &self.recorded.events[step].task;
            let mut later = self.recorded.events[step..].iter().zip(&self.keys[step..]);
            later.any(|(event, key)| event.task == *task && key.is_some())
        };
        let is_missing = |step: &usize| self.keys[*step].is_none() && (planned.failure.is_none() || goes_on(*step));
        let step = held.asked.iter().copied().find(is_missing)?;
        Some(Difference { found: self.instead_of(step), ..self.expected(step) })
    }

    /// The recorded event that had to wait for one beyond the recording.
    fn first_surplus(&self) -> Option<Difference> {
        let mut recorded = vec![None; self.found.len()];
        let mut last: SortedMap<&str, usize> = SortedMap::new();
        for (step, place) in self.matching.events.iter().enumerate() {
            if let Some(place) = *place {
                recorded[place] = Some(step);
                let last = last.entry(&self.found[place].task).or_default();
                *last = place.max(*last);
            }
        }
        let is_beyond = |place: &usize| last.get(self.found[*place].task.as_str()).is_some_and(|last| last < place);
        let surplus = (0..self.found.len()).find(is_beyond)?;
        let step = recorded[surplus..].iter().find_map(|step| *step)?;
        Some(Difference { found: Some(self.found[surplus].clone()), ..self.expected(step) })
    }

    /// The recorded event before which its task does something new that conflicts with what others do.
    fn first_unknown(&self) -> Option<Difference> {
        let known: SortedSet<usize> = self.matching.events.iter().flatten().copied().collect();
        let is_new = |place: &usize| {
            let of_a_thread = matches!(
                self.found[*place].operation,
                Operation::Spawn | Operation::Begin | Operation::End | Operation::Join
            );
            !known.contains(place) && !of_a_thread
        };
        let conflicting = ends(&conflicting_pairs(&self.found));
        let next = |place: usize| {
            let task = &self.found[place].task;
            let later =
                |step: &usize| self.matching.events[*step].is_some_and(|at| at > place && self.found[at].task == *task);
            (0..self.keys.len()).find(later).map(|step| (step, place))
        };
        let (step, place) = conflicting.into_iter().filter(is_new).filter_map(next).min()?;
        Some(Difference { found: Some(self.found[place].clone()), ..self.expected(step) })
    }

    /// What the task did in place of a recorded event that has no counterpart.
    fn instead_of(&self, step: usize) -> Option<TraceEvent> {
        let task = &self.recorded.events[step].task;
        let image = self.matching.tasks.get(task)?;
        let before = (0..step).rev().filter(|&earlier| self.recorded.events[earlier].task == *task);
        let last = before.filter_map(|earlier| self.matching.events[earlier]).next();
        let after = last.map_or(0, |last| last + 1);
        self.found[after..].iter().find(|event| event.task == *image).cloned()
    }
}

/// Every event that is in a pair.
fn ends(pairs: &[(usize, usize)]) -> SortedSet<usize> {
    pairs.iter().flat_map(|&(first, then)| [first, then]).collect()
}
