//! RC11 as a graph that grows by one event at a time.
//!
//! Events are added in any order that extends program order and reads-from, so a graph has neither cycles of the two nor
//! values out of thin air. Coherence needs one number for each access: the latest place in modification order that
//! something which happens before was at. Nothing is put between a read-modify-write and what it reads. `SeqCst` is in
//! [`seq_cst`](crate::seq_cst).
//!
//! What it is not:
//!
//! 1. Consume is acquire. A load never reads what is stored later in the order of events (no load buffering), as RC11 has it.
//! 2. Plain accesses have no place here: a race on them is undefined behaviour, which is for a race detector to find.
//! 3. In two corners C++20 orders `SeqCst` events that RC11 as published does not: a store before a fence of a task that has
//!    read it by a relaxed load (`rf` is in C++20's coherence-ordered-before, and not in `scb`); and a store before what
//!    follows the acquire of a weaker store of the same task to the same location (C++20's strongly-happens-before does not
//!    ask for different locations). So this model allows a little more in programs that mix orders in these ways.
//! 4. Locations of mixed size and overlapping accesses are not known.

mod offers;

use std::sync::atomic::Ordering;

pub use self::offers::Access;
use self::offers::Counted;
use crate::clock::{Clock, Kept, KeptClock};
use crate::location::{Location, Rank, StoreIdx, View};
use crate::seq_cst::{Graph, New, SeqCst};
use crate::task::{NOWHERE, Strength, Task};

/// A location, by the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationIdx(pub u32);

impl LocationIdx {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An execution graph that is consistent under RC11, and the questions to it that let it grow.
///
/// Tasks are small numbers, in use from their first event on.
#[derive(Clone, Debug, Default)]
pub struct Rc11 {
    tasks: Vec<Task>,
    locations: Vec<Location>,
    /// How many of `locations` are of this execution.
    used: usize,
    kept: Kept,
    seq_cst: SeqCst,
    /// The answer that was asked for last, if it was only counted; and room for one that was listed, for a clock and for views.
    counted: Option<Counted>,
    answer: Vec<StoreIdx>,
    scratch: Clock,
    views: Vec<View>,
}

impl Rc11 {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a new graph in the memory of this one.
    pub fn clear(&mut self) {
        self.tasks.iter_mut().for_each(Task::clear);
        self.used = 0;
        self.kept.clear();
        self.seq_cst.clear();
    }

    /// Whether there has been a `SeqCst` event.
    pub(crate) const fn has_seq_cst(&self) -> bool {
        !self.seq_cst.is_empty()
    }

    /// A new location, whose initial value everybody may read.
    pub fn add_location(&mut self) -> LocationIdx {
        if self.used == self.locations.len() {
            self.locations.push(Location::default());
        }
        self.locations[self.used].begin();
        self.used += 1;
        LocationIdx(self.used as u32 - 1)
    }

    /// The stores of a location in modification order.
    pub fn modification_order(&self, location: LocationIdx) -> &[StoreIdx] {
        &self.locations[location.index()].order
    }

    /// The store that is last in modification order.
    #[inline]
    pub fn latest(&self, location: LocationIdx) -> StoreIdx {
        self.locations[location.index()].last()
    }

    /// The rank of the latest store that coherence lets the task read or follow, with its view of the location made new.
    #[inline]
    fn look(&mut self, task: usize, location: LocationIdx) -> Rank {
        let Task { now, .. } = &self.tasks[task];
        let row = &mut self.locations[location.index()];
        let view = row.view(task, now, self.tasks[task].version());
        row.rank(view.accessed)
    }

    /// A load reads that store.
    #[inline]
    pub fn load(&mut self, task: usize, location: LocationIdx, order: Ordering, store: StoreIdx) {
        let (event, node) = self.access(task, location, order, store, (true, false));
        self.locations[location.index()].note(task, event, store, false, node);
    }

    /// A store goes directly behind another in modification order.
    #[inline]
    pub fn store(&mut self, task: usize, location: LocationIdx, order: Ordering, after: StoreIdx) -> StoreIdx {
        let (event, node) = self.access(task, location, order, after, (false, true));
        let row = &self.tasks[task];
        let released = self.kept.keep(if releases(order) { &row.now } else { &row.fence }.as_slice());
        self.write(task, location, event, node, released, after, false)
    }

