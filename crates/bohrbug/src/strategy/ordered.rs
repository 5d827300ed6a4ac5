//! Keeping orders: some events happen in a given order, some choices have a given value, and a policy decides the rest.
//!
//! An event is known by what it is: its task, its operation, its object and its number among such events (see [`EventKey`]). An
//! event that comes second in an order is held back until the first has happened. When every task that could go on is held
//! back, or the first event's task has ended without it, the order cannot be kept: it is *broken*, remembered, and asked
//! for no longer.
//!
//! What it cannot do: an object that gets its name after its first use is not known by that name before. A spawn is known
//! only when it has happened, since its object is the thread that it makes; so it is never held back.

mod plan;

pub(crate) use plan::{Broken, Plan, Rest};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{EventKey, ObjectId, Operation, StepIdx, TaskId, choice_in};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::{Descriptor, Strategy, generator};
use crate::names::Names;
use crate::record::announced;

/// An event that some order is about, by its place in the table of them.
type KeyId = usize;

/// Keeps the orders of a plan.
#[derive(Debug)]
pub(crate) struct Ordered {
    plan: Plan,
    ids: SortedMap<EventKey, KeyId>,
    /// For each event, the orders in which it comes second.
    held_by: Vec<Vec<usize>>,
    /// The ranks of each task's events, ascending.
    ranks: BTreeMap<String, Vec<u32>>,
    generator: Pcg64Mcg,
    run: RunState,
}

/// What has happened in the current execution.
#[derive(Debug, Default)]
struct RunState {
    names: Names,
    counts: SortedMap<(TaskId, Operation, ObjectId), u32>,
    happened: Vec<bool>,
    tasks: Vec<Progress>,
    broken: Vec<Broken>,
    is_broken: Vec<bool>,
}

/// How far a task has come.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// The rank of its last event that has one.
    rank: Option<u32>,
    /// What it has announced, until it has done it, and on what: a task that waits at a futex may be moved to another.
    announced: Option<(ObjectId, EventKey)>,
}

impl Ordered {
    pub(crate) fn new(plan: Plan) -> Self {
        let keys = plan.orders.iter().flat_map(|order| [&order.first, &order.then]);
        let mut ids: SortedMap<EventKey, KeyId> = keys.map(|key| (key.clone(), 0)).collect();
        ids.values_mut().enumerate().for_each(|(next, id)| *id = next);
        let mut held_by = vec![Vec::new(); ids.len()];
        for (place, order) in plan.orders.iter().enumerate() {
            held_by[ids[&order.then]].push(place);
        }
        let ranks = plan.rest.ranks_by_task();
        let mut ordered = Self { plan, ids, held_by, ranks, generator: generator(0, 0), run: RunState::default() };
        ordered.reset(0);
        ordered
    }

    /// The orders that could not be kept, as they broke.
    pub(crate) fn broken(&self) -> &[Broken] {
        &self.run.broken
    }

    fn reset(&mut self, execution: u64) {
        self.run = RunState {
            happened: vec![false; self.ids.len()],
            is_broken: vec![false; self.plan.orders.len()],
            ..RunState::default()
        };
        if let Rest::Random { seed } = self.plan.rest {
            self.generator = generator(seed, execution);
        }
    }

    /// Whether an order holds the task back; an order that can never be kept does not.
    fn is_held(&mut self, view: View<'_>, task: TaskId) -> bool {
        let orders = self.orders_that_hold(view, task);
        let (hopeless, kept): (Vec<usize>, Vec<usize>) =
            orders.into_iter().partition(|&order| self.is_hopeless(view, order));
        for order in hopeless {
            self.break_order(view, order, task);
        }
        !kept.is_empty()
    }

    fn orders_that_hold(&mut self, view: View<'_>, task: TaskId) -> Vec<usize> {
        if self.plan.orders.is_empty() {
            return Vec::new();
        }
        let key = self.run.announced(view, task);
        let Some(&id) = self.ids.get(key) else { return Vec::new() };
        self.held_by[id].iter().copied().filter(|&order| self.is_open(order)).collect()
    }

    /// Whether the order is still asked for, and its first event has not happened.
    fn is_open(&self, order: usize) -> bool {
        let first = self.ids[&self.plan.orders[order].first];
        !self.run.is_broken[order] && !self.run.happened[first]
    }

    /// Whether the task of an order's first event has ended.
    fn is_hopeless(&self, view: View<'_>, order: usize) -> bool {
        let task = self.run.names.find_task(&self.plan.orders[order].first.task);
        task.is_some_and(|task| view.finished(task))
    }

    fn break_order(&mut self, view: View<'_>, order: usize, task: TaskId) {
        self.run.names.extend(view);
        let found = announced(&self.run.names, view, task);
        self.run.is_broken[order] = true;
        self.run.broken.push(Broken { order, step: view.steps(), found });
    }

    /// Everybody is held back: lets one of them go.
    fn let_go(&mut self, view: View<'_>, held: &[TaskId]) -> TaskId {
        let task = self.pick(view, held);
        for order in self.orders_that_hold(view, task) {
            self.break_order(view, order, task);
        }
        task
    }

