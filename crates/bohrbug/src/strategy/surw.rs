//! `surw`: selectively uniform random walk (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025).
//!
//! Some events are *interesting*. Of each task it is known how many it has left, and which task has the next one is drawn
//! with these numbers as weights: then every order of the interesting events is equally likely, however long the tasks
//! are. The task that was drawn is awaited; others wait before their own interesting events, and do in the meantime what
//! is not interesting, in the order of random priorities. A spawned task's numbers are its parent's until then.
//!
//! Which events are interesting is different in each execution: those on one object, drawn from all that several tasks
//! use. Which objects there are, and how many events each task has on them, is learned in the first [`LEARNING`]
//! executions, which run in the order of random priorities. What only later executions would show is never interesting,
//! and happens all the same. By name, `surw:NAME` takes the objects whose label contains that text, and
//! `surw:load,store` these operations.
//!
//! Departures from the paper:
//! 1. Of locks only the acquisitions are interesting: where a release comes follows from them.
//! 2. Numbers are means over several executions, and a task that turns out to have more has a weight of one.
//! 3. Every second execution gives the events of a role that has few of them a greater weight, so that each role is as
//!    likely as any other to be first; a role is the tasks that are spawned at one place with one name, but for digits in
//!    it. Uniform over orders, the one reader among a hundred writers comes first once in a hundred executions.
//! 4. When nobody can go on but those who wait before an interesting event, the next is drawn from these.

mod interest;
mod profile;
mod weights;

use bohrbug_sync::control::{TaskSet, View};
use bohrbug_trace::{Operation, TaskId};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use self::interest::{Interest, Objects, site_key};
use self::profile::{Balance, Profile};
use self::weights::Weights;
use super::priorities::{Priorities, WORD, below};
use super::{Descriptor, Strategy, generator};

/// How many executions are learned from.
const LEARNING: u64 = 4;

/// How many steps may pass without an interesting event, before one who waits for another is let through all the same:
/// the task that is awaited may spin until he does something.
const PATIENCE: u32 = 1024;

/// As how many steps a yield counts.
const YIELD: u32 = 128;

/// A random walk that is uniform over the orders of interesting events.
#[derive(Clone, Debug)]
pub struct Surw {
    seed: u64,
    generator: Pcg64Mcg,
    interest: Interest,
    profile: Profile,
    objects: Objects,
    /// Whether the executions that are learned from are over.
    learned: bool,
    /// The classes of events that several tasks have.
    classes: Vec<usize>,
    /// The class of the events that are interesting in this execution; `None` while learning.
    class: Option<usize>,
    balance: Balance,
    priorities: Priorities,
    tasks: Vec<Task>,
    /// How many interesting events each task has left, with those of the tasks that it has yet to spawn.
    left: Weights,
    /// Who has the next interesting event.
    awaited: Option<TaskId>,
    /// The tasks that have announced an interesting event.
    waiting: Vec<u64>,
    /// The tasks that may be chosen now.
    free: Vec<u64>,
    /// The steps since the last interesting event.
    idle: u32,
}

/// What is known of a task of this execution.
#[derive(Clone, Copy, Debug)]
struct Task {
    /// Its place in the profile.
    known: Option<usize>,
    /// How many tasks it has spawned.
    spawned: u32,
    /// The weight of one of its interesting events.
    unit: u64,
}

