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
use super::{Descriptor, Strategy, generator};

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

    /// The task that ran last has done what it had announced: those that raced with it draw anew, and so does the task for
    /// what it announces next.
    #[inline]
    fn done(&mut self, task: TaskId) {
        let Some(done) = self.announced.get_mut(task.index()) else { return };
        let done = std::mem::replace(done, NOTHING);
        self.on.remove(task, done);
        let own = task.index() / WORD;
        for place in 0..self.ready.len().max(own + 1) {
            let ready = self.ready.get(place).copied().unwrap_or(0);
            let racing = self.on.conflicting(place, done) & ready;
            let redrawn = if place == own { racing | 1 << (task.index() % WORD) } else { racing };
            self.priorities.draw_all(place, redrawn, &mut self.generator);
        }
    }

    /// A task has announced an operation, whose priority has been drawn.
    #[inline]
    fn announce(&mut self, task: TaskId, pending: &Pending) {
        let observes = self.observes[pending.operation as usize];
        let announced = Announced { object: pending.object, other: pending.other, observes };
        if self.announced.len() <= task.index() {
            self.grow(task);
        }
        self.announced[task.index()] = announced;
        self.on.insert(task, announced);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, task: TaskId) {
        self.announced.resize(task.index() + 1, NOTHING);
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
            self.priorities.draw(task, &mut self.generator);
        }
        if !view.finished(current) {
            self.announce(current, view.pending(current));
        }
        let (first, rest) = view.ready().slices();
        self.ready.clear();
        self.ready.extend(first);
        self.ready.extend(rest);
        self.priorities.highest(&self.ready, &mut self.generator)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling()
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

    #[inline]
    fn insert(&mut self, task: TaskId, announced: Announced) {
        if task.index() / WORD >= self.width {
            self.widen(task.index() / WORD + 1);
        }
        self.for_each(task, announced, |word, bit| *word |= bit);
    }

    #[inline]
    fn remove(&mut self, task: TaskId, announced: Announced) {
        self.for_each(task, announced, |word, bit| *word &= !bit);
    }

    /// Changes the sets that the operation belongs to, where the task is in them.
    #[inline]
    fn for_each(&mut self, task: TaskId, Announced { object, other, observes }: Announced, change: fn(&mut u64, u64)) {
        let (place, bit) = (task.index() / WORD, 1 << (task.index() % WORD));
        if object.is_some() {
            change(self.word(object, observes, place), bit);
        }
        if other.is_some() {
            // What gives up a second object changes it.
            change(self.word(other, false, place), bit);
        }
    }

    /// Of the 64 tasks of that word those with an operation that conflicts with `done`.
    #[inline]
    fn conflicting(&self, place: usize, done: Announced) -> u64 {
        if place >= self.width {
            return 0;
        }
        let first = if done.object.is_some() { self.on(place, done.object, done.observes) } else { 0 };
        if done.other.is_some() { first | self.on(place, done.other, false) } else { first }
    }

    /// Of the 64 tasks of that word those with an operation on the object; only those that change it, if that is enough.
    #[inline]
    fn on(&self, place: usize, object: ObjectId, only_changes: bool) -> u64 {
        let changes = object.index() * 2 * self.width + place;
        let all = self.sets.get(changes..=changes + self.width).unwrap_or(&[]);
        let (Some(change), Some(observe)) = (all.first(), all.last()) else { return 0 };
        if only_changes { *change } else { change | observe }
    }

    /// The word of a set that has the 64 tasks of that place.
    #[inline]
    fn word(&mut self, object: ObjectId, observes: bool, place: usize) -> &mut u64 {
        let at = (object.index() * 2 + usize::from(observes)) * self.width + place;
        if self.sets.len() <= at {
            self.grow(object);
        }
        &mut self.sets[at]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, object: ObjectId) {
        self.sets.resize((object.index() + 1) * 2 * self.width, 0);
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self, width: usize) {
        let old = std::mem::take(&mut self.sets);
        for set in old.chunks(self.width.max(1)) {
            self.sets.extend(set);
            self.sets.resize(self.sets.len() + width - set.len(), 0);
        }
        self.width = width;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::times_held_up;
    use super::*;
    use crate::strategy::Random;

    // A reader has to be held up while a writer takes 31 steps. Under `pos` its operation's priority stays what it is
    // until it acts, but where a write on the same variable makes it draw anew: so the writes are one race after the
    // other, and it loses each with probability 1/2. What holds it up is its begin, which races with nothing: its priority
    // is below that of each of 31 operations with probability 1/32, and then the read has to come last, which it does.
    #[test]
    fn a_task_is_held_up_over_many_steps_that_do_not_race_with_it() {
        // 1,000 executions miss it with probability (31/32)^1000 = 2e-14.
        assert!(times_held_up(Pos::new(1), 30, 1_000) > 0);
    }

    #[test]
    fn a_random_walk_does_not_hold_a_task_up_over_many_steps() {
        // The reader loses 31 draws of one in two: in 1,000 executions with probability 1000 / 2^31 * 31 = 2e-5, for each
        // place at which it may begin.
        assert_eq!(times_held_up(Random::new(1), 30, 1_000), 0);
    }

    #[test]
    fn sets_grow_with_the_tasks() {
        let on = |object| Announced { object: ObjectId(object), other: ObjectId::NONE, observes: false };
        let mut announcements = Announcements::default();
        [(3, 1), (70, 1), (200, 0)]
            .into_iter()
            .for_each(|(task, object)| announcements.insert(TaskId(task), on(object)));
        let found: Vec<_> = (0..4).map(|place| announcements.conflicting(place, on(1))).collect();
        assert_eq!(found, [1 << 3, 1 << 6, 0, 0]);
        announcements.remove(TaskId(70), on(1));
        assert_eq!(announcements.conflicting(1, on(1)), 0);
        assert_eq!(announcements.conflicting(3, on(0)), 1 << 8);
    }
}
