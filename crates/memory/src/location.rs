//! A location: its stores, in the order in which they were made and in modification order, and who accessed it when.

use crate::clock::{Clock, KeptClock};

/// A store of one location, by the order in which stores were made; 0 is the value that was there from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) task: u32,
    pub(crate) event: u32,
    /// What who reads it by an acquire operation acquires.
    pub(crate) released: KeptClock,
    /// Grows along modification order.
    rank: u64,
    /// Its place in its task's chain of `SeqCst` events, if it is one.
    pub(crate) node: Option<u32>,
    /// The last of the location's readers that read it.
    reader: u32,
    /// How much of each task's chain of `SeqCst` events comes before whatever is stored after this one: they, or fences
    /// among them after which an access came, wrote this store or one before it, or read one of these. See `seq_cst`.
    pub(crate) before_next: Clock,
    /// The same of fences alone.
    pub(crate) fences_before_next: Clock,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) event: u32,
    /// What it read or wrote.
    pub(crate) store: StoreIdx,
    /// How much of the task's chain of `SeqCst` events there was up to its last access to this location that is one.
    pub(crate) nodes: u32,
}

/// A task that has read a store, with its first event that did.
#[derive(Clone, Copy, Debug)]
struct Reader {
    task: u32,
    event: u32,
    /// The next reader of the same store.
    next: u32,
}

const NO_READER: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Location {
    pub(crate) stores: Vec<Store>,
    /// Modification order.
    pub(crate) order: Vec<StoreIdx>,
    /// The ranks of these.
    ranks: Vec<u64>,
    /// Which of these another store can directly follow: those that no read-modify-write has read.
    are_free: Vec<bool>,
    /// By task, in program order.
    pub(crate) accesses: Vec<Vec<Access>>,
    /// Those of all stores: to give each store a list of its own would take an allocation.
    readers: Vec<Reader>,
}

impl Location {
    /// Takes the row into use for a new location.
    pub(crate) fn begin(&mut self) {
        self.stores.clear();
        self.order.clear();
        self.ranks.clear();
        self.are_free.clear();
        self.readers.clear();
        for accesses in &mut self.accesses {
            accesses.clear();
        }
        self.stores.push(Store::new(NOBODY, 0));
        self.order.push(StoreIdx::INITIAL);
        self.ranks.push(0);
        self.are_free.push(true);
    }

    #[inline]
    pub(crate) fn store(&self, store: StoreIdx) -> &Store {
        &self.stores[store.index()]
    }

    #[inline]
    pub(crate) fn position(&self, store: StoreIdx) -> usize {
        self.position_of(self.store(store).rank)
    }

    #[inline]
    fn position_of(&self, rank: u64) -> usize {
        // Mostly it is about the latest.
        if self.ranks.last() == Some(&rank) {
            return self.ranks.len() - 1;
        }
        self.ranks.partition_point(|other| *other < rank)
    }

    /// Whether another store can directly follow the one at that place.
    #[inline]
    pub(crate) fn is_free(&self, position: usize) -> bool {
        self.are_free[position]
    }

    /// Whether another store can directly follow each of the stores from that place on.
    #[inline]
    pub(crate) fn are_free(&self, from: usize) -> &[bool] {
        &self.are_free[from..]
    }

    #[inline]
    pub(crate) fn last_position(&self) -> usize {
        self.order.len() - 1
    }

    /// The task's last access before that event of its.
    #[inline]
    pub(crate) fn last_access(&self, task: usize, before: u32) -> Option<&Access> {
        let accesses = self.accesses.get(task)?;
        match accesses.last() {
            Some(last) if last.event >= before => {
                let count = accesses.partition_point(|access| access.event < before);
                accesses[..count].last()
            }
            last => last,
        }
    }

    /// The latest place in modification order that an access which happens before was at: coherence lets nothing that
    /// comes after these events read an earlier store or go before it.
    #[inline]
    pub(crate) fn floor(&self, before: &Clock) -> usize {
        let known = |task| self.last_access(task, before.get(task)).map(|access| self.store(access.store).rank);
        self.position_of((0..self.accesses.len()).filter_map(known).max().unwrap_or(0))
    }

