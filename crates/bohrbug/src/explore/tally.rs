//! What executions come to: each as a record, and all of them added up in the order of their numbers.
//!
//! A record has everything that the exploration wants to know of an execution, so that it can be made in one thread and
//! counted in another.

use std::collections::BTreeSet;

use bohrbug_sync::control::{MemoryModel, Runtime, View};
use bohrbug_trace::{FailureKind, Trace};

use super::blind::BlindSpots;
use super::{Exploration, Found, Progress, Verdict};
use crate::basis::{Doubt, Exception};
use crate::behaviour;
use crate::coverage::Coverage;
use crate::determinism::{self, Events};
use crate::failure::Failure;
use crate::monitor::deadlock::waits;
use crate::names::Names;
use crate::record;
use crate::runtime::Ended;
use crate::search::Searches;
use crate::strategy::{Guarantee, Standing};

/// What one execution came to.
#[derive(Debug)]
pub(super) struct Record {
    events: u64,
    /// Of an execution that was drawn.
    pub(super) behaviour: Option<u64>,
    pub(super) guarantee: Option<Guarantee>,
    /// Of an execution that was not drawn.
    pub(super) search: Option<Searched>,
    was_cut: bool,
    /// What it would be a proof without, unless an earlier execution of the thread has said so.
    pub(super) excepted: Vec<Exception>,
    /// The tasks that waited when main had ended, unless there was an earlier execution with such tasks.
    pub(super) left_waiting: Option<String>,
    /// What keeps it from being part of a proof.
    pub(super) doubts: Vec<Doubt>,
    pub(super) failed: Option<Box<Failed>>,
}

/// How far a search has come that goes on from what it has seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Searched {
    pub(super) proves: bool,
    cut_off: u64,
    explored: Option<f64>,
    uncovered: Option<&'static str>,
}

/// An execution's failure, and the execution if nobody has a trace of an earlier one.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) trace: Option<Trace>,
}

impl Record {
    /// The failure, unless it is a suspicion.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref().map(|failed| &failed.failure).filter(|failure| !failure.is_suspected())
    }

    /// Whether it counts as cut off.
    pub(super) const fn is_cut(&self) -> bool {
        self.was_cut && self.failed.is_none()
    }
}

/// What executions came to of which none failed: in whichever order they ran, they count as one piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) executions: u64,
    pub(super) events: u64,
    pub(super) cut_off: u64,
    cut: u64,
    excepted: BTreeSet<Exception>,
    left_waiting: Option<String>,
}

impl Summary {
    /// Adds the next execution; `false` if it failed, so that it has to be counted by itself.
    pub(super) fn count(&mut self, record: Record) -> bool {
        self.executions += 1;
        self.events += record.events;
        self.cut += u64::from(record.was_cut);
        self.excepted.extend(record.excepted);
        self.left_waiting = self.left_waiting.take().or(record.left_waiting);
        record.failed.is_none()
    }

    /// Adds those that come next; how many were given up is for whoever adds to know.
    pub(super) fn add(&mut self, next: Self) {
        self.executions += next.executions;
        self.events += next.events;
        self.cut += next.cut;
        self.excepted.extend(next.excepted);
        self.left_waiting = self.left_waiting.take().or(next.left_waiting);
    }
}

/// Makes the records of one thread's executions, whose numbers grow.
#[derive(Debug)]
pub(super) struct Recorder {
    exploration: Exploration,
    hasher: behaviour::Hasher,
    /// Whether it has made the trace of a failure, and of a suspicion.
    has_failure: bool,
    has_suspicion: bool,
    blind_spots: BlindSpots,
    /// The first execution, if it was on native.
    first: Option<Events>,
    /// Whether tasks were left waiting before.
    has_left: bool,
}

impl Recorder {
    pub(super) fn new(exploration: &Exploration) -> Self {
        let hasher = behaviour::Hasher::new();
        Self {
            exploration: exploration.clone(),
            hasher,
            has_failure: false,
            has_suspicion: false,
            blind_spots: BlindSpots::new(exploration.blind_to.clone()),
            first: None,
            has_left: false,
        }
    }

    /// The record of the execution of that number.
    pub(super) fn record(&mut self, number: u64, mut ended: Ended<'_>) -> Record {
        let (strategy, events) = (ended.strategy, ended.execution.events());
        if number == 0 && ended.execution.runtime() == Runtime::Native && determinism::is_on(&self.exploration) {
            self.first = Some(record::events(ended.execution.view()).into());
        }
        let counts = self.exploration.figures && self.exploration.config.memory == MemoryModel::Sc;
        let &Standing { proves, cut_off, explored, guarantee, awaits, uncovered, .. } = ended.standing;
        Record {
            events: events.len() as u64,
            behaviour: (counts && strategy.descriptor().samples).then(|| self.hasher.behaviour(events)),
            guarantee,
            search: strategy.is_in_order(number).then_some(Searched { proves, cut_off, explored, uncovered }),
            was_cut: ended.execution.was_cut(),
            excepted: self.blind_spots.new_ones(ended.execution.view(), awaits),
            left_waiting: self.left_waiting(ended.execution.view()),
            doubts: std::mem::take(&mut ended.doubts),
            failed: ended.failure.take().map(|failure| Box::new(self.failed(number, *failure, &ended))),
        }
    }

    /// The first execution, for whoever wants to repeat it.
    pub(super) fn take_first(&mut self) -> Option<Events> {
        self.first.take()
    }

