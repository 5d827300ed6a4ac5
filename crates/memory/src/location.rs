//! A location: its stores, in the order in which they were made and in modification order, and who accessed it when.
//!
//! What a task accesses it accesses in modification order, as coherence has it. So which of its accesses are to a store up to
//! a certain one is found by bisection, and no store keeps who has read or written it.

use crate::clock::{Clock, KeptClock};

/// A store of one location, by the order in which stores were made; 0 is the value that was there from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreIdx(pub u32);

impl StoreIdx {
    /// The value that was there from the start.
    pub const INITIAL: Self = Self(0);

    /// As an index.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// No task: the maker of initial stores, which happen before everything.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Grows along the modification order of a location.
pub(crate) type Rank = u64;

#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) task: u32,
    pub(crate) event: u32,
    /// What who reads it by an acquire operation acquires.
    pub(crate) released: KeptClock,
    rank: Rank,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) event: u32,
    /// What it read or wrote.
    pub(crate) store: StoreIdx,
    /// The task's last store to this location so far.
    wrote: StoreIdx,
    /// How much of the task's chain of `SeqCst` events there was up to its last access to this location that is one.
    pub(crate) nodes: u32,
}

/// What happens before a task's next event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View {
    /// The latest store, in modification order, that is accessed.
    pub(crate) accessed: StoreIdx,
    /// The latest that is stored.
    pub(crate) stored: StoreIdx,
    /// For which version of the task this was so.
    version: u32,
}

/// What a task has done here.
#[derive(Clone, Debug, Default)]
struct Visitor {
    /// In program order, and so in modification order.
    accesses: Vec<Access>,
    /// Its stores that are `SeqCst`, by their place in its chain.
    strong: Vec<(u32, StoreIdx)>,
    view: View,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Location {
    stores: Vec<Store>,
    /// Modification order.
    pub(crate) order: Vec<StoreIdx>,
    /// The ranks of these.
    ranks: Vec<Rank>,
    /// Those of them that another store can directly follow, since no read-modify-write has read them; and their ranks.
    pub(crate) free: Vec<StoreIdx>,
    free_ranks: Vec<Rank>,
    /// By task.
    visitors: Vec<Visitor>,
}

impl Location {
    /// Takes the row into use for a new location.
    pub(crate) fn begin(&mut self) {
        self.stores.clear();
        self.order.clear();
        self.ranks.clear();
        self.free.clear();
        self.free_ranks.clear();
        for visitor in &mut self.visitors {
            visitor.accesses.clear();
            visitor.strong.clear();
            visitor.view = View::default();
        }
        self.stores.push(Store { task: NOBODY, event: 0, released: KeptClock::default(), rank: 0 });
        self.order.push(StoreIdx::INITIAL);
        self.ranks.push(0);
        self.free.push(StoreIdx::INITIAL);
        self.free_ranks.push(0);
    }

    #[inline]
    pub(crate) fn store(&self, store: StoreIdx) -> &Store {
        &self.stores[store.index()]
    }

    #[inline]
    pub(crate) fn rank(&self, store: StoreIdx) -> Rank {
        self.stores[store.index()].rank
    }

    #[inline]
    pub(crate) fn last(&self) -> StoreIdx {
        self.order[self.order.len() - 1]
    }

    /// The place of a store of that rank in modification order.
    #[inline]
    pub(crate) fn position(&self, rank: Rank) -> usize {
        bisect(&self.ranks, |other| *other < rank)
    }

    /// From which place on the free stores are of that rank, or later.
    #[inline]
    pub(crate) fn free_from(&self, rank: Rank) -> usize {
        bisect(&self.free_ranks, |other| *other < rank)
    }

    #[inline]
    pub(crate) fn is_free(&self, store: StoreIdx) -> bool {
        self.free_ranks.binary_search(&self.rank(store)).is_ok()
    }

    /// The task's last access among its first so many events.
    #[inline]
    pub(crate) fn last_access(&self, task: usize, events: u32) -> Option<&Access> {
        let accesses = &self.visitors.get(task)?.accesses;
        accesses[..bisect(accesses, |access| access.event < events)].last()
    }

    /// The last access of each task to a store of less than that rank.
    #[inline]
    pub(crate) fn accesses_below(&self, rank: Rank) -> impl Iterator<Item = (usize, &Access)> {
        self.visitors.iter().enumerate().filter_map(move |(task, visitor)| {
            let count = bisect(&visitor.accesses, |access| self.rank(access.store) < rank);
            Some((task, visitor.accesses[..count].last()?))
        })
    }

    /// The last `SeqCst` store of a task that is among the first so many of its chain.
    #[inline]
    pub(crate) fn last_strong(&self, task: usize, nodes: u32) -> Option<StoreIdx> {
        let strong = &self.visitors.get(task)?.strong;
        strong[..bisect(strong, |(node, _)| *node < nodes)].last().map(|(_, store)| *store)
    }

    /// The place in its chain of a task's first `SeqCst` store that is later in modification order than that rank.
    #[inline]
    pub(crate) fn first_strong(&self, task: usize, rank: Rank) -> Option<u32> {
        let strong = &self.visitors.get(task)?.strong;
        strong.get(bisect(strong, |(_, store)| self.rank(*store) <= rank)).map(|(node, _)| *node)
    }