    fn pick(&mut self, view: View<'_>, tasks: &[TaskId]) -> TaskId {
        let current = view.current();
        let in_turn = |task: &TaskId| (*task <= current, *task);
        let rests = matches!(view.pending(current).operation, Operation::Yield | Operation::Sleep);
        match &self.plan.rest {
            Rest::Random { .. } => tasks[self.generator.random_range(0..tasks.len())],
            Rest::InTurn if tasks.contains(&current) && !rests => current,
            Rest::InTurn => tasks.iter().copied().min_by_key(in_turn).unwrap_or(current),
            Rest::Ranked(_) | Rest::RankedEarly(_) => {
                let rank = |task: &TaskId| self.rank(*task);
                tasks.iter().copied().min_by_key(|task| (rank(task), *task != current, *task)).unwrap_or(current)
            }
        }
    }

    /// The rank of what the task has announced.
    fn rank(&self, task: TaskId) -> u32 {
        let Some(ranks) = self.plan.rest.ranks() else { return 0 };
        let progress = &self.run.tasks[task.index()];
        if let Some(&rank) = progress.announced.as_ref().and_then(|(_, key)| ranks.get(key)) {
            return rank;
        }
        let ranks = self.ranks.get(self.run.names.task(task)).map_or(&[][..], Vec::as_slice);
        let after = ranks.partition_point(|&rank| Some(rank) <= progress.rank);
        match (ranks.get(after), &self.plan.rest) {
            (Some(_), Rest::RankedEarly(_)) => progress.rank.unwrap_or(0),
            (Some(&next), _) => next,
            (None, _) => u32::MAX,
        }
    }
}

impl RunState {
    /// What the task has announced, by what it is.
    fn announced(&mut self, view: View<'_>, task: TaskId) -> &EventKey {
        self.tasks.resize(view.task_count().max(self.tasks.len()), Progress::default());
        let pending = view.pending(task);
        let known = self.tasks[task.index()].announced.take().filter(|(object, _)| *object == pending.object);
        let key = known.map_or_else(|| self.key(view, task, pending.operation, pending.object), |(_, key)| key);
        &self.tasks[task.index()].announced.insert((pending.object, key)).1
    }

    /// The next such event of that task, by what it is.
    fn key(&mut self, view: View<'_>, task: TaskId, operation: Operation, object: ObjectId) -> EventKey {
        self.names.extend(view);
        let nth = self.counts.get(&(task, operation, object)).map_or(1, |count| count + 1);
        let label = object.is_some().then(|| self.names.object(object));
        EventKey::new(self.names.task(task), operation, label, nth)
    }

    /// An event has happened; what it was.
    fn happen(&mut self, view: View<'_>, event: &Event) -> EventKey {
        let key = self.key(view, event.task, event.operation, event.object);
        *self.counts.entry((event.task, event.operation, event.object)).or_default() += 1;
        self.tasks.resize(view.task_count().max(self.tasks.len()), Progress::default());
        self.tasks[event.task.index()].announced = None;
        key
    }
}

impl Strategy for Ordered {
    fn begin(&mut self, execution: u64) -> bool {
        self.reset(execution);
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.run.names.name_tasks(view);
        let ready: Vec<TaskId> = (0..view.task_count() as u32)
            .map(TaskId)
            .filter(|&task| !view.finished(task) && view.is_ready(task))
            .collect();
        for &task in &ready {
            self.run.announced(view, task);
        }
        let (held, free): (Vec<TaskId>, Vec<TaskId>) = ready.into_iter().partition(|&task| self.is_held(view, task));
        if free.is_empty() { self.let_go(view, &held) } else { self.pick(view, &free) }
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let (task, pending) = (view.current(), view.pending(view.current()));
        let key = self.run.key(view, task, pending.operation, pending.object);
        let value = match (self.plan.choices.get(&key), &self.plan.rest) {
            (Some(&value), _) => choice_in(pending.operation, value, view.asks_memory()),
            (None, Rest::Random { .. }) => self.generator.random_range(0..alternatives).into(),
            (None, _) => 0,
        };
        u32::try_from(value).unwrap_or(u32::MAX).min(alternatives - 1)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        let key = self.run.happen(view, event);
        if let Some(&rank) = self.plan.rest.ranks().and_then(|ranks| ranks.get(&key)) {
            self.run.tasks[event.task.index()].rank = Some(rank);
        }
        let Some(&id) = self.ids.get(&key) else { return };
        self.run.happened[id] = true;
        // What is no scheduling point could not be held back.
        for order in self.held_by[id].clone() {
            if self.is_open(order) {
                self.run.is_broken[order] = true;
                let found = crate::record::recorded(&self.run.names, view, event);
                let step = StepIdx(view.steps().0.saturating_sub(1));
                self.run.broken.push(Broken { order, step, found });
            }
        }
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().watching()
    }
}

/// The same, where somebody looks at it when the execution has ended.
impl Strategy for Rc<RefCell<Ordered>> {
    fn begin(&mut self, execution: u64) -> bool {
        self.borrow_mut().begin(execution)
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.borrow_mut().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.borrow_mut().choose(view, alternatives)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.borrow_mut().reported(view, event);
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().watching()
    }
}
