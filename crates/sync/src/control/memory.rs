//! Weak memory on the native runtime: which store an atomic operation reads, and where its own goes, as the driver decides.
//!
//! The model is `bohrbug_memory`'s; here its locations are atomics, its tasks ours, and each store has a value. Memory
//! itself holds the value that is last in modification order, which is what `get_mut` and the like see; where it holds
//! another, the atomic was written past us (`get_mut`, memory used again), and begins anew with what is there. Memory that
//! is used again with an *equal* value is not noticed: the old atomic's history goes on.

use std::any::TypeId;
use std::mem::{MaybeUninit, size_of};
use std::sync::atomic::Ordering;

use bohrbug_events::{ObjectId, Operation, StepIdx};
use bohrbug_memory::{Access, Clock, LocationIdx, Rc11, StoreIdx};

use super::{Ctx, Edge, Edges, Event, Inner, Pending, Status, Turn, View};
use crate::atomic::{Seen, Word};

/// The memory of one execution after another.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    graph: Rc11,
    /// By object; those that are no atomics have none.
    rows: Vec<Row>,
    edges: Edges,
    /// By object, what was released through each of its places.
    released: Vec<Vec<Clock>>,
    /// What each access to an atomic was, for drivers that want to know words.
    accesses: Vec<MemoryAccess>,
}

/// What an access to an atomic under weak memory was, and what it was about.
#[derive(Clone, Copy, Debug)]
pub struct MemoryAccess {
    /// Its event.
    pub step: StepIdx,
    /// The atomic, by the order in which they were first accessed, or began anew.
    pub location: LocationIdx,
    /// What it held at first, as a number that is of use within this execution alone.
    pub initial: u64,
    /// What was asked for.
    pub operation: MemoryOperation,
    /// What it read, if it did.
    pub read: Option<StoreIdx>,
    /// What it stored, if it did, and that word.
    pub wrote: Option<(StoreIdx, u64)>,
}

/// An operation on an atomic, with its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryOperation {
    /// A load.
    Load(Ordering),
    /// A store.
    Store(Ordering),
    /// A read-modify-write that always succeeds.
    Update(Ordering),
    /// A compare-exchange.
    Exchange {
        /// Its order if it succeeds.
        success: Ordering,
        /// Its order if it fails.
        failure: Ordering,
        /// The word that it expects.
        expected: u64,
    },
}

/// An atomic's stores.
#[derive(Debug, Default)]
struct Row {
    location: Option<(LocationIdx, TypeId)>,
    values: Vec<Bits>,
    /// The first of them as a number.
    initial: u64,
}

/// The value of one store; an address keeps what it may be used for.
type Bits = MaybeUninit<u64>;

fn pack<W: Copy>(value: W) -> Bits {
    const { assert!(size_of::<W>() <= size_of::<Bits>(), "an atomic is at most 64 bits wide") };
    let mut bits = Bits::uninit();
    // SAFETY: it is large enough, as was just asserted.
    unsafe { bits.as_mut_ptr().cast::<W>().write_unaligned(value) };
    bits
}

/// # Safety
///
/// The bits were packed from a `W`.
unsafe fn unpack<W: Copy>(bits: Bits) -> W {
    // SAFETY: the caller's promise.
    unsafe { bits.as_ptr().cast::<W>().read_unaligned() }
}

impl Memory {
    /// An execution begins.
    pub(super) fn clear(&mut self) {
        self.graph.clear();
        self.edges.clear();
        self.accesses.clear();
        self.rows.iter_mut().for_each(|row| row.location = None);
        self.released.iter_mut().flatten().for_each(Clock::clear);
    }

    /// The atomic's location, whose memory holds `current` now.
    #[inline]
    fn location<W: Word>(&mut self, object: ObjectId, current: W) -> LocationIdx {
        if self.rows.len() <= object.index() {
            self.rows.resize_with(object.index() + 1, Row::default);
        }
        let row = &mut self.rows[object.index()];
        if let Some((location, kind)) = row.location
            && kind == TypeId::of::<W>()
        {
            let last = self.graph.latest(location);
            // SAFETY: it is a value of that type, as was just compared.
            if unsafe { unpack::<W>(row.values[last.index()]) } == current {
                return location;
            }
        }
        let location = self.graph.add_location();
        row.location = Some((location, TypeId::of::<W>()));
        row.values.clear();
        row.values.push(pack(current));
        row.initial = current.bits();
        location
    }

    /// What the row of the atomic has for that store.
    #[inline]
    fn value<W: Copy>(&self, object: ObjectId, store: StoreIdx) -> W {
        // SAFETY: `location` has made the row one of that type, in the operation that asks.
        unsafe { unpack(self.rows[object.index()].values[store.index()]) }
    }

    #[inline]
    fn seen<W: Copy>(&self, object: ObjectId, location: LocationIdx, store: StoreIdx) -> Seen<W> {
        let age = self.rows[object.index()].values.len() - 1 - store.index();
        Seen { value: self.value(object, store), stale: store != self.graph.latest(location), age: age as u32 }
    }