    /// The latest store, in modification order, that happens before: its position.
    pub(crate) fn last_store_known(&self, before: &Clock) -> usize {
        let happens_before = |store: &StoreIdx| {
            let store = self.store(*store);
            store.task == NOBODY || before.get(store.task as usize) > store.event
        };
        self.order.iter().rposition(happens_before).unwrap_or(0)
    }

    #[inline]
    pub(crate) fn note(&mut self, task: usize, event: u32, store: StoreIdx, node: Option<u32>) {
        if self.accesses.len() <= task {
            self.accesses.resize_with(task + 1, Vec::new);
        }
        let accesses = &mut self.accesses[task];
        let before = accesses.last().map_or(0, |access| access.nodes);
        accesses.push(Access { event, store, nodes: node.map_or(before, |node| node + 1) });
    }

    /// The tasks that have read a store, each with its first event that did.
    pub(crate) fn readers(&self, store: StoreIdx) -> impl Iterator<Item = (u32, u32)> {
        let reader = |place: u32| self.readers.get(place as usize);
        let first = reader(self.store(store).reader);
        std::iter::successors(first, move |last| reader(last.next)).map(|reader| (reader.task, reader.event))
    }

    /// A task reads a store.
    #[inline]
    pub(crate) fn is_read(&mut self, store: StoreIdx, task: usize, event: u32) {
        let task = task as u32;
        if !self.readers(store).any(|(reader, _)| reader == task) {
            let new = self.readers.len() as u32;
            let next = std::mem::replace(&mut self.stores[store.index()].reader, new);
            self.readers.push(Reader { task, event, next });
        }
    }

    /// Puts a new store directly after another, which a read-modify-write may have read to make it.
    #[inline]
    pub(crate) fn insert(&mut self, mut store: Store, after: StoreIdx, is_update: bool) -> StoreIdx {
        let new = StoreIdx(self.stores.len() as u32);
        let before = self.position(after);
        self.are_free[before] &= !is_update;
        store.rank = self.rank_behind(before);
        self.order.insert(before + 1, new);
        self.ranks.insert(before + 1, store.rank);
        self.are_free.insert(before + 1, true);
        self.stores.push(store);
        new
    }

    /// A rank between that of the store at that place and the next.
    fn rank_behind(&mut self, position: usize) -> u64 {
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
            self.ranks[place] = place as u64 * GAP;
            self.stores[store.index()].rank = place as u64 * GAP;
        }
    }
}

/// Between the ranks of neighbours that are both stored at the end: so often a gap can be halved before all are ranked anew.
const GAP: u64 = 1 << 32;

impl Store {
    pub(crate) fn new(task: u32, event: u32) -> Self {
        Self {
            task,
            event,
            released: KeptClock::default(),
            rank: 0,
            node: None,
            reader: NO_READER,
            before_next: Clock::default(),
            fences_before_next: Clock::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_keep_their_order_however_often_a_gap_is_halved() {
        let mut location = Location::default();
        location.begin();
        let last = location.insert(Store::new(0, 0), StoreIdx::INITIAL, false);
        let mut expected = vec![StoreIdx::INITIAL, last];
        for event in 1..200 {
            let new = location.insert(Store::new(0, event), StoreIdx::INITIAL, false);
            expected.insert(1, new);
            assert_eq!(location.order, expected);
            let positions: Vec<usize> = expected.iter().map(|store| location.position(*store)).collect();
            assert_eq!(positions, (0..expected.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_follows_what_an_update_has_read() {
        let mut location = Location::default();
        location.begin();
        let updated = location.insert(Store::new(0, 0), StoreIdx::INITIAL, true);
        assert_eq!((location.is_free(0), location.is_free(location.position(updated))), (false, true));
        location.begin();
        assert!(location.is_free(0));
    }
}
