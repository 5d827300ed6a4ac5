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

use std::sync::atomic::Ordering;

use crate::clock::{Clock, Kept};
use crate::location::{Location, Store, StoreIdx};
use crate::seq_cst::{Graph, SeqCst, Sources, Targets};
use crate::task::{NOWHERE, Task};

/// A location, by the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationIdx(pub u32);

impl LocationIdx {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an operation would be if it read a certain store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load of that order; a failed compare-exchange is one.
    Load(Ordering),
    /// A read-modify-write of that order.
    Update(Ordering),
    /// A store of that order, which reads nothing and goes directly behind this one.
    Store(Ordering),
    /// It cannot read this store.
    None,
}

impl Access {
    const fn order(self) -> Ordering {
        match self {
            Self::Load(order) | Self::Update(order) | Self::Store(order) => order,
            Self::None => Ordering::Relaxed,
        }
    }
}

/// Which stores an operation can be about: whose, where, and what it is at the least, whichever store that is.
#[derive(Clone, Copy)]
struct Question {
    task: usize,
    location: LocationIdx,
    base: Access,
}

/// The stores of a location from a place on: all of them, or those that another one can directly follow.
#[derive(Clone, Copy, Debug)]
struct Counted {
    location: LocationIdx,
    floor: usize,
    all: bool,
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
    /// The answer that was asked for last, if it was only counted; and room for one that was listed, and for a clock.
    counted: Option<Counted>,
    answer: Vec<StoreIdx>,
    scratch: Clock,
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
        let row = &self.locations[location.index()];
        row.order[row.last_position()]
    }

    /// The answer to the question that was asked last.
    pub fn offered(&self) -> &[StoreIdx] {
        &self.answer
    }

    /// How many stores [`Rc11::readable`] has, without listing them.
    pub fn count_readable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        let Some((floor, last)) = self.coherent(task, location) else {
            return self.readable(task, location, order).len();
        };
        self.counted = Some(Counted { location, floor, all: true });
        last - floor + 1
    }

    /// How many stores [`Rc11::updatable`] has, without listing them.
    pub fn count_updatable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        let Some((floor, _)) = self.coherent(task, location) else {
            return self.updatable(task, location, order).len();
        };
        self.count_free(location, floor)
    }

    /// How many stores [`Rc11::places`] has, without listing them.
    pub fn count_places(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        let Some((floor, _)) = self.coherent(task, location) else { return self.places(task, location, order).len() };
        self.count_free(location, floor)
    }

    fn count_free(&mut self, location: LocationIdx, floor: usize) -> usize {
        self.counted = Some(Counted { location, floor, all: false });
        self.locations[location.index()].are_free(floor).iter().filter(|is_free| **is_free).count()
    }

    /// From which place on the stores are to which the task may come, and the last; `None` if the order of `SeqCst` events
    /// may forbid some.
    #[inline]
    fn coherent(&mut self, task: usize, location: LocationIdx) -> Option<(usize, usize)> {
        self.reach(task);
        let row = &self.locations[location.index()];
        let (floor, last) = (row.floor(&self.tasks[task].now), row.last_position());
        (self.seq_cst.is_empty() || floor == last).then_some((floor, last))
    }

    /// One of the stores that were counted or listed last, the latest first.
    ///
    /// # Panics
    ///
    /// If there are no more than that.
    pub fn pick(&self, nth: usize) -> StoreIdx {
        let Some(Counted { location, floor, all }) = self.counted else { return self.answer[nth] };
        let row = &self.locations[location.index()];
        if all || nth == 0 {
            return row.order[row.last_position() - nth];
        }
        let free = row.are_free(floor).iter().enumerate().rev().filter(|(_, is_free)| **is_free);
        free.map(|(place, _)| row.order[floor + place])
            .nth(nth)
            .unwrap_or_else(|| panic!("no {nth} stores were counted"))
    }

    /// Lists what was only counted, as [`Rc11::offered`].
    pub fn list(&mut self) {
        if let Some(Counted { location, floor, all }) = self.counted.take() {
            let row = &self.locations[location.index()];
            let stores = row.order[floor..].iter().zip(row.are_free(floor)).rev();
            self.answer.clear();
            self.answer.extend(stores.filter(|(_, is_free)| all || **is_free).map(|(store, _)| *store));
        }
    }

    /// The stores that a load may read, the latest in modification order first. There always is one.
    pub fn readable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        self.counted = None;
        if self.seq_cst.is_empty() {
            self.reach(task);
            self.answer.clear();
            let row = &self.locations[location.index()];
            let floor = row.floor(&self.tasks[task].now);
            self.answer.extend(row.order[floor..].iter().rev());
            return &self.answer;
        }
        let question = Question { task, location, base: Access::Load(order) };
        self.offer(question, |_| Access::Load(order))
    }

    /// The stores that a read-modify-write may read, the latest in modification order first. There always is one.
    pub fn updatable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        let question = Question { task, location, base: Access::Update(order) };
        self.offer(question, |_| Access::Update(order))
    }

    /// The stores that an operation may read, the latest in modification order first, where what it is depends on the store.
    ///
    /// There is one at least if the access of the latest store is not [`Access::None`]. `weakest` may be `SeqCst` only if the
    /// order of every access is; it saves time then.
    pub fn choices(
        &mut self,
        task: usize,
        location: LocationIdx,
        weakest: Ordering,
        access: impl Fn(StoreIdx) -> Access,
    ) -> &[StoreIdx] {
        let question = Question { task, location, base: Access::Load(weakest) };
        self.offer(question, access)
    }

    /// The stores that a new one may directly follow in modification order, the latest first. There always is one.
    pub fn places(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        let question = Question { task, location, base: Access::Store(order) };
        self.offer(question, |_| Access::Store(order))
    }

    #[inline]
    fn offer(&mut self, question: Question, access: impl Fn(StoreIdx) -> Access) -> &[StoreIdx] {
        let Question { task, location, .. } = question;
        self.reach(task);
        self.counted = None;
        self.answer.clear();
        let row = &self.locations[location.index()];
        let floor = row.floor(&self.tasks[task].now);
        if self.seq_cst.is_empty() || floor == row.last_position() {
            // Coherence and atomicity are all that there is.
            for (place, is_free) in row.are_free(floor).iter().enumerate().rev() {
                let store = row.order[floor + place];
                match access(store) {
                    Access::Load(_) => self.answer.push(store),
                    Access::Update(_) | Access::Store(_) if *is_free => self.answer.push(store),
                    Access::Update(_) | Access::Store(_) | Access::None => {}
                }
            }
            return &self.answer;
        }
        self.offer_acyclic(question, floor, access);
        &self.answer
    }

    /// Leaves out what would close a cycle of `SeqCst` events.
    fn offer_acyclic(&mut self, question: Question, floor: usize, access: impl Fn(StoreIdx) -> Access) {
        let Question { task, location, base } = question;
        let location = location.index();
        let row = &self.locations[location];
        let now = &self.tasks[task].now;
        // What reaches the event whichever store it is about.
        let sources = self.sources(task, location, base.order(), now, None);
        let mut targets = Targets::default();
        for position in (floor..row.order.len()).rev() {
            if self.seq_cst.closes_cycle(&sources, &targets) {
                // An earlier store has all these after it, and more.
                break;
            }
            let store = row.order[position];
            let access = access(store);
            let is_possible = match access {
                Access::Load(_) => true,
                Access::Update(_) | Access::Store(_) => row.is_free(position),
                Access::None => false,
            };
            if is_possible && self.allows(task, location, store, access, base, &sources, &targets) {
                self.answer.push(store);
            }
            if position > floor {
                self.seq_cst.aim(self.graph(), &mut targets, location, store);
            }
        }
    }

    /// Whether a choice that is followed by later stores closes no cycle, where what reaches `base` whichever store it is about
    /// closes none.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a choice")]
    fn allows(
        &self,
        task: usize,
        location: usize,
        store: StoreIdx,
        access: Access,
        base: Access,
        of_base: &Sources,
        targets: &Targets,
    ) -> bool {
        let order = access.order();
        let row = self.locations[location].store(store);
        let acquires_more = !matches!(access, Access::Store(_))
            && acquires(order)
            && self.tasks[task].now.is_less_than(self.kept.get(row.released));
        let writes_seq_cst = !matches!(access, Access::Load(_)) && order == Ordering::SeqCst;
        if targets.is_empty() || !(acquires_more || writes_seq_cst || order != base.order()) {
            return true;
        }
        if !acquires_more && order == base.order() {
            // All that is new is what comes before the store behind which it goes.
            let before = self.following(&of_base.before, row.before_next.as_slice());
            let sources = Sources { of_event: before, of_fences: of_base.of_fences.clone(), ..Sources::default() };
            return !self.seq_cst.closes_cycle(&sources, targets);
        }
        let read = Some(store).filter(|_| !matches!(access, Access::Store(_)));
        let now = self.now_after(task, location, order, read);
        let after = Some(store).filter(|_| !matches!(access, Access::Load(_)));
        !self.seq_cst.closes_cycle(&self.sources(task, location, order, &now, after), targets)
    }

    /// What happens before the task's next event, if that reads that store.
    fn now_after(&self, task: usize, location: usize, order: Ordering, read: Option<StoreIdx>) -> Clock {
        let mut now = self.tasks[task].now.clone();
        if let Some(read) = read.filter(|_| acquires(order)) {
            now.join(self.kept.get(self.locations[location].store(read).released));
        }
        now
    }

    fn sources(&self, task: usize, location: usize, order: Ordering, now: &Clock, after: Option<StoreIdx>) -> Sources {
        let fences = self.seq_cst.fences_known(now.as_slice());
        let of_fences = self.seq_cst.reaching(&fences);
        let mut before = Clock::default();
        let of_event = if order == Ordering::SeqCst {
            before = self.seq_cst.before_access(self.graph(), task, location, now);
            let after = after.map(|after| self.locations[location].store(after).before_next.as_slice());
            self.following(&before, after.unwrap_or_default())
        } else {
            Clock::default()
        };
        Sources { before, of_event, of_fences }
    }

    /// What reaches an event that those prefixes of the chains have an edge to.
    fn following(&self, before: &Clock, after: &[u32]) -> Clock {
        if after.is_empty() {
            return self.seq_cst.reaching(before);
        }
        let mut all = before.clone();
        all.join(after);
        self.seq_cst.reaching(&all)
    }

    /// A load reads that store.
    pub fn load(&mut self, task: usize, location: LocationIdx, order: Ordering, store: StoreIdx) {
        self.reach(task);
        let node = self.order_event(task, location, order, Some(store), None);
        self.read_from(task, location, order, store);
        let event = self.tasks[task].push(task, location.0);
        self.note_read(task, event, location, store, node);
    }

    /// A store goes directly behind another in modification order.
    pub fn store(&mut self, task: usize, location: LocationIdx, order: Ordering, after: StoreIdx) -> StoreIdx {
        self.reach(task);
        let node = self.order_event(task, location, order, None, Some(after));
        let event = self.tasks[task].push(task, location.0);
        self.write(task, event, location, order, after, None, node)
    }

    /// A read-modify-write reads that store, and its own goes directly behind it.
    pub fn update(&mut self, task: usize, location: LocationIdx, order: Ordering, store: StoreIdx) -> StoreIdx {
        self.reach(task);
        let node = self.order_event(task, location, order, Some(store), Some(store));
        self.read_from(task, location, order, store);
        let event = self.tasks[task].push(task, location.0);
        self.locations[location.index()].is_read(store, task, event);
        self.write(task, event, location, order, store, Some(store), node)
    }

    /// A fence.
    pub fn fence(&mut self, task: usize, order: Ordering) {
        self.reach(task);
        let row = &mut self.tasks[task];
        if acquires(order) {
            let read = std::mem::take(&mut row.read);
            if row.now.join(read.as_slice()) {
                row.remember(&mut self.kept);
            }
            row.read = read;
        }
        if order == Ordering::SeqCst {
            let before = self.seq_cst.before_fence(self.graph(), task, &self.tasks[task].now);
            let reached = self.seq_cst.reaching(&before);
            self.seq_cst.push(task, self.tasks[task].len(), true, reached);
        }
        let row = &mut self.tasks[task];
        row.push(task, NOWHERE);
        if releases(order) {
            row.fence.become_like(&row.now);
        }
    }

    /// A step of the task that synchronises by other means: what it and all before it did is added to `released`.
    pub fn release(&mut self, task: usize, released: &mut Clock) {
        self.reach(task);
        let row = &mut self.tasks[task];
        row.push(task, NOWHERE);
        released.join(row.now.as_slice());
    }

    /// A step of the task before which all that was added to `released` happens.
    pub fn acquire(&mut self, task: usize, released: &Clock) {
        self.reach(task);
        let row = &mut self.tasks[task];
        if row.now.join(released.as_slice()) {
            row.remember(&mut self.kept);
        }
        row.push(task, NOWHERE);
    }

    #[inline]
    fn reach(&mut self, task: usize) {
        if self.tasks.len() <= task {
            self.tasks.resize_with(task + 1, Task::default);
        }
    }

    fn graph(&self) -> Graph<'_> {
        Graph { tasks: &self.tasks, locations: &self.locations[..self.used], kept: &self.kept }
    }

    #[inline]
    fn read_from(&mut self, task: usize, location: LocationIdx, order: Ordering, store: StoreIdx) {
        let released = self.locations[location.index()].store(store).released;
        let row = &mut self.tasks[task];
        if acquires(order) {
            row.acquire(&mut self.kept, released);
        } else {
            row.read.join(self.kept.get(released));
        }
    }

    /// Puts the task's next event, an access, into the order of `SeqCst` events, before it is in the graph and before the task
    /// acquires what it reads; its place in the task's chain, if it is one of them.
    fn order_event(
        &mut self,
        task: usize,
        location: LocationIdx,
        order: Ordering,
        read: Option<StoreIdx>,
        after: Option<StoreIdx>,
    ) -> Option<u32> {
        let is_seq_cst = order == Ordering::SeqCst;
        if !is_seq_cst && self.seq_cst.is_empty() {
            return None;
        }
        let row = &self.locations[location.index()];
        let from = row.position(read.or(after).unwrap_or(StoreIdx::INITIAL)) + 1;
        let mut targets = Targets::default();
        for store in &row.order[from..] {
            self.seq_cst.aim(self.graph(), &mut targets, location.index(), *store);
        }
        if !is_seq_cst && targets.is_empty() {
            return None;
        }
        let now = self.now_after(task, location.index(), order, read);
        let mut sources = self.sources(task, location.index(), order, &now, after);
        let node = is_seq_cst.then(|| {
            let place = self.seq_cst.push(task, self.tasks[task].len(), false, sources.of_event.clone());
            sources.of_event.reach(task, place + 1);
            place
        });
        self.seq_cst.connect(&sources, &targets);
        node
    }

    #[inline]
    fn note_read(&mut self, task: usize, event: u32, location: LocationIdx, store: StoreIdx, node: Option<u32>) {
        let row = &mut self.locations[location.index()];
        row.note(task, event, store, node);
        row.is_read(store, task, event);
        self.precede(task, location, store, node);
    }

    #[expect(clippy::too_many_arguments, reason = "all that is known of a store")]
    #[inline]
    fn write(
        &mut self,
        task: usize,
        event: u32,
        location: LocationIdx,
        order: Ordering,
        after: StoreIdx,
        read: Option<StoreIdx>,
        node: Option<u32>,
    ) -> StoreIdx {
        let row = &self.tasks[task];
        let released = if releases(order) { &row.now } else { &row.fence };
        let place = &mut self.locations[location.index()];
        let continued = read.map(|read| place.store(read).released).unwrap_or_default();
        let mut store = Store::new(task as u32, event);
        store.node = node;
        store.before_next.become_like(&place.store(after).before_next);
        store.fences_before_next.become_like(&place.store(after).fences_before_next);
        store.released = if self.kept.get(continued).is_empty() {
            self.kept.keep(released.as_slice())
        } else {
            self.scratch.become_like(released);
            self.scratch.join(self.kept.get(continued));
            self.kept.keep(self.scratch.as_slice())
        };
        let new = place.insert(store, after, read.is_some());
        place.note(task, event, new, node);
        self.precede(task, location, read.unwrap_or(new), node);
        new
    }

    /// What comes before the event that has just been added comes before all that is stored after what it read or wrote.
    #[inline]
    fn precede(&mut self, task: usize, location: LocationIdx, store: StoreIdx, node: Option<u32>) {
        if self.seq_cst.is_empty() {
            return;
        }
        let fences = self.seq_cst.fences_known(self.tasks[task].now.as_slice());
        let mut all = fences.clone();
        if let Some(node) = node {
            all.reach(task, node + 1);
        }
        let row = &mut self.locations[location.index()];
        for place in row.position(store)..row.order.len() {
            let later = &mut row.stores[row.order[place].index()];
            later.before_next.join(all.as_slice());
            later.fences_before_next.join(fences.as_slice());
        }
    }
}

const fn acquires(order: Ordering) -> bool {
    matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

const fn releases(order: Ordering) -> bool {
    matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}