    #[inline]
    fn push<W: Copy>(&mut self, object: ObjectId, value: W) {
        self.rows[object.index()].values.push(pack(value));
    }

    /// The accesses to atomics so far, of which the driver wants to know the words.
    pub(super) fn accesses(&self) -> &[MemoryAccess] {
        &self.accesses
    }

    /// The stores of which the driver is asked to choose one.
    pub(super) fn offered(&self, atomic: ObjectId) -> Option<(LocationIdx, &[StoreIdx])> {
        let (location, _) = self.rows.get(atomic.index())?.location?;
        Some((location, self.graph.offered()))
    }

    /// Takes in an event that is no access to an atomic.
    fn synchronise(&mut self, view: View<'_>, event: &Event) {
        let Self { graph, edges, released, .. } = self;
        let task = event.task.index();
        if event.operation == Operation::Fence {
            return graph.fence(task, event.order.into());
        }
        edges.of(view, event, |edge| match edge {
            Edge::Acquire(object, place) => {
                if let Some(clock) = released.get(object.index()).and_then(|places| places.get(place)) {
                    graph.acquire(task, clock);
                }
            }
            Edge::Release(object, place) => {
                if released.len() <= object.index() {
                    released.resize_with(object.index() + 1, Vec::new);
                }
                let places = &mut released[object.index()];
                if places.len() <= place {
                    places.resize_with(place + 1, Clock::default);
                }
                graph.release(task, &mut places[place]);
            }
        });
    }
}

impl Inner {
    /// Tells the memory of an event that was just logged, and is no access to an atomic.
    pub(super) fn synchronise(&mut self, event: &Event) {
        use Operation::{CompareExchange, Load, Rmw, Store};
        if matches!(event.operation, Load | Store | Rmw | CompareExchange) {
            return;
        }
        if let Some(mut memory) = self.memory.take() {
            memory.synchronise(View(self), event);
            self.memory = Some(memory);
        }
    }
}

/// The operands of a compare-exchange.
#[derive(Clone, Copy)]
pub(crate) struct WeakExchange<W> {
    pub(crate) current: W,
    pub(crate) new: W,
    pub(crate) success: Ordering,
    pub(crate) failure: Ordering,
    pub(crate) weak: bool,
}

/// What a compare-exchange came to.
pub(crate) enum Exchanged<W> {
    /// It was done; whether its store is the latest, so that memory has to hold it.
    Done(Seen<W>, bool),
    Mismatch(Seen<W>),
    WeakFailure(Seen<W>),
}

/// Each of these performs the operation that the current task has announced and has the turn for; `current` is what the
/// atomic's memory holds.
impl Ctx {
    /// Whether loads may read older stores than the latest.
    #[inline(always)]
    pub(crate) fn is_weak(self) -> bool {
        self.head().is_weak()
    }

    pub(crate) fn weak_load<W: Word>(self, turn: Turn, pending: &Pending, current: W, order: Ordering) -> Seen<W> {
        self.with(|x| x.weak_load(turn, pending.object, current, order))
    }

    /// Whether the store is the latest, so that memory has to hold it.
    pub(crate) fn weak_store<W: Word>(
        self,
        turn: Turn,
        pending: &Pending,
        current: W,
        value: W,
        order: Ordering,
    ) -> bool {
        self.with(|x| x.weak_store(turn, pending.object, current, value, order))
    }

    /// What was read, and whether what was stored is the latest.
    pub(crate) fn weak_update<W: Word>(
        self,
        turn: Turn,
        pending: &Pending,
        current: W,
        order: Ordering,
        change: impl Fn(W) -> W,
    ) -> (Seen<W>, bool) {
        let object = pending.object;
        let (location, store, seen) = self.with(|x| x.weak_read(turn, object, current, order));
        let new = change(seen.value);
        let is_latest = self.with(|x| {
            let me = x.current().index();
            let written = x.memory().replace(me, object, location, order, store, new);
            x.note_access(object, location, MemoryOperation::Update(order), Some(store), Some((written.0, new.bits())));
            written.1
        });
        (seen, is_latest)
    }

    pub(crate) fn weak_exchange<W: Word>(
        self,
        turn: Turn,
        pending: &Pending,
        current: W,
        exchange: WeakExchange<W>,
    ) -> Exchanged<W> {
        self.with(|x| x.weak_exchange(turn, pending.object, current, exchange))
    }
}

impl Inner {
    #[inline]
    fn memory(&mut self) -> &mut Memory {
        match &mut self.memory {
            Some(memory) => memory,
            None => unreachable!("a bug in bohrbug-sync: memory is not weak"),
        }
    }

    fn weak_load<W: Word>(&mut self, turn: Turn, object: ObjectId, current: W, order: Ordering) -> Seen<W> {
        let me = self.current().index();
        let memory = self.memory();
        let location = memory.location(object, current);
        let alternatives = memory.graph.count_readable(me, location, order);
        let store = self.choose_store(turn, alternatives);
        let memory = self.memory();
        memory.graph.load(me, location, order, store);
        let seen = memory.seen(object, location, store);
        self.note_access(object, location, MemoryOperation::Load(order), Some(store), None);
        seen
    }

