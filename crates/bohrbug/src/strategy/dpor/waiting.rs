//! Loops that wait: a task that only reads, over and over, until another one changes what it reads.
//!
//! A *turn* of a loop is what a task does between two calls at one place. A turn that only reads, and nothing of which has
//! changed since, is *idle*: after it the task is where it was. A loop that was seen to have a thousand idle turns in a row,
//! in which each did the same as the one before, is taken to wait after such a turn. From then on (the search begins anew) its next turn
//! begins only when something has changed that the last one has read: so it is run once for each change that it can see,
//! and not once for every number of turns. To begin a turn is then a step that may have to wait, as to take a lock is, and
//! that conflicts with the writes that it waits for. Once it need not wait, it never has to again.
//!
//! Where nobody can go on but by such a turn, everybody waits for good: the loops then go round, to the step bound, and are
//! a livelock for whoever looks for those. If the execution ends all the same, a loop was taken to wait that does not: it
//! counts its turns. The search begins anew, and that place is never taken to wait again.
//!
//! What is assumed: such a loop does not count its turns to more than a thousand, and what it does next depends on nothing
//! that earlier turns have read. Whoever tells of the proof says so (`Exception::Loops`).

use std::collections::BTreeSet;

use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::{Access, Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::history::{History, Place, Step};
use super::procs::Proc;
use crate::behaviour::mix;

/// So many idle turns in a row, and the task goes on with them, to see whether it has an end.
const SUSPICIOUS: u32 = 8;

/// So many, and it is taken to wait; or this part of the step bound, if that is less.
const CONVINCING: u32 = 1_000;
const PART: u32 = 8;

/// The most turns beyond the first that are made before a loop waits.
const MOST_PATIENT: u32 = 7;

/// The most steps of a turn.
const LONGEST: usize = 32;

/// Whether a step that did these only read, so that nobody can tell whether it happened.
pub(super) fn only_reads(events: &[Event]) -> bool {
    use Operation::{CellRead, CompareExchange, Fence, IsFinished, Load, OnceCheck, Yield};
    let reads = |event: &Event| match event.operation {
        Load | CellRead | IsFinished | OnceCheck | Fence | Yield => event.outcome == Outcome::Done,
        CompareExchange => event.outcome == Outcome::Mismatch,
        _ => false,
    };
    !events.is_empty() && events.iter().all(reads)
}

/// What was read, as a number.
pub(super) fn seen(events: &[Event]) -> u64 {
    events.iter().fold(0, |sum, event| mix(sum, event.value().map_or(0, |value| value + 1)))
}

/// What is known of a place where turns of a loop begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Loop {
    /// The turns after which it is taken to wait: what they do, and what they have read.
    waits_after: BTreeSet<u64>,
    /// How many of them in a row it takes beyond the first.
    patience: u32,
    /// Whether it was seen to come to its end after such a turn.
    is_refuted: bool,
}

/// What a suspicion comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// The task is to go on.
    Grows,
    /// The loop is taken to wait from now on.
    Confirmed,
}

impl History {
    /// The number, among the task's steps, of the one with which the last turn began, if the task is where that began.
    fn last_turn(&self, proc: Proc, pending: &Pending) -> Option<usize> {
        let taken = self.taken_by(proc);
        for (number, &step) in taken.iter().enumerate().rev().take(LONGEST) {
            let step = &self.steps[step];
            if !step.only_reads {
                return None;
            }
            if step.is_called_as(pending) {
                return Some(number);
            }
        }
        None
    }

    /// The last turn, if the task is where it began and the loop is one that waits.
    pub(super) fn turn_to_wait_after(&self, proc: Proc, pending: &Pending) -> Option<usize> {
        if self.loops.is_empty() {
            return None;
        }
        let known = self.loops.get(&(proc, pending.operation, pending.site)).filter(|known| !known.is_refuted)?;
        let turn = self.last_turn(proc, pending)?;
        let steps = &self.taken_by(proc)[turn..];
        let is_patient = self.steps[steps[0]].idle_turns >= known.patience;
        (is_patient && known.waits_after.contains(&self.signature(steps))).then_some(turn)
    }

    /// What a turn does, and what it has read.
    fn signature(&self, turn: &[usize]) -> u64 {
        turn.iter().fold(0, |sum, &step| {
            let step = &self.steps[step];
            let call = step.pending.map_or(0, |own| {
                let place = u64::from(own.site.line()) << 32 | u64::from(own.site.column());
                mix(mix(place, own.site.file().len() as u64), own.operation as u64)
            });
            mix(sum, mix(call, step.seen))
        })
    }

    /// What a step waits for that may begin only when something has changed since that turn: what the turn has read.
    pub(super) fn awaited(&self, proc: Proc, turn: Option<usize>) -> SmallVec<[Access; 2]> {
        let Some(turn) = turn else { return SmallVec::new() };
        let own = self.taken_by(proc)[turn..].iter().flat_map(|&step| self.steps[step].footprint.own());
        own.filter(|access| access.object.is_some()).collect()
    }