    /// What happens before the next event of a task; coherence lets that read no earlier store than was accessed, nor go
    /// before it. It is kept, and as long as the task learns nothing of others, only its own accesses are new.
    #[inline]
    pub(crate) fn view(&mut self, task: usize, now: &Clock, version: u32) -> View {
        if self.visitors.len() <= task {
            self.visitors.resize_with(task + 1, Visitor::default);
        }
        let view = self.visitors[task].view;
        if view.version == version { view } else { self.view_anew(task, now, version) }
    }

    fn view_anew(&mut self, task: usize, now: &Clock, version: u32) -> View {
        let mut view = View { version, ..View::default() };
        let (mut accessed, mut stored) = (0, 0);
        for (other, events) in now.prefixes() {
            let Some(access) = self.last_access(other, events) else { continue };
            let (to, own) = (self.rank(access.store), self.rank(access.wrote));
            if to > accessed {
                (accessed, view.accessed) = (to, access.store);
            }
            if own > stored {
                (stored, view.stored) = (own, access.wrote);
            }
        }
        self.visitors[task].view = view;
        view
    }

    /// A task reads or writes a store; its view is that of before.
    #[inline]
    pub(crate) fn note(&mut self, task: usize, event: u32, store: StoreIdx, writes: bool, node: Option<u32>) {
        let visitor = &mut self.visitors[task];
        let last = visitor.accesses.last();
        let (wrote, nodes) = last.map_or((StoreIdx::INITIAL, 0), |access| (access.wrote, access.nodes));
        let wrote = if writes { store } else { wrote };
        visitor.accesses.push(Access { event, store, wrote, nodes: node.map_or(nodes, |node| node + 1) });
        visitor.view.accessed = store;
        if writes {
            visitor.view.stored = store;
            visitor.strong.extend(node.map(|node| (node, store)));
        }
    }

    /// Puts a new store directly after another, which a read-modify-write may have read to make it.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        (task, event): (u32, u32),
        released: KeptClock,
        after: StoreIdx,
        is_update: bool,
    ) -> StoreIdx {
        let new = StoreIdx(self.stores.len() as u32);
        let before = self.position(self.rank(after));
        let rank = self.rank_behind(before);
        self.stores.push(Store { task, event, released, rank });
        self.order.insert(before + 1, new);
        self.ranks.insert(before + 1, rank);
        let free = self.free_from(self.rank(after));
        if is_update {
            (self.free[free], self.free_ranks[free]) = (new, rank);
        } else {
            self.free.insert(free + 1, new);
            self.free_ranks.insert(free + 1, rank);
        }
        new
    }

    /// A rank between that of the store at that place and the next.
    fn rank_behind(&mut self, position: usize) -> Rank {
        let rank = self.ranks[position];
        let next = self.ranks.get(position + 1).copied();
        match next {
            None => rank + GAP,
            Some(next) if next - rank > 1 => rank + (next - rank) / 2,
            Some(_) => {
                self.rank_anew();
                self.rank_behind(position)
            }
        }
    }

    #[cold]
    fn rank_anew(&mut self) {
        for (place, store) in self.order.iter().enumerate() {
            self.ranks[place] = place as Rank * GAP;
            self.stores[store.index()].rank = place as Rank * GAP;
        }
        for (rank, store) in self.free_ranks.iter_mut().zip(&self.free) {
            *rank = self.stores[store.index()].rank;
        }
    }
}

/// Between the ranks of neighbours that are both stored at the end: so often a gap can be halved before all are ranked anew.
const GAP: Rank = 1 << 32;

/// How many of them, which are the first, are so; mostly it is all, or all but the last.
#[inline]
pub(crate) fn bisect<T>(all: &[T], is_so: impl Fn(&T) -> bool) -> usize {
    match all {
        [] => 0,
        [.., last] if is_so(last) => all.len(),
        [.., before, _] if is_so(before) => all.len() - 1,
        _ => all.partition_point(is_so),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(location: &mut Location, event: u32, is_update: bool) -> StoreIdx {
        location.insert((0, event), KeptClock::default(), StoreIdx::INITIAL, is_update)
    }

    #[test]
    fn stores_keep_their_order_however_often_a_gap_is_halved() {
        let mut location = Location::default();
        location.begin();
        let last = insert(&mut location, 0, false);
        let mut expected = vec![StoreIdx::INITIAL, last];
        for event in 1..200 {
            let new = insert(&mut location, event, false);
            expected.insert(1, new);
            assert_eq!((&location.order, &location.free), (&expected, &expected));
            let ranks: Vec<Rank> = expected.iter().map(|store| location.rank(*store)).collect();
            let positions: Vec<usize> = ranks.iter().map(|rank| location.position(*rank)).collect();
            assert_eq!(positions, (0..expected.len()).collect::<Vec<_>>());
            assert_eq!(ranks.iter().map(|rank| location.free_from(*rank)).collect::<Vec<_>>(), positions);
        }
    }

    #[test]
    fn nothing_follows_what_an_update_has_read() {
        let mut location = Location::default();
        location.begin();
        let updated = insert(&mut location, 0, true);
        assert_eq!((location.is_free(StoreIdx::INITIAL), location.is_free(updated)), (false, true));
        location.begin();
        assert!(location.is_free(StoreIdx::INITIAL));
    }

    #[test]
    fn a_prefix_is_found_wherever_it_ends() {
        for end in 0..=9 {
            assert_eq!(bisect(&[0, 1, 2, 3, 4, 5, 6, 7, 8], |n| *n < end), end);
        }
    }
}
