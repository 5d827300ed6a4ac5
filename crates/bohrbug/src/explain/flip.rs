//! A recorded schedule with two events the other way round.
//!
//! One task is held where the recording says until another has done what it is to do first. Up to there the recording is
//! followed, and after it as far as it goes, or in one of the other ways to [go on](Finish).

use std::collections::BTreeMap;
use std::sync::Arc;

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{EventKey, TaskId, TraceEvent};
use rand::RngCore;
use rand_pcg::Pcg64Mcg;

use crate::names::Names;
use crate::rerun::usual;
use crate::strategy::{Strategy, generator};

/// How it goes on when the two events are the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// In the recorded order.
    Recorded,
    /// That task first, as far as it can go.
    First(String),
    /// At random, with that seed.
    Random(u64),
}

/// Holds a task until another one has come so far.
pub(super) struct Flip {
    recorded: Arc<[TraceEvent]>,
    /// The recorded steps are followed up to this one.
    hold_at: usize,
    held: String,
    until: EventKey,
    /// How often `until` has happened, but for the how-manieth.
    seen: u32,
    released: bool,
    finish: Finish,
    random: Pcg64Mcg,
    names: Names,
    /// How many steps each task has done.
    done: BTreeMap<TaskId, usize>,
    /// Of each recorded event, the how-manieth of its task it is, from 1.
    nth: Vec<usize>,
    /// Every recorded step before this one has been done.
    place: usize,
}

impl Flip {
    pub(super) fn new(recorded: Arc<[TraceEvent]>, hold_at: usize, until: EventKey, finish: Finish) -> Self {
        let seed = if let Finish::Random(seed) = finish { seed } else { 0 };
        let nth = nth_of_its_task(&recorded);
        let held = recorded[hold_at].task.clone();
        Self {
            recorded,
            hold_at,
            held,
            until,
            seen: 0,
            released: false,
            finish,
            random: generator(seed, 0),
            names: Names::default(),
            done: BTreeMap::new(),
            nth,
            place: 0,
        }
    }

    fn ready(&self, view: View<'_>, path: &str) -> Option<TaskId> {
        self.names.find_task(path).filter(|&task| view.is_ready(task))
    }

    /// The ready task, but for `without`, whose recorded step comes first.
    fn next_recorded(&mut self, view: View<'_>, without: Option<TaskId>) -> Option<TaskId> {
        let done = |this: &Self, place: usize| {
            let task = this.names.find_task(&this.recorded[place].task);
            task.is_some_and(|task| this.done.get(&task).copied().unwrap_or(0) >= this.nth[place])
        };
        while self.place < self.recorded.len() && done(self, self.place) {
            self.place += 1;
        }
        let mut rest = (self.place..self.recorded.len()).filter(|&place| !done(self, place));
        rest.find_map(|place| self.ready(view, &self.recorded[place].task).filter(|task| Some(*task) != without))
    }

    /// While a task is held: the one that is waited for, or who else can go on.
    fn meanwhile(&mut self, view: View<'_>) -> Option<TaskId> {
        let held = self.names.find_task(&self.held);
        let awaited = self.ready(view, &self.until.task);
        let recorded = awaited.or_else(|| self.next_recorded(view, held));
        recorded.or_else(|| view.ready().iter().find(|task| Some(*task) != held))
    }

    fn afterwards(&mut self, view: View<'_>) -> TaskId {
        let chosen = match &self.finish {
            Finish::Recorded => self.next_recorded(view, None),
            Finish::First(path) => self.ready(view, path),
            Finish::Random(_) => {
                let ready = view.ready();
                let product = u128::from(self.random.next_u64()) * ready.len() as u128;
                return ready.nth((product >> 64) as usize);
            }
        };
        chosen.unwrap_or_else(|| usual(view))
    }
}

fn nth_of_its_task(events: &[TraceEvent]) -> Vec<usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let count = |event| *counts.entry(event).and_modify(|count| *count += 1).or_insert(1);
    events.iter().map(|event| event.task.as_str()).map(count).collect()
}

impl Strategy for Flip {
    fn begin(&mut self, execution: u64) -> bool {
        execution == 0
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.names.name_tasks(view);
        let steps = view.events().len();
        if steps < self.hold_at
            && let Some(task) = self.ready(view, &self.recorded[steps].task)
        {
            return task;
        }
        if !self.released {
            if let Some(task) = self.meanwhile(view) {
                return task;
            }
            // Nobody else can go on: it cannot be had the other way round from here.
            self.released = true;
        }
        self.afterwards(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        // The choice that this task made when it was at this step.
        let task = view.current();
        let done = self.done.get(&task).copied().unwrap_or(0);
        let path = self.names.task(task);
        let mut own = self.recorded.iter().zip(&self.nth).filter(|(event, _)| event.task == path);
        let event = own.find(|(_, nth)| **nth == done + 1).map(|(event, _)| event);
        let value = event.map_or(0, crate::strategy::chosen_in);
        value.min(alternatives - 1)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.names.name_tasks(view);
        *self.done.entry(event.task).or_default() += 1;
        if self.released || event.operation != self.until.operation || self.names.task(event.task) != self.until.task {
            return;
        }
        self.names.extend(view);
        let object = event.object.is_some().then(|| self.names.object(event.object));
        if object == self.until.object.as_deref() {
            self.seen += 1;
            self.released = self.seen >= self.until.nth;
        }
    }

    fn watches(&self) -> bool {
        true
    }
}
