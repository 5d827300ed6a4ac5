//! How many events of each class each task has, as learned from a few executions, and what weights follow from that.
//!
//! A task is known by who spawned it and its number among those, so that it is the same in every execution. Its *role* is what
//! its name is but for digits, and where it was spawned.

use bohrbug_sorted::SortedMap;

use super::super::mix;

/// What was learned.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// The place of the n-th task that the task at a place has spawned; the main task is at place 0.
    children: SortedMap<(usize, u32), usize>,
    /// Of each task its parent's place, which is less, and its role. The main task is its own parent.
    tasks: Vec<(usize, u64)>,
    /// Of each task and class the events in all executions together.
    counts: Vec<Vec<u64>>,
    /// The weights of events, by [`Balance`].
    weights: [Weighted; 2],
}

/// What the weights of events are to make equally likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Balance {
    /// Every order of the interesting events.
    Orders,
    /// At first, every role: an event of one that has few has a greater weight.
    Roles,
}

/// Weights under one balance.
#[derive(Clone, Debug, Default)]
struct Weighted {
    /// Of each task and class the weight of one event in one execution.
    unit: Vec<Vec<u64>>,
    /// The weights of all events of the task, and of the tasks below it.
    all: Vec<Vec<u64>>,
}

impl Default for Profile {
    fn default() -> Self {
        let weights = [Weighted::default(), Weighted::default()];
        Self { children: SortedMap::new(), tasks: vec![(0, 0)], counts: vec![Vec::new()], weights }
    }
}

impl Profile {
    /// The place of the n-th task that was spawned by the one at `parent`; `None` if it was not known.
    pub(super) fn child(&self, parent: usize, nth: u32) -> Option<usize> {
        self.children.get(&(parent, nth)).copied()
    }

    /// The same, and makes it known.
    pub(super) fn learn_child(&mut self, parent: usize, nth: u32, name: Option<&str>, site: u64) -> usize {
        let next = self.tasks.len();
        let place = *self.children.entry((parent, nth)).or_insert(next);
        if place == next {
            let letters = name.into_iter().flat_map(str::bytes).filter(|byte| !byte.is_ascii_digit());
            self.tasks.push((parent, letters.fold(site, |role, byte| mix(role, byte.into()))));
            self.counts.push(Vec::new());
        }
        place
    }

    /// One more event of that class.
    pub(super) fn learn_event(&mut self, task: usize, class: usize) {
        let counts = &mut self.counts[task];
        if counts.len() <= class {
            counts.resize(class + 1, 0);
        }
        counts[class] += 1;
    }

    /// All `executions` have been seen. What turned out to be one class with another, by `same`, is counted there.
    pub(super) fn finish(&mut self, executions: u64, same: impl Fn(usize) -> usize) {
        let classes = self.counts.iter().map(Vec::len).max().unwrap_or(0);
        for counts in &mut self.counts {
            counts.resize(classes, 0);
            for class in 0..classes {
                if same(class) != class {
                    counts[same(class)] += std::mem::take(&mut counts[class]);
                }
            }
        }
        for (balance, weights) in [Balance::Orders, Balance::Roles].into_iter().zip(0..) {
            let factors = (0..classes).map(|class| self.factors(balance, class)).collect::<Vec<_>>();
            self.weights[weights] = self.weigh(executions, &factors);
        }
    }

    /// What an event of each role counts for.
    fn factors(&self, balance: Balance, class: usize) -> SortedMap<u64, u64> {
        let mut events = SortedMap::new();
        for (&(_, role), counts) in self.tasks.iter().zip(&self.counts) {
            *events.entry(role).or_insert(0) += counts[class];
        }
        let most = events.values().copied().max().unwrap_or(0);
        let factor = |events: u64| if balance == Balance::Roles && events > 0 { most.div_ceil(events) } else { 1 };
        events.into_iter().map(|(role, events)| (role, factor(events))).collect()
    }

    fn weigh(&self, executions: u64, factors: &[SortedMap<u64, u64>]) -> Weighted {
        let factor = |role: &u64, class: usize| factors[class].get(role).copied().unwrap_or(1);
        let mut weighted = Weighted::default();
        for ((_, role), counts) in self.tasks.iter().zip(&self.counts) {
            weighted.unit.push((0..counts.len()).map(|class| executions * factor(role, class)).collect());
            weighted.all.push(counts.iter().enumerate().map(|(class, count)| count * factor(role, class)).collect());
        }
        for task in (1..self.tasks.len()).rev() {
            for class in 0..factors.len() {
                let below = weighted.all[task][class];
                weighted.all[self.tasks[task].0][class] += below;
            }
        }
        weighted
    }

    /// The classes whose events belong to several tasks.
    pub(super) fn shared(&self) -> impl Iterator<Item = usize> {
        let classes = self.counts.first().map_or(0, Vec::len);
        (0..classes).filter(|&class| self.counts.iter().filter(|counts| counts[class] > 0).count() > 1)
    }

    /// The weight of all events of a task and of those below it.
    pub(super) fn weight(&self, balance: Balance, task: usize, class: usize) -> u64 {
        self.weights[balance as usize].all[task].get(class).copied().unwrap_or(0)
    }

    /// The weight of one event of a task.
    pub(super) fn unit(&self, balance: Balance, task: usize, class: usize) -> u64 {
        self.weights[balance as usize].unit[task].get(class).copied().unwrap_or(1)
    }
}