impl Surw {
    /// The walk of that seed.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Interest::Learned)
    }

    /// The walk of that seed in which these events are interesting: names of operations with commas between them, or a
    /// part of an object's label.
    pub fn of(seed: u64, interest: &str) -> Self {
        Self::with(seed, Interest::parse(interest))
    }

    fn with(seed: u64, interest: Interest) -> Self {
        Self {
            seed,
            generator: generator(seed, 0),
            interest,
            profile: Profile::default(),
            objects: Objects::default(),
            learned: false,
            classes: Vec::new(),
            class: None,
            balance: Balance::Orders,
            priorities: Priorities::default(),
            tasks: Vec::new(),
            left: Weights::default(),
            awaited: None,
            waiting: Vec::new(),
            free: Vec::new(),
            idle: 0,
        }
    }

    /// The executions were seen that are learned from: draws the events that are interesting in this one.
    fn draw_class(&mut self, execution: u64) {
        self.class = None;
        if execution < LEARNING {
            return;
        }
        if !self.learned {
            self.profile.finish(LEARNING, |class| self.objects.representative(class));
            self.classes = self.profile.shared().filter(|class| self.objects.is_changed(*class)).collect();
            self.learned = true;
        }
        if !self.classes.is_empty() {
            let drawn = below(&mut self.generator, self.classes.len() as u64);
            self.class = Some(self.classes[drawn as usize]);
            self.balance = if execution.is_multiple_of(2) { Balance::Orders } else { Balance::Roles };
        }
    }

    /// The task that ran last has done what it had announced.
    fn done(&mut self, task: TaskId) {
        let (place, bit) = (task.index() / WORD, 1 << (task.index() % WORD));
        self.idle += 1;
        if self.waiting.get(place).is_none_or(|waiting| waiting & bit == 0) {
            return;
        }
        self.waiting[place] &= !bit;
        self.left.set(task, self.left.get(task).saturating_sub(self.tasks[task.index()].unit));
        self.idle = 0;
        self.awaited = self.left.draw(&mut self.generator);
    }

    /// A task has announced its next operation.
    #[inline]
    fn announce(&mut self, view: View<'_>, task: TaskId) {
        self.priorities.draw(task, &mut self.generator);
        let pending = view.pending(task);
        let class = self.objects.class(&self.interest, view, pending, !self.learned);
        if !self.learned {
            if let (Some(class), Some(known)) = (class, self.tasks[task.index()].known) {
                self.profile.learn_event(known, class);
            }
            return;
        }
        if class.is_none() || class != self.class {
            self.idle += if pending.operation == Operation::Yield { YIELD } else { 0 };
            return;
        }
        self.waiting[task.index() / WORD] |= 1 << (task.index() % WORD);
        if self.left.get(task) == 0 {
            self.left.set(task, self.tasks[task.index()].unit);
        }
    }

    /// Makes room for a task, who is in the profile at that place.
    fn meet(&mut self, known: Option<usize>) {
        let unit = known.zip(self.class).map_or(1, |(known, class)| self.profile.unit(self.balance, known, class));
        self.tasks.push(Task { known, spawned: 0, unit });
        self.waiting.resize(self.tasks.len().div_ceil(WORD), 0);
    }

    /// A task is there that was not.
    fn welcome(&mut self, view: View<'_>, task: TaskId) {
        let (name, parent, site) = view.task(task);
        if task == TaskId::MAIN {
            self.meet(Some(0));
            self.left.set(task, self.class.map_or(0, |class| self.profile.weight(self.balance, 0, class)));
        } else {
            let Task { known, spawned, .. } = &mut self.tasks[parent.index()];
            let (known, nth) = (*known, *spawned);
            *spawned += 1;
            let known = known.and_then(|parent| {
                if self.learned {
                    return self.profile.child(parent, nth);
                }
                Some(self.profile.learn_child(parent, nth, name, site_key(site)))
            });
            self.meet(known);
            self.hand_down(parent, task);
        }
        self.announce(view, task);
    }

    /// A spawned task has events of its own from now on, which were its parent's before.
    fn hand_down(&mut self, parent: TaskId, task: TaskId) {
        let (Some(class), Some(known)) = (self.class, self.tasks[task.index()].known) else { return };
        let (events, before) = (self.profile.weight(self.balance, known, class), self.left.get(parent));
        self.left.set(parent, before.saturating_sub(events));
        self.left.set(task, events);
        if self.awaited == Some(parent) && below(&mut self.generator, before.max(1)) < events {
            self.awaited = Some(task);
        }
    }

    /// Who may be chosen: those who can go on and do not wait, and who is awaited if he can.
    #[inline]
    fn free(&mut self, ready: &TaskSet) {
        let waiting = |place: usize| self.waiting.get(place).copied().unwrap_or(0);
        let (first, rest) = ready.slices();
        self.free.clear();
        self.free.extend(first.iter().zip(0..).map(|(word, place)| word & !waiting(place)));
        self.free.extend(rest.iter().zip(first.len()..).map(|(word, place)| word & !waiting(place)));
        if let Some(awaited) = self.awaited.filter(|awaited| ready.contains(*awaited)) {
            self.free[awaited.index() / WORD] |= 1 << (awaited.index() % WORD);
        }
    }

    /// One of those who can go on, all of whom wait before an interesting event.
    fn one_who_waits(&mut self, view: View<'_>) -> TaskId {
        let total = view.ready().iter().map(|task| self.left.get(task).max(1)).sum();
        let mut rest = below(&mut self.generator, total);
        let drawn = view.ready().iter().find(|&task| {
            let weight = self.left.get(task).max(1);
            let found = rest < weight;
            rest = rest.saturating_sub(weight);
            found
        });
        drawn.unwrap_or_else(|| view.ready().nth(0))
    }
}

impl Strategy for Surw {
    fn begin(&mut self, execution: u64) -> bool {
        if execution == 0 {
            *self = Self::with(self.seed, self.interest.clone());
        }
        self.generator = generator(self.seed, execution);
        self.draw_class(execution);
        self.objects.begin();
        self.tasks.clear();
        self.left.clear();
        self.waiting.clear();
        self.awaited = None;
        self.idle = 0;
        true
    }

    #[inline]
    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let current = view.current();
        self.done(current);
        let known = self.tasks.len();
        for task in known..view.task_count() {
            self.welcome(view, TaskId(task as u32));
        }
        if view.finished(current) {
            self.left.set(current, 0);
        } else if current.index() < known {
            self.announce(view, current);
        }
        if self.awaited.is_none_or(|awaited| self.left.get(awaited) == 0) {
            self.awaited = self.left.draw(&mut self.generator);
        }
        self.free(view.ready());
        if self.idle > PATIENCE || self.free.iter().all(|word| *word == 0) {
            self.idle = 0;
            return self.one_who_waits(view);
        }
        self.priorities.highest(&self.free, &mut self.generator)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling().learning_from(LEARNING)
    }
}

#[cfg(test)]
mod tests;
