//! Executions run once more with more idle turns: whether a turn that waits may stand for many.
//!
//! A loop that waits goes on after its first idle turn when something has changed, as if it had made many. That is right if
//! the task is after such a turn where it was before. A loop that counts its turns is not, and neither are two loops in
//! a row at one place in the code (`[1, 0].map(wait_until)`): what reads 1 may be the first, which is over, or the second.
//! So an execution in which tasks have waited and gone on is run once more, with sixteen more turns for every wait, unless
//! each of these tasks has been seen to do just the same. What a task does follows from what it has seen: if all that comes
//! afterwards is as before, the turns made no difference, in this execution and in any other in which it sees that. If it
//! is not, the loops wait after twice as many turns from then on, and the search begins anew.
//!
//! What tasks have been seen to do is kept, eight bytes for each of them that waits and does something new.
//! It cannot tell of a loop that counts to more than that, says nothing of what comes after the step bound, and leaves out
//! executions in which a timeout fired since nothing else could happen.

use std::collections::BTreeSet;

use bohrbug_sorted::SortedSet;
use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::TaskId;

use super::history::{Chosen, History, Place, Step};
use super::procs::Proc;
use crate::behaviour::mix;

/// So many more turns.
const MORE: usize = 16;

/// An execution that is run once more.
#[derive(Clone, Debug)]
pub(super) struct Lengthened {
    /// Who takes which step, and what it chooses; the first is the main task's start.
    script: Vec<(TaskId, Chosen)>,
    /// Which of these is being taken, and how many numbers it has chosen.
    at: usize,
    chosen: usize,
    events: Vec<Event>,
    /// What those announce at its end who wait for good.
    waiting: Vec<(TaskId, Pending)>,
    /// The loops that have more turns.
    places: SortedSet<Place>,
    /// What the tasks that wait have done, a number each.
    told: Vec<u64>,
    differs: bool,
}

impl Lengthened {
    /// The execution that has come to its end, or to where only loops are left that wait; `None` if that says nothing new.
    pub(super) fn of(view: View<'_>, history: &History, told: &BTreeSet<u64>) -> Option<Self> {
        let waits = waits(history);
        if waits.is_empty() || history.steps.iter().any(|step| step.forced) {
            return None;
        }
        let mut new: Vec<u64> = waits.iter().map(|wait| own_events(view, history, &waits, wait.place.0)).collect();
        new.retain(|own| !told.contains(own));
        if new.is_empty() {
            return None;
        }
        let (mut script, mut events) = (Vec::new(), Vec::new());
        let mut add = |step: usize| {
            let step = &history.steps[step];
            script.push((step.task, step.choices.clone()));
            events.extend_from_slice(&view.events()[step.events.clone()]);
        };
        // What a turn ends with that reads nothing commutes with all changes.
        let is_moved = |step: usize| waits.iter().any(|wait| wait.tail.contains(&step));
        for step in (0..history.len()).filter(|&step| !is_moved(step)) {
            add(step);
            if let Some(wait) = waits.iter().find(|wait| wait.last == step) {
                wait.tail.iter().for_each(|&step| add(step));
                (0..MORE).flat_map(|_| wait.turn).for_each(|&step| add(step));
            }
        }
        let places = waits.iter().map(|wait| wait.place).collect();
        let unfinished = (0..view.task_count()).map(|task| TaskId(task as u32)).filter(|&task| !view.finished(task));
        let waiting = unfinished.map(|task| (task, *view.pending(task))).collect();
        Some(Self { script, at: 0, chosen: 0, events, waiting, places, told: new, differs: false })
    }

    /// Whose turn it is; `None` if there is no more of it, or it goes otherwise.
    pub(super) fn next(&mut self, view: View<'_>) -> Option<TaskId> {
        (self.at, self.chosen) = (self.at + 1, 0);
        if self.at == self.script.len() {
            let announces = |(task, known): &(TaskId, Pending)| {
                let pending = view.pending(*task);
                (pending.operation, pending.object, pending.site) == (known.operation, known.object, known.site)
            };
            self.differs |= view.events() != self.events || !self.waiting.iter().all(announces);
        }
        let task = self.script.get(self.at).map(|(task, _)| *task)?;
        self.differs |= !view.is_ready(task);
        (!self.differs).then_some(task)
    }

    pub(super) fn choose(&mut self, alternatives: u32) -> u32 {
        let told = self.script.get(self.at).and_then(|(_, choices)| choices.get(self.chosen));
        self.chosen += 1;
        told.map_or(0, |&(chosen, _)| chosen).min(alternatives - 1)
    }

    /// The loops of which one turn cannot stand for many, if there are any; or else what need not be run again.
    pub(super) fn end(self, view: View<'_>) -> Result<Vec<u64>, SortedSet<Place>> {
        let is_over = self.at + 1 < self.script.len() && !view.is_cut();
        let is_other = self.at + 1 == self.script.len() && view.events() != self.events;
        if self.differs || is_over || is_other { Err(self.places) } else { Ok(self.told) }
    }
}

/// A task that went on with a loop when something had changed.
struct Wait<'a> {
    place: Place,
    /// The steps of the turn after which it waited, the last of them that reads, and those after that.
    turn: &'a [usize],
    last: usize,
    tail: &'a [usize],
}

/// Those for which nothing had changed when their turn had read all that it reads.
fn waits(history: &History) -> Vec<Wait<'_>> {
    let wait = |step: &Step| {
        let (begin, pending, proc) = (step.turn?, step.pending?, step.head.proc);
        let turn = &history.taken_by(proc)[begin..step.head.number as usize];
        let reads = |&step: &usize| history.steps[step].footprint.own().any(|access| access.object.is_some());
        let (turn_that_reads, tail) = turn.split_at(turn.iter().rposition(reads)? + 1);
        let last = *turn_that_reads.last()?;
        let waited = !history.has_changed(turn, |other| other <= last);
        waited.then_some(Wait { place: (proc, pending.operation, pending.site), turn, last, tail })
    };
    history.steps.iter().filter_map(wait).collect()
}

/// All that a task has done and seen, and where it waited, as a number.
fn own_events(view: View<'_>, history: &History, waits: &[Wait<'_>], proc: Proc) -> u64 {
    let events = view.events().iter().filter(|event| history.procs.of(event.task) == proc);
    let done = events.fold(u64::from(proc.0), |sum, event| {
        let what = mix(event.operation as u64, event.outcome as u64);
        mix(sum, mix(what, event.value().map_or(0, |value| value + 1)))
    });
    let own = waits.iter().filter(|wait| wait.place.0 == proc);
    own.fold(done, |sum, wait| mix(sum, u64::from(history.steps[wait.last].head.number)))
}
