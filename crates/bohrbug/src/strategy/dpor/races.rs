//! Races: the earlier steps before which a step could have come, and what would have happened before it then.
//!
//! Of an operation that can block it is asked whether it could have happened earlier, after just those steps that do not
//! depend on the other one: taking a lock races with taking it before, and not with giving it back.

use std::borrow::Cow;

use bohrbug_memory::Clock;
use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::{ObjectId, Operation, Outcome};
use smallvec::SmallVec;

use super::footprint::Footprint;
use super::history::{History, Step};
use super::touches::{FEW, Group, Touches};

/// A step that races with an earlier one.
#[derive(Debug)]
pub(super) struct Race {
    pub(super) earlier: usize,
    /// What would happen before the step if it came first.
    pub(super) before: Clock,
}

/// The steps before `index` that race with the step, the latest first.
pub(super) fn races(view: View<'_>, history: &History, step: &Step, index: usize) -> SmallVec<[Race; 2]> {
    let mut racing = Racing { view, history, step, index, found: SmallVec::new() };
    if !step.forced {
        step.footprint.objects().iter().for_each(|&object| racing.look_back(object));
    }
    racing.found
}

/// A step, and those that race with it as far as is known.
struct Racing<'a> {
    view: View<'a>,
    history: &'a History,
    step: &'a Step,
    index: usize,
    found: SmallVec<[Race; 2]>,
}

impl Racing<'_> {
    /// Considers the steps that touched the object, the latest first.
    fn look_back(&mut self, object: ObjectId) {
        let Some(touches) = self.history.touches(object) else { return };
        let (far, few) = split(touches.before(self.index));
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
        let mut left: Vec<&[usize]> =
            groups.iter().filter(|group| self.can_race(group)).map(|group| group.before(bound)).collect();
        while let Some(group) = left.iter_mut().max_by_key(|group| group.last().copied())
            && let Some((&latest, before)) = group.split_last()
        {
            *group = if self.is_done_with(latest) { &[] } else { before };
        }
    }

    fn can_race(&self, group: &Group) -> bool {
        group.proc != self.step.head.proc && group.footprint.conflicts(&self.step.footprint)
    }

    /// Considers a step: whether nothing that happened before it needs to be considered on its account. It is one that
    /// happens before this one in any case, or before another that races, or it races itself.
    fn is_done_with(&mut self, earlier: usize) -> bool {
        let other = &self.history.steps[earlier];
        let is_before = |race: &Race| other.is_before(&self.history.steps[race.earlier].clock);
        if other.is_before(&self.step.before) || self.found.iter().any(is_before) {
            return true;
        }
        if other.head.proc == self.step.head.proc || !other.footprint.conflicts(&self.step.footprint) {
            return false;
        }
        let before = before_reversed(self.view, self.history, self.step, self.index, earlier);
        let races = before.is_some();
        self.found.extend(before.map(|before| Race { earlier, before }));
        races
    }
}

/// What happens before the step if it comes before an earlier one: what its task has done, and what it conflicts with and
/// does not depend on the earlier one. `None` if it cannot: it has to wait.
///
/// Whoever has taken what it waits for, and would not have given it back, is left out, too.
fn before_reversed(view: View<'_>, history: &History, step: &Step, index: usize, earlier: usize) -> Option<Clock> {
    let is_free = is_free_before(view, &history.steps[earlier], step);
    if is_free == Some(false) {
        return None;
    }
    let footprint = &*history.footprint_before(view, step, earlier);
    if is_free == Some(true) {
        return Some(before_without(history, step, footprint, index, &[earlier]));
    }
    let mut left_out: SmallVec<[usize; 4]> = SmallVec::from_slice(&[earlier]);
    loop {
        let before = before_without(history, step, footprint, index, &left_out);
        if could_come_first(view, history, earlier, step, &before) {
            return Some(before);
        }
        let known = left_out.len();
        left_out.extend(holders(view, history, earlier, step, &before));
        if left_out.len() == known {
            return None;
        }
    }
}

fn before_without(history: &History, step: &Step, footprint: &Footprint, index: usize, left_out: &[usize]) -> Clock {
    let mut before = step.before.clone();
    for &object in footprint.objects() {
        join_without(history, footprint, index, left_out, object, &mut before);
    }
    before
}

fn join_without(
    history: &History,
    footprint: &Footprint,
    index: usize,
    left_out: &[usize],
    object: ObjectId,
    before: &mut Clock,
) {
    let Some(touches) = history.touches(object) else { return };
    let (far, few) = split(touches.before(index));
    let is_left = |&other: &usize| {
        let clock = &history.steps[other].clock;
        !left_out.iter().any(|&left_out| history.steps[left_out].is_before(clock))
    };
    let mut join = |other: usize| {
        let other = &history.steps[other];
        if !other.is_before(before) && other.footprint.conflicts(footprint) {
            before.join(&other.clock);
        }
    };
    for other in few.iter().rev().filter(|other| is_left(other)) {
        join(*other);
        if history.steps[*other].footprint.is_exclusive(object) {
            return;
        }
    }
    if let [bound, ..] = few
        && !far.is_empty()
    {
        for group in touches.groups(&history.steps).iter() {
            let group = group.before(*bound);
            // What a task does after a step that is left out is left out, too.
            group[..group.partition_point(|other| is_left(other))].last().copied().into_iter().for_each(&mut join);
        }
    }
}