    /// Whether something has changed that a turn has read, by one of the steps of which that is true.
    pub(super) fn has_changed(&self, turn: &[usize], is_there: impl Fn(usize) -> bool) -> bool {
        turn.iter().any(|&read| {
            let step = &self.steps[read];
            let changes = |&later: &usize| {
                let later_step = &self.steps[later];
                is_there(later)
                    && later_step.head.proc != step.head.proc
                    && step.footprint.is_changed_by(&later_step.footprint)
            };
            let later = |&object| self.touching(object).iter().rev().take_while(|&&later| later > read).any(changes);
            step.footprint.objects().iter().any(later)
        })
    }

    /// Whether the task begins a turn only when something has changed, and nothing has.
    pub(super) fn is_waiting(&self, view: View<'_>, task: TaskId) -> bool {
        if self.loops.is_empty() {
            return false;
        }
        let (proc, pending) = (self.procs.of(task), view.pending(task));
        let turn = self.turn_to_wait_after(proc, pending);
        turn.is_some_and(|turn| !self.has_changed(&self.taken_by(proc)[turn..], |_| true))
    }

    /// How many idle turns in a row the task has behind it, each of which did the same.
    pub(super) fn idle_turns(&self, proc: Proc, pending: &Pending) -> u32 {
        if matches!(pending.operation, Operation::Yield | Operation::Fence) {
            return 0;
        }
        let Some(turn) = self.last_turn(proc, pending) else { return 0 };
        let steps = &self.taken_by(proc)[turn..];
        if self.has_changed(steps, |_| true) {
            return 0;
        }
        let first = &self.steps[steps[0]];
        let before = turn.checked_sub(steps.len()).map(|begin| &self.taken_by(proc)[begin..turn]);
        let is_alike = |before: &[usize]| {
            let same = |(&one, &other): (&usize, &usize)| self.steps[one].is_called_as_is(&self.steps[other]);
            before.iter().zip(steps).all(same)
        };
        if first.idle_turns > 0 && !before.is_some_and(is_alike) { 1 } else { first.idle_turns + 1 }
    }

    /// Whether the task may be in a loop that waits.
    pub(super) fn suspect(&mut self, view: View<'_>, task: TaskId) -> Option<Suspicion> {
        let proc = self.procs.of(task);
        let last = self.taken_by(proc).last().map(|&last| &self.steps[last]).filter(|last| last.only_reads)?;
        let pending = view.pending(task);
        let turns = match pending.operation {
            // In the middle of a turn.
            Operation::Yield | Operation::Fence => last.idle_turns,
            _ => self.idle_turns(proc, pending),
        };
        let place = (proc, pending.operation, pending.site);
        if turns < SUSPICIOUS || self.loops.get(&place).is_some_and(|known| known.is_refuted) {
            return None;
        }
        let is_beginning = !matches!(pending.operation, Operation::Yield | Operation::Fence);
        if !is_beginning || turns < CONVINCING.min(view.config().step_bound / PART) {
            return Some(Suspicion::Grows);
        }
        let turn = self.last_turn(proc, pending)?;
        let signature = self.signature(&self.taken_by(proc)[turn..]);
        self.loops.entry(place).or_default().waits_after.insert(signature);
        self.is_surprised = true;
        Some(Suspicion::Confirmed)
    }

    /// The loops of those tasks do not wait: one of them has come to its end, and nothing had changed.
    pub(super) fn refute(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            self.loops.entry(place).or_default().is_refuted = true;
            self.is_surprised = true;
        }
    }

    /// One turn of those loops does not stand for many: from now on they make twice as many before they wait.
    pub(super) fn doubt(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            let known = self.loops.entry(place).or_default();
            known.patience = known.patience * 2 + 1;
            known.is_refuted |= known.patience > MOST_PATIENT;
            self.is_surprised = true;
        }
    }

    /// Where the task waits.
    pub(super) fn place_of(&self, view: View<'_>, task: TaskId) -> Place {
        let pending = view.pending(task);
        (self.procs.of(task), pending.operation, pending.site)
    }

    /// Whether a loop was taken to wait.
    pub(super) fn has_loops_that_wait(&self) -> bool {
        self.loops.values().any(|known| !known.is_refuted && !known.waits_after.is_empty())
    }
}

impl Step {
    /// Whether it is that call, on the same object.
    fn is_called_as(&self, pending: &Pending) -> bool {
        let same = |own: &Pending| (own.operation, own.object) == (pending.operation, pending.object);
        self.pending.is_some_and(|own| same(&own) && own.site == pending.site)
    }

    fn is_called_as_is(&self, other: &Self) -> bool {
        other.pending.is_some_and(|pending| self.is_called_as(&pending))
    }
}