    fn weak_store<W: Word>(&mut self, turn: Turn, object: ObjectId, current: W, value: W, order: Ordering) -> bool {
        let me = self.current().index();
        let memory = self.memory();
        let location = memory.location(object, current);
        let alternatives = memory.graph.count_places(me, location, order);
        let after = self.choose_store(turn, alternatives);
        let memory = self.memory();
        let store = memory.graph.store(me, location, order, after);
        memory.push(object, value);
        let is_latest = memory.graph.latest(location) == store;
        self.note_access(object, location, MemoryOperation::Store(order), None, Some((store, value.bits())));
        is_latest
    }

    /// What a read-modify-write reads, which is not done yet.
    fn weak_read<W: Word>(
        &mut self,
        turn: Turn,
        object: ObjectId,
        current: W,
        order: Ordering,
    ) -> (LocationIdx, StoreIdx, Seen<W>) {
        let me = self.current().index();
        let memory = self.memory();
        let location = memory.location(object, current);
        let alternatives = memory.graph.count_updatable(me, location, order);
        let store = self.choose_store(turn, alternatives);
        (location, store, self.memory().seen(object, location, store))
    }

    fn weak_exchange<W: Word>(
        &mut self,
        turn: Turn,
        object: ObjectId,
        current: W,
        exchange: WeakExchange<W>,
    ) -> Exchanged<W> {
        let WeakExchange { current: expected, new, success, failure, weak } = exchange;
        let me = self.current().index();
        let memory = self.memory();
        let location = memory.location(object, current);
        let Memory { graph, rows, .. } = memory;
        let values = &rows[object.index()].values;
        // SAFETY: `location` has made the row one of that type.
        let is_expected = |store: StoreIdx| unsafe { unpack::<W>(values[store.index()]) } == expected;
        let access = |store| if is_expected(store) { Access::Update(success) } else { Access::Load(failure) };
        let alternatives = graph.choices(me, location, access).len();
        let store = self.choose_store(turn, alternatives);
        let seen: Seen<W> = self.memory().seen(object, location, store);
        let operation = MemoryOperation::Exchange { success, failure, expected: expected.bits() };
        let is_equal = seen.value == expected;
        let fails = is_equal
            && weak
            && turn == Turn::Taken
            && self.memory().graph.readable(me, location, failure).contains(&store)
            && self.weak_failure();
        if !is_equal || fails {
            self.memory().graph.load(me, location, failure, store);
            self.note_access(object, location, operation, Some(store), None);
            return if is_equal { Exchanged::WeakFailure(seen) } else { Exchanged::Mismatch(seen) };
        }
        let (written, is_latest) = self.memory().replace(me, object, location, success, store, new);
        self.note_access(object, location, operation, Some(store), Some((written, new.bits())));
        Exchanged::Done(seen, is_latest)
    }

    /// Keeps what the access was whose event is reported next, for a driver that wants to know.
    #[inline]
    fn note_access(
        &mut self,
        object: ObjectId,
        location: LocationIdx,
        operation: MemoryOperation,
        read: Option<StoreIdx>,
        wrote: Option<(StoreIdx, u64)>,
    ) {
        if !self.head.keeps_words() {
            return;
        }
        let step = StepIdx(self.next_step());
        let memory = self.memory();
        let initial = memory.rows[object.index()].initial;
        memory.accesses.push(MemoryAccess { step, location, initial, operation, read, wrote });
    }

    /// One of the stores that the memory has just offered, the latest first; the latest where nobody is to be asked.
    #[inline]
    fn choose_store(&mut self, turn: Turn, alternatives: usize) -> StoreIdx {
        let asks = alternatives > 1 && turn == Turn::Taken && self.status() == Status::Running && !self.fair;
        let chosen = if asks { self.ask_for_store(alternatives) } else { 0 };
        self.memory().graph.pick(chosen as usize)
    }

    fn ask_for_store(&mut self, alternatives: usize) -> u32 {
        if self.head.keeps_words() {
            self.memory().graph.list();
        }
        self.asks_memory = true;
        let chosen = self.choose(u32::try_from(alternatives).unwrap_or(u32::MAX));
        self.asks_memory = false;
        if chosen > 0 {
            self.older.push((StepIdx(self.log.len() as u32), chosen));
        }
        chosen
    }
}

impl Memory {
    /// A read-modify-write: its store, and whether that is the latest.
    #[inline]
    fn replace<W: Copy>(
        &mut self,
        me: usize,
        object: ObjectId,
        location: LocationIdx,
        order: Ordering,
        store: StoreIdx,
        new: W,
    ) -> (StoreIdx, bool) {
        let written = self.graph.update(me, location, order, store);
        self.push(object, new);
        (written, self.graph.latest(location) == written)
    }
}