/// The steps after the earlier one that have taken what the step waits for, and after which it was not given back, as far
/// as that has happened before the step.
fn holders(view: View<'_>, history: &History, earlier: usize, step: &Step, before: &Clock) -> SmallVec<[usize; 4]> {
    let Some(pending) = step.pending else { return SmallVec::new() };
    let mut last: SmallVec<[usize; 4]> = SmallVec::new();
    for &other in touching_either(view, history, &pending).iter().rev() {
        if other <= earlier {
            break;
        }
        let proc = history.steps[other].head.proc;
        let is_last = !last.iter().any(|&last| history.steps[last].head.proc == proc);
        if is_last && proc != step.head.proc && history.steps[other].is_before(before) {
            last.push(other);
        }
    }
    let takes = |step: usize| view.events()[history.steps[step].events.clone()].last().is_some_and(takes);
    // What the task's own steps come after cannot be left out.
    last.into_iter().filter(|&other| takes(other) && !history.steps[other].is_before(&step.before)).collect()
}

/// Whether an event takes a lock.
const fn takes(event: &Event) -> bool {
    event.operation.acquires() && !matches!(event.outcome, Outcome::WouldBlock)
}

/// The last few, and those before them.
fn split(steps: &[usize]) -> (&[usize], &[usize]) {
    steps.split_at(steps.len().saturating_sub(FEW))
}

/// Whether the step could have happened before the earlier one, when just that has happened before it.
fn could_come_first(view: View<'_>, history: &History, earlier: usize, step: &Step, before: &Clock) -> bool {
    if let Some(turn) = step.turn {
        let turn = &history.taken_by(step.head.proc)[turn..step.head.number as usize];
        let is_there = |step: usize| step < earlier || history.steps[step].is_before(before);
        return history.has_changed(turn, is_there);
    }
    let Some(pending) = step.pending.filter(|pending| pending.operation.can_block()) else { return true };
    let is_there = |&step: &usize| step < earlier || history.steps[step].is_before(before);
    let touching = touching_either(view, history, &pending);
    let events_of = |step: usize| &view.events()[history.steps[step].events.clone()];
    let events = touching.iter().copied().filter(is_there).flat_map(events_of);
    let by_itself = ends_by_itself(view, &pending, |outcome| {
        let spends =
            |&step: &usize| !history.steps[step].forced && events_of(step).iter().any(|event| event.outcome == outcome);
        (0..history.len()).filter(is_there).filter(spends).count() as u32
    });
    view.admits_after(step.task, &pending, by_itself, events)
}

/// Whether a mutex was free before the earlier step, or a thread at its end, if that step says so by itself. Whatever is
/// done to a mutex conflicts with all else that is: nothing that the earlier step comes before would have happened.
fn is_free_before(view: View<'_>, earlier: &Step, step: &Step) -> Option<bool> {
    let pending = step.pending.as_ref().filter(|own| matches!(own.operation, Operation::Lock | Operation::Join))?;
    let mut events = view.events()[earlier.events.clone()].iter();
    let first = events.find(|event| event.object == pending.object || event.other == pending.object)?;
    match (first.operation, first.outcome) {
        (Operation::End, _) => Some(false),
        (_, Outcome::Unwinding) => None,
        (Operation::Lock, _) | (Operation::TryLock, Outcome::Done) => Some(true),
        (Operation::Unlock, _) | (Operation::TryLock, Outcome::WouldBlock) => Some(false),
        _ => None,
    }
}

/// The steps that touched what the operation is on and what else decides whether it can happen, or may have since nothing
/// else could happen, in their order.
fn touching_either<'a>(view: View<'_>, history: &'a History, pending: &Pending) -> Cow<'a, [usize]> {
    let (one, forced) = (history.touching(pending.object), history.forced());
    let mut others = view.also_decide(pending).peekable();
    if !pending.other.is_some() && forced.is_empty() && others.peek().is_none() {
        return Cow::Borrowed(one);
    }
    let mut all = [one, history.touching(pending.other), forced].concat();
    others.for_each(|other| all.extend_from_slice(history.touching(other)));
    all.sort_unstable();
    all.dedup();
    Cow::Owned(all)
}

/// Whether a wait can end without a reason, if so many have: `spent`, by outcome.
fn ends_by_itself(view: View<'_>, pending: &Pending, spent: impl Fn(Outcome) -> u32) -> bool {
    let config = view.config();
    let times_out = pending.deadline().is_some() && config.timeouts > 0;
    let wakes = pending.operation.may_wake_for_no_reason() && config.spurious > 0;
    times_out && spent(Outcome::TimedOut) < config.timeouts || wakes && spent(Outcome::Spurious) < config.spurious
}