    /// A read-modify-write reads that store, and its own goes directly behind it.
    #[inline]
    pub fn update(&mut self, task: usize, location: LocationIdx, order: Ordering, store: StoreIdx) -> StoreIdx {
        let (event, node) = self.access(task, location, order, store, (true, true));
        let row = &self.tasks[task];
        let released = if releases(order) { &row.now } else { &row.fence };
        let continued = self.locations[location.index()].store(store).released;
        let released = if self.kept.get(continued).is_empty() {
            self.kept.keep(released.as_slice())
        } else {
            self.scratch.become_like(released);
            self.scratch.learn(self.kept.get(continued));
            self.kept.keep(self.scratch.as_slice())
        };
        self.write(task, location, event, node, released, store, true)
    }

    #[expect(clippy::too_many_arguments, reason = "all that is known of a store")]
    #[inline]
    fn write(
        &mut self,
        task: usize,
        location: LocationIdx,
        event: u32,
        node: Option<u32>,
        released: KeptClock,
        after: StoreIdx,
        is_update: bool,
    ) -> StoreIdx {
        let row = &mut self.locations[location.index()];
        let new = row.insert((task as u32, event), released, after, is_update);
        row.note(task, event, new, true, node);
        new
    }

    /// The task's next event, which reads the store, or writes behind it, or both; and its place in the task's chain of
    /// `SeqCst` events, if it is one.
    #[inline]
    fn access(
        &mut self,
        task: usize,
        location: LocationIdx,
        order: Ordering,
        store: StoreIdx,
        (reads, writes): (bool, bool),
    ) -> (u32, Option<u32>) {
        self.reach(task);
        self.look(task, location);
        let released = self.locations[location.index()].store(store).released;
        let is_seq_cst = order == Ordering::SeqCst;
        let mut node = None;
        if is_seq_cst || self.seq_cst.has_fences() {
            let mut now = std::mem::take(&mut self.scratch);
            now.become_like(&self.tasks[task].now);
            if reads && acquires(order) {
                now.learn(self.kept.get(released));
            }
            let rank = self.locations[location.index()].rank(store);
            let new = New { task, location: location.index(), rank, is_seq_cst, writes };
            let graph = Graph { tasks: &self.tasks, locations: &self.locations[..self.used], kept: &self.kept };
            node = self.seq_cst.add_access(graph, new, &now);
            self.scratch = now;
        }
        let row = &mut self.tasks[task];
        if reads && acquires(order) {
            row.acquire(&mut self.kept, released);
        } else if reads {
            row.read.learn(self.kept.get(released));
        }
        let strength = if is_seq_cst { Strength::Access } else { Strength::Weak };
        (row.push(task, location.0, strength), node)
    }

    /// A fence.
    pub fn fence(&mut self, task: usize, order: Ordering) {
        self.reach(task);
        let row = &mut self.tasks[task];
        if acquires(order) {
            let read = std::mem::take(&mut row.read);
            if row.now.learn(read.as_slice()) {
                row.remember(&mut self.kept);
            }
            row.read = read;
        }
        if order == Ordering::SeqCst {
            self.order_fence(task);
        }
        let strength = if order == Ordering::SeqCst { Strength::Fence } else { Strength::Weak };
        let row = &mut self.tasks[task];
        row.push(task, NOWHERE, strength);
        if releases(order) {
            row.fence.become_like(&row.now);
        }
    }

    /// Puts the task's next event, a fence, into the order of `SeqCst` events.
    fn order_fence(&mut self, task: usize) {
        let mut views = std::mem::take(&mut self.views);
        let row = &self.tasks[task];
        let locations = self.locations[..self.used].iter_mut();
        views.clear();
        views.extend(locations.map(|location| location.view(task, &row.now, row.version())));
        let graph = Graph { tasks: &self.tasks, locations: &self.locations[..self.used], kept: &self.kept };
        self.seq_cst.add_fence(graph, task, &views);
        self.views = views;
    }

    /// A step of the task that synchronises by other means: what it and all before it did is added to `released`.
    pub fn release(&mut self, task: usize, released: &mut Clock) {
        self.reach(task);
        let row = &mut self.tasks[task];
        row.push(task, NOWHERE, Strength::Weak);
        released.join(&row.now);
    }

    /// A step of the task before which all that was added to `released` happens.
    pub fn acquire(&mut self, task: usize, released: &Clock) {
        self.reach(task);
        let row = &mut self.tasks[task];
        if row.now.learn(released.as_slice()) {
            row.remember(&mut self.kept);
        }
        row.push(task, NOWHERE, Strength::Weak);
    }

    #[inline]
    fn reach(&mut self, task: usize) {
        if self.tasks.len() <= task {
            self.tasks.resize_with(task + 1, Task::default);
        }
    }
}

const fn acquires(order: Ordering) -> bool {
    matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

const fn releases(order: Ordering) -> bool {
    matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}
