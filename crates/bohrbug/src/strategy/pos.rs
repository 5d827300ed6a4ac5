//! `pos`: partial order sampling (Yuan, Yang, Gu, CAV 2018).
//!
//! Every announced operation has a random priority, and the highest that can happen does. Then those that raced with it,
//! which are those that could have happened and [conflict] with it, draw anew: what one order has decided says nothing of
//! the next. So it samples orders of conflicting operations, and neither how many steps a task has nor what else goes on
//! makes an order rare. A bug that needs a task to be held up over many races is rare under it.
//!
//! Departures from the paper:
//! 1. Two operations on one object are taken not to conflict if neither conflicts with its like (two loads, say).

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::{Access, ObjectId, Operation, TaskId, conflict};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::priorities::{Priorities, WORD};
use super::{Strategy, generator};

/// Random priorities of operations.
#[derive(Clone, Debug)]
pub struct Pos {
    seed: u64,
    generator: Pcg64Mcg,
    priorities: Priorities,
    /// What each task has announced, as far as we were asked since.
    announced: Vec<Announced>,
    on: Announcements,
    /// Who could go on at the last decision.
    ready: Vec<u64>,
    /// Of each operation, whether it can be exchanged with its like.
    observes: [bool; Operation::ALL.len()],
}

/// What races of one operation depend on.
#[derive(Clone, Copy, Debug)]
struct Announced {
    object: ObjectId,
    other: ObjectId,
    observes: bool,
}

const NOTHING: Announced = Announced { object: ObjectId::NONE, other: ObjectId::NONE, observes: true };

impl Pos {
    /// The sampling of that seed.
    pub fn new(seed: u64) -> Self {
        let mut observes = [false; Operation::ALL.len()];
        for &operation in Operation::ALL {
            let access = Access { operation, object: ObjectId(0), other: ObjectId::NONE };
            observes[operation as usize] = !conflict(access, access);
        }
        Self {
            seed,
            generator: generator(seed, 0),
            priorities: Priorities::default(),
            announced: Vec::new(),
            on: Announcements::default(),
            ready: Vec::new(),
            observes,
        }
    }

    /// The task that ran last has done what it had announced: those that raced with it draw anew.
    fn done(&mut self, task: TaskId) {
        let Some(done) = self.announced.get_mut(task.index()) else { return };
        let done = std::mem::replace(done, NOTHING);
        self.on.remove(task, done);
        for place in 0..self.ready.len() {
            let racing = self.on.conflicting(place, done) & self.ready[place];
            self.priorities.draw_all(place, racing, &mut self.generator);
        }
    }

    fn announce(&mut self, task: TaskId, pending: &Pending) {
        let observes = self.observes[pending.operation as usize];
        let announced = Announced { object: pending.object, other: pending.other, observes };
        if self.announced.len() <= task.index() {
            self.announced.resize(task.index() + 1, NOTHING);
        }
        self.announced[task.index()] = announced;
        self.on.insert(task, announced);
        self.priorities.draw(task, &mut self.generator);
    }
}

impl Strategy for Pos {
    fn begin(&mut self, execution: u64) -> bool {
        self.generator = generator(self.seed, execution);
        self.announced.clear();
        self.on.clear();
        self.ready.clear();
        true
    }

    #[inline]
    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let current = view.current();
        self.done(current);
        // Threads that the task has made have announced that they will begin.
        for task in self.announced.len()..view.task_count() {
            let task = TaskId(task as u32);
            self.announce(task, view.pending(task));
        }
        if !view.finished(current) {
            self.announce(current, view.pending(current));
        }
        self.ready.clear();
        self.ready.extend(view.ready().words());
        self.priorities.highest(&self.ready, &mut self.generator)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn samples(&self) -> bool {
        true
    }
}

/// For each object the tasks that have announced an operation on it.
#[derive(Clone, Debug, Default)]
struct Announcements {
    /// For each object two sets: those that only observe it, and those that do not.
    sets: Vec<u64>,
    /// How many words a set has.
    width: usize,
}

impl Announcements {
    fn clear(&mut self) {
        self.sets.clear();
    }

    fn insert(&mut self, task: TaskId, announced: Announced) {
        if task.index() / WORD >= self.width {
            self.widen(task.index() / WORD + 1);
        }
        for (object, observes) in on(announced) {
            let set = self.set(object, observes);
            self.sets[set + task.index() / WORD] |= 1 << (task.index() % WORD);
        }
    }

    fn remove(&mut self, task: TaskId, announced: Announced) {
        for (object, observes) in on(announced) {
            let set = self.set(object, observes);
            self.sets[set + task.index() / WORD] &= !(1 << (task.index() % WORD));
        }
    }

    /// Of the 64 tasks of that word those with an operation that conflicts with `done`.
    fn conflicting(&self, place: usize, done: Announced) -> u64 {
        let on = |object: ObjectId, observes| {
            let set = (object.index() * 2 + usize::from(observes)) * self.width + place;
            self.sets.get(set).copied().unwrap_or(0)
        };
        let conflicting = |(object, observes)| on(object, false) | if observes { 0 } else { on(object, true) };
        if place < self.width { self::on(done).map(conflicting).fold(0, |a, b| a | b) } else { 0 }
    }

    /// Where a set begins.
    fn set(&mut self, object: ObjectId, observes: bool) -> usize {
        let end = (object.index() + 1) * 2 * self.width;
        if self.sets.len() < end {
            self.sets.resize(end, 0);
        }
        (object.index() * 2 + usize::from(observes)) * self.width
    }

    #[cold]
    fn widen(&mut self, width: usize) {
        let old = std::mem::take(&mut self.sets);
        for set in old.chunks(self.width.max(1)) {
            self.sets.extend(set);
            self.sets.resize(self.sets.len() + width - set.len(), 0);
        }
        self.width = width;
    }
}

/// The objects of an operation, and whether it only observes them. What gives up a second object changes it.
fn on(announced: Announced) -> impl Iterator<Item = (ObjectId, bool)> {
    let both = [(announced.object, announced.observes), (announced.other, false)];
    both.into_iter().filter(|(object, _)| object.is_some())
}
