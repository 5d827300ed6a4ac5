//! The questions to a graph: which stores the next event of a task may be about.
//!
//! They are all that come from one place on in modification order (`floor`): of all stores, or of those that another one can
//! directly follow. So they are counted, and picked, without a list of them.

use std::sync::atomic::Ordering;

use super::{LocationIdx, Rc11};
use crate::location::{Rank, StoreIdx};
use crate::seq_cst::Graph;

/// What an operation would be if it read a certain store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load of that order; a failed compare-exchange is one.
    Load(Ordering),
    /// A read-modify-write of that order.
    Update(Ordering),
    /// It cannot read this store.
    None,
}

/// The stores of a location from a place on: of all of them, or of those that another one can directly follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    location: LocationIdx,
    from: usize,
    all: bool,
}

impl Rc11 {
    /// The answer to the question that was asked last.
    pub fn offered(&self) -> &[StoreIdx] {
        &self.answer
    }

    /// How many stores [`Rc11::readable`] has, without listing them.
    #[inline]
    pub fn count_readable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        let floor = self.floor(task, location, order);
        let row = &self.locations[location.index()];
        let from = row.position(floor);
        self.counted = Some(Counted { location, from, all: true });
        row.order.len() - from
    }

    /// How many stores [`Rc11::updatable`] has, without listing them.
    #[inline]
    pub fn count_updatable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        self.count_free(task, location, order)
    }

    /// How many stores [`Rc11::places`] has, without listing them.
    #[inline]
    pub fn count_places(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        self.count_free(task, location, order)
    }

    #[inline]
    fn count_free(&mut self, task: usize, location: LocationIdx, order: Ordering) -> usize {
        let floor = self.floor(task, location, order);
        let row = &self.locations[location.index()];
        let from = row.free_from(floor);
        self.counted = Some(Counted { location, from, all: false });
        row.free.len() - from
    }

    /// What was counted, in modification order.
    #[inline]
    fn counted(&self, Counted { location, from, all }: Counted) -> &[StoreIdx] {
        let row = &self.locations[location.index()];
        if all { &row.order[from..] } else { &row.free[from..] }
    }

    /// One of the stores that were counted or listed last, the latest first.
    ///
    /// # Panics
    ///
    /// If there are no more than that.
    #[inline]
    pub fn pick(&self, nth: usize) -> StoreIdx {
        let Some(counted) = self.counted else { return self.answer[nth] };
        let stores = self.counted(counted);
        stores[stores.len() - 1 - nth]
    }

    /// Lists what was only counted, as [`Rc11::offered`].
    pub fn list(&mut self) {
        if let Some(counted) = self.counted.take() {
            let mut answer = std::mem::take(&mut self.answer);
            answer.clear();
            answer.extend(self.counted(counted).iter().rev());
            self.answer = answer;
        }
    }

    /// The stores that a load may read, the latest in modification order first. There always is one.
    pub fn readable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        self.count_readable(task, location, order);
        self.list();
        &self.answer
    }

    /// The stores that a read-modify-write may read, the latest in modification order first. There always is one.
    pub fn updatable(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        self.count_updatable(task, location, order);
        self.list();
        &self.answer
    }

    /// The stores that a new one may directly follow in modification order, the latest first. There always is one.
    pub fn places(&mut self, task: usize, location: LocationIdx, order: Ordering) -> &[StoreIdx] {
        self.count_places(task, location, order);
        self.list();
        &self.answer
    }

    /// The stores that an operation may read, the latest in modification order first, where what it is depends on the store.
    ///
    /// There is one at least if the access of the latest store is not [`Access::None`].
    pub fn choices(&mut self, task: usize, location: LocationIdx, access: impl Fn(StoreIdx) -> Access) -> &[StoreIdx] {
        let floor = self.floor(task, location, Ordering::Relaxed);
        // Looked for only if it is asked for.
        let mut strong_floor = None;
        let mut answer = std::mem::take(&mut self.answer);
        answer.clear();
        let row = &self.locations[location.index()];
        let from = row.position(floor);
        for position in (from..row.order.len()).rev() {
            let store = self.locations[location.index()].order[position];
            let (order, is_possible) = match access(store) {
                Access::Load(order) => (order, true),
                Access::Update(order) => (order, self.locations[location.index()].is_free(store)),
                Access::None => continue,
            };
            if !is_possible {
                continue;
            }
            let floor = match order {
                Ordering::SeqCst => *strong_floor.get_or_insert_with(|| self.floor(task, location, order)),
                _ => floor,
            };
            if self.locations[location.index()].rank(store) >= floor {
                answer.push(store);
            }
        }
        self.counted = None;
        self.answer = answer;
        &self.answer
    }

    /// The rank of the earliest store that an access of the task may read or follow, which comes next.
    #[inline]
    fn floor(&mut self, task: usize, location: LocationIdx, order: Ordering) -> Rank {
        self.reach(task);
        let floor = self.look(task, location);
        let row = &self.locations[location.index()];
        let is_seq_cst = order == Ordering::SeqCst;
        let is_free = self.seq_cst.is_empty() || !(is_seq_cst || self.seq_cst.has_fences());
        if is_free || floor == row.rank(row.last()) {
            return floor;
        }
        let graph = Graph { tasks: &self.tasks, locations: &self.locations[..self.used], kept: &self.kept };
        floor.max(self.seq_cst.floor(graph, task, location.index(), is_seq_cst))
    }
}