    /// The tasks that waited for good when main had ended, in words, if they are the first such.
    fn left_waiting(&mut self, view: View<'_>) -> Option<String> {
        let left = view.left_waiting();
        if left.is_empty() || std::mem::replace(&mut self.has_left, true) {
            return None;
        }
        let names = Names::of(view);
        let waiting: Vec<String> = left.iter().map(|blocked| waits(view, &names, blocked)).collect();
        Some(waiting.join(" and "))
    }

    fn failed(&mut self, number: u64, failure: Failure, ended: &Ended<'_>) -> Failed {
        let has = if failure.is_suspected() { &mut self.has_suspicion } else { &mut self.has_failure };
        let is_first = !std::mem::replace(has, true);
        let trace = is_first.then(|| {
            let mut header = self.exploration.header(ended.execution.runtime(), number, &failure);
            let events = record::events_until(ended.execution.view(), ended.length);
            if ended.execution.was_cut() {
                header.choices.step_bound = header.choices.step_bound.max(room(&failure.kind, events.len() as u64));
            }
            Trace { header, events }
        });
        Failed { failure, trace }
    }
}

/// The step bound under which a failure after so many events happens again: a replay calls it one to be longer than twice that.
const fn room(kind: &FailureKind, events: u64) -> u64 {
    match kind {
        // These are seen at twice the bound.
        FailureKind::Livelock | FailureKind::StepBound => events / 2,
        _ => events,
    }
}

/// What the executions so far came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) executions: u64,
    pub(super) events: u64,
    pub(super) cut: u64,
    pub(super) cut_off: u64,
    pub(super) guarantee: Option<Guarantee>,
    pub(super) explored: Option<f64>,
    pub(super) uncovered: Option<&'static str>,
    pub(super) found: Option<Found>,
    pub(super) excepted: BTreeSet<Exception>,
    pub(super) left_waiting: Option<String>,
    pub(super) doubts: BTreeSet<Doubt>,
    pub(super) proves: bool,
    pub(super) coverage: Coverage,
    /// What may fail, and the execution that shows it.
    pub(super) suspicion: Option<Found>,
}

impl Tally {
    /// Adds the next execution.
    pub(super) fn count(&mut self, record: Record) {
        self.executions += 1;
        self.events += record.events;
        self.guarantee = union(self.guarantee, record.guarantee);
        if !record.excepted.is_empty() {
            self.excepted.extend(record.excepted);
        }
        if self.left_waiting.is_none() {
            self.left_waiting = record.left_waiting;
        }
        if !record.doubts.is_empty() {
            self.doubts.extend(record.doubts);
        }
        if let Some(search) = record.search {
            Searched {
                proves: self.proves,
                cut_off: self.cut_off,
                explored: self.explored,
                uncovered: self.uncovered,
            } = search;
        }
        if let Some(behaviour) = record.behaviour {
            self.coverage.add(behaviour);
        }
        if self.found.is_some() {
            return;
        }
        match record.failed {
            Some(failed) => self.fail(*failed),
            None => self.cut += u64::from(record.was_cut),
        }
    }

    /// Adds executions that were not counted one by one.
    pub(super) fn count_all(&mut self, summary: Summary) {
        self.executions += summary.executions;
        self.events += summary.events;
        self.cut += summary.cut;
        self.cut_off += summary.cut_off;
        self.excepted.extend(summary.excepted);
        self.left_waiting = self.left_waiting.take().or(summary.left_waiting);
    }

    fn fail(&mut self, Failed { failure, trace }: Failed) {
        // Whoever records has the trace of its first failure, and of its first suspicion.
        let Some(trace) = trace else { return };
        let place = if failure.is_suspected() { &mut self.suspicion } else { &mut self.found };
        place.get_or_insert(Found { failure, trace });
    }

    pub(super) fn progress(&self) -> Progress {
        let unseen = self.coverage.unseen();
        let behaviours = unseen.map(|_| self.coverage.behaviours());
        Progress { executions: self.executions, behaviours, unseen, explored: self.explored }
    }

    /// A suspicion counts if nothing failed, and nothing proves that nothing does.
    pub(super) fn settled(mut self, complete: bool) -> Self {
        if self.found.is_none() && !self.is_proof(complete) {
            self.found = self.suspicion.take();
        }
        self
    }

    /// The foreign runtime gave up on its own account.
    pub(super) fn gave_up(&mut self, exploration: &Exploration, searches: &Searches, message: String) {
        let failure = Failure::new(FailureKind::Runtime, format!("{} gave up: {message}", searches.runtime().name()));
        let header = exploration.header(searches.runtime(), self.executions, &failure);
        self.found = Some(Found { failure, trace: Trace::new(header) });
    }

    pub(super) fn is_proof(&self, complete: bool) -> bool {
        complete && self.cut == 0 && self.proves && self.found.is_none() && self.doubts.is_empty()
    }

    /// The verdict; `doubted` if something was seen that keeps it from being a proof.
    pub(super) fn into_verdict(self, complete: bool, doubted: bool) -> Verdict {
        match self.found {
            Some(found) => Verdict::Failed(Box::new(found)),
            None if !complete || self.cut > 0 || doubted => Verdict::Passed,
            None if self.proves => Verdict::Verified,
            None => Verdict::Exhausted,
        }
    }
}

/// What is promised for a workload that is as large as either has seen it: each thread knows its own executions.
pub(super) fn union(one: Option<Guarantee>, other: Option<Guarantee>) -> Option<Guarantee> {
    let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
    let (tasks, steps) = (one.tasks.max(other.tasks), one.steps.max(other.steps));
    Some(Guarantee { tasks, steps, learned: one.learned.max(other.learned), ..other })
}
