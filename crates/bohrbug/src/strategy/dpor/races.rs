//! Races: two steps that could have come the other way round, and the sequences in which they do.
//!
//! Of an operation that can block it is asked whether it could have happened earlier, after just those steps that do not
//! depend on the other one: taking a lock races with taking it before, and not with giving it back.

use std::borrow::Cow;

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::{ObjectId, Operation, Outcome};

use super::history::{History, Step};
use super::touches::{FEW, Group, Touches};
use super::tree::{Choices, Move};

/// What is still to be explored: from which place, and in which sequence.
#[derive(Debug)]
pub(super) struct Reversal {
    /// The step instead of which the sequence begins.
    pub(super) instead_of: usize,
    pub(super) sequence: Vec<Move>,
}

/// All that follows from the steps, and from what was announced and never happened.
///
/// Races between two steps that earlier executions had, too, are looked at again: what a task does after a read depends
/// on the value, so the steps that do not depend on the earlier of the two may be others now.
pub(super) fn reversals(view: View<'_>, history: &mut History) -> Vec<Reversal> {
    let tasks: Vec<_> = history.procs.tasks().filter(|&(_, proc)| !history.has_ended(view, proc)).collect();
    let waiting: Vec<Step> = tasks.into_iter().map(|(task, _)| history.announced(view, task)).collect();
    waiting.iter().for_each(|step| history.name_objects(step));
    let mut found = Vec::new();
    for index in 0..history.len() {
        other_choices(history, index, &mut found);
        races(view, history, &history.steps[index], index, &mut found);
    }
    for step in &waiting {
        races(view, history, step, history.len(), &mut found);
    }
    found
}

/// Every other number that the step could have chosen, unless that was said before in the same place: of many
/// alternatives each would say it of all the others.
fn other_choices(history: &mut History, index: usize, found: &mut Vec<Reversal>) {
    if history.steps[index].choices.is_empty() {
        return;
    }
    let independent = independent_of(history, index);
    for place in 0..history.steps[index].choices.len() {
        let before: Choices = history.steps[index].choices[..place].iter().map(|&(chosen, _)| chosen).collect();
        if !history.offers(index, &independent, &before) {
            continue;
        }
        let step = &history.steps[index];
        let (chosen, alternatives) = step.choices[place];
        for other in (0..alternatives).filter(|&other| other != chosen) {
            let choices = before.iter().copied().chain([other]).collect();
            let mut sequence = independent.clone();
            sequence.push(history.attempted(step, choices));
            found.push(Reversal { instead_of: index, sequence });
        }
    }
}

/// The steps that could have come after this one, the latest first.
fn races(view: View<'_>, history: &History, step: &Step, index: usize, found: &mut Vec<Reversal>) {
    if step.forced {
        return;
    }
    let mut racing = Racing { view, history, step, accepted: Vec::new() };
    for &object in step.footprint.objects() {
        racing.look_back(object, index);
    }
    for earlier in racing.accepted {
        let mut sequence = independent_of(history, earlier);
        sequence.push(history.attempted(step, Choices::new()));
        found.push(Reversal { instead_of: earlier, sequence });
    }
}

/// A step, and those that race with it as far as is known.
struct Racing<'a> {
    view: View<'a>,
    history: &'a History,
    step: &'a Step,
    accepted: Vec<usize>,
}

impl Racing<'_> {
    /// Considers the steps before that one which touched the object, the latest first.
    fn look_back(&mut self, object: ObjectId, index: usize) {
        let Some(touches) = self.history.touches(object) else { return };
        let earlier = touches.before(index);
        let (far, few) = earlier.split_at(earlier.len().saturating_sub(FEW));
        for &earlier in few.iter().rev() {
            if self.is_done_with(earlier) && self.history.steps[earlier].footprint.is_exclusive(object) {
                return;
            }
        }
        if let [bound, ..] = few
            && !far.is_empty()
        {
            self.look_far_back(touches, *bound);
        }
    }

    /// Considers all steps before `bound` that can race with this one. Where one of a task is done with, so are those of
    /// the task before it.
    fn look_far_back(&mut self, touches: &Touches, bound: usize) {
        let groups = touches.groups(&self.history.steps);
        let can_race = |group: &&Group| group.proc != self.step.proc && group.footprint.conflicts(&self.step.footprint);
        let mut left: Vec<&[usize]> = groups.iter().filter(can_race).map(|group| group.before(bound)).collect();
        while let Some(group) = left.iter_mut().max_by_key(|group| group.last().copied())
            && let Some((&latest, before)) = group.split_last()
        {
            *group = if self.is_done_with(latest) { &[] } else { before };
        }
    }

    /// Considers a step: whether nothing that happened before it needs to be considered on its account. It is one that
    /// happens before this one in any case, or before another that races, or it races itself.
    fn is_done_with(&mut self, earlier: usize) -> bool {
        let other = &self.history.steps[earlier];
        let is_before = |&later: &usize| other.is_before(&self.history.steps[later].clock);
        if other.is_before(&self.step.before) || self.accepted.contains(&earlier) || self.accepted.iter().any(is_before)
        {
            return true;
        }
        let races = other.proc != self.step.proc
            && other.footprint.conflicts(&self.step.footprint)
            && could_come_first(self.view, self.history, earlier, self.step);
        if races {
            self.accepted.push(earlier);
        }
        races
    }
}

/// The steps after that one which do not depend on it.
fn independent_of(history: &History, index: usize) -> Vec<Move> {
    let later = (index + 1..history.len()).filter(|&later| is_independent(history, index, later));
    later.map(|later| history.steps[later].repeated()).collect()
}

/// Whether the later step does not depend on the earlier one.
fn is_independent(history: &History, earlier: usize, later: usize) -> bool {
    !history.steps[earlier].is_before(&history.steps[later].clock)
}

/// Whether the step could have happened before the earlier one, with all else that does not depend on that one.
fn could_come_first(view: View<'_>, history: &History, earlier: usize, step: &Step) -> bool {
    let Some(pending) = step.pending.filter(|pending| pending.operation.can_block()) else { return true };
    let is_there = |&step: &usize| step < earlier || step > earlier && is_independent(history, earlier, step);
    let touching = touching_either(history, &pending);
    let events_of = |step: usize| &view.events()[history.steps[step].events.clone()];
    let events = touching.iter().copied().filter(is_there).flat_map(events_of);
    let by_itself = ends_by_itself(view, &pending, |outcome| {
        let spends =
            |&step: &usize| !history.steps[step].forced && events_of(step).iter().any(|event| event.outcome == outcome);
        (0..history.len()).filter(is_there).filter(spends).count() as u32
    });
    view.admits_after(step.task, &pending, by_itself, events)
}

/// The steps that touched what the operation is on, in their order.
fn touching_either<'a>(history: &'a History, pending: &Pending) -> Cow<'a, [usize]> {
    let one = history.touching(pending.object);
    if !pending.other.is_some() {
        return Cow::Borrowed(one);
    }
    let mut both = [one, history.touching(pending.other)].concat();
    both.sort_unstable();
    both.dedup();
    Cow::Owned(both)
}

/// Whether a wait can end without a reason, if so many have: `spent`, by outcome.
fn ends_by_itself(view: View<'_>, pending: &Pending, spent: impl Fn(Outcome) -> u32) -> bool {
    let config = view.config();
    let times_out = pending.deadline().is_some() && config.timeouts > 0;
    let wakes = matches!(pending.operation, Operation::Wake | Operation::Park) && config.spurious > 0;
    times_out && spent(Outcome::TimedOut) < config.timeouts || wakes && spent(Outcome::Spurious) < config.spurious
}
