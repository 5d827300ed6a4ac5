//! An execution graph with the order in which its events were added.

use std::sync::atomic::Ordering;

use crate::clock::Clock;

/// An event: the place among those of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventIdx {
    /// The thread, by a number that it has in every execution.
    pub thread: u32,
    /// How many events of the thread come before.
    pub place: u32,
}

/// Who wrote what is read: an event, or nobody, where it is the value from the start.
pub type Source = Option<EventIdx>;

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Reads an atomic.
    Load(Ordering),
    /// Writes an atomic.
    Store(Ordering),
    /// Reads and writes an atomic in one step.
    Update(Ordering),
    /// A compare-exchange, which is an update where it reads what is expected, and a load elsewhere.
    Exchange {
        /// The order of the update.
        success: Ordering,
        /// The order of the load.
        failure: Ordering,
        /// What is expected.
        expected: u64,
    },
    /// A memory fence.
    Fence(Ordering),
    /// Takes a mutex.
    Lock,
    /// Releases the mutex that the thread took last, of those at this location.
    Unlock,
    /// Makes known all that happened before: a spawn, a thread's end.
    Release,
    /// Learns what that event has made known, and cannot happen before it: a thread's first step, a join.
    Acquire(EventIdx),
    /// Chooses a number.
    Choice,
    /// Does nothing that another thread can see.
    Nothing,
}

impl Op {
    /// Whether it is `SeqCst`, whatever it reads or in one case at least.
    pub(super) const fn is_seq_cst(self) -> bool {
        matches!(
            self,
            Self::Load(Ordering::SeqCst)
                | Self::Store(Ordering::SeqCst)
                | Self::Update(Ordering::SeqCst)
                | Self::Exchange { success: Ordering::SeqCst, .. }
                | Self::Exchange { failure: Ordering::SeqCst, .. }
        )
    }

    pub(super) const fn reads(self) -> bool {
        matches!(self, Self::Load(_) | Self::Update(_) | Self::Exchange { .. } | Self::Lock)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) op: Op,
    pub(super) location: u32,
    /// What it reads, if it reads; for a lock, the lock that had the mutex before.
    pub(super) read: Source,
    /// Whether it has written: a store, an update that was done, a lock.
    pub(super) writes: bool,
    /// What it has written.
    pub(super) word: u64,
    /// What it has chosen.
    pub(super) chosen: u32,
    /// When it was added, and its read; when its write was.
    pub(super) stamp: u32,
    pub(super) write_stamp: u32,
    /// The events that it needs, itself among them: program order, reads-from, and what `Acquire` names.
    pub(super) needs: Clock,
}

/// A location of atomic accesses, or a mutex.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// What is there from the start.
    pub(super) initial: u64,
    /// Modification order; of a mutex, the order in which it is taken.
    pub(super) order: Vec<EventIdx>,
    /// The events that read it.
    pub(super) reads: Vec<EventIdx>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) threads: Vec<Vec<Event>>,
    pub(super) rows: Vec<Row>,
    /// The stamp of the next event.
    pub(super) next: u32,
}

impl Graph {
    pub(super) fn event(&self, at: EventIdx) -> &Event {
        &self.threads[at.thread as usize][at.place as usize]
    }

    pub(super) fn event_mut(&mut self, at: EventIdx) -> &mut Event {
        &mut self.threads[at.thread as usize][at.place as usize]
    }

    pub(super) fn len(&self, thread: u32) -> u32 {
        self.threads.get(thread as usize).map_or(0, |events| events.len() as u32)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = (EventIdx, &Event)> {
        self.threads.iter().zip(0..).flat_map(|(events, thread)| {
            events.iter().zip(0..).map(move |(event, place)| (EventIdx { thread, place }, event))
        })
    }

    /// What the next event of a thread needs, whatever it is: what comes before it in the program.
    fn needed_by_next(&self, at: EventIdx) -> Clock {
        let mut needs = Clock::default();
        if let Some(place) = at.place.checked_sub(1) {
            let last = EventIdx { place, ..at };
            needs.become_like(&self.event(last).needs);
            if self.event(last).op == Op::Lock
                && let Some(unlock) = self.awaited(last)
            {
                needs.join(&self.event(unlock).needs);
            }
        }
        needs
    }

    /// What an event at that place needs that reads from there.
    pub(super) fn needs(&self, at: EventIdx, op: Op, read: Source) -> Clock {
        let mut needs = self.needed_by_next(at);
        let other = match op {
            Op::Acquire(released) => Some(released),
            _ => read,
        };
        if let Some(other) = other {
            needs.join(&self.event(other).needs);
        }
        needs.reach(at.thread as usize, at.place + 1);
        needs
    }

    /// The unlock for which a lock waits that is in the graph: that of the lock before it.
    pub(super) fn awaited(&self, lock: EventIdx) -> Source {
        self.unlock_of(self.event(lock).read?)
    }

    /// Where that lock's mutex is released.
    pub(super) fn unlock_of(&self, lock: EventIdx) -> Source {
        let events = &self.threads[lock.thread as usize];
        let location = events[lock.place as usize].location;
        let is_unlock = |event: &Event| event.op == Op::Unlock && event.location == location;
        let later = events[lock.place as usize + 1..].iter().position(is_unlock)?;
        Some(EventIdx { place: lock.place + 1 + later as u32, ..lock })
    }

    /// What comes after a store in its location's order.
    pub(super) fn after(&self, location: u32, store: Source) -> &[EventIdx] {
        let order = &self.rows[location as usize].order;
        match store {
            None => order,
            Some(store) => {
                let place = order.iter().position(|other| *other == store);
                place.map_or(&[], |place| &order[place + 1..])
            }
        }
    }

    /// Puts a store directly after another.
    pub(super) fn insert(&mut self, location: u32, store: EventIdx, after: Source) {
        let order = &mut self.rows[location as usize].order;
        let place = after.map_or(0, |after| {
            1 + order.iter().position(|other| *other == after).unwrap_or_else(|| unreachable!("{after:?} is stored"))
        });
        order.insert(place, store);
    }

    /// Adds the next event of its thread, and to those that read its location, if it does.
    pub(super) fn push(&mut self, at: EventIdx, event: Event) {
        if event.op.reads() {
            self.rows[event.location as usize].reads.push(at);
        }
        self.threads[at.thread as usize].push(event);
    }

    /// The events that are not among those needed, from the one that was added last to the first.
    pub(super) fn newest_first<'a>(&'a self, needed: &'a Clock) -> impl Iterator<Item = (EventIdx, &'a Event)> {
        let mut ends: Vec<usize> = self.threads.iter().map(Vec::len).collect();
        std::iter::from_fn(move || {
            let left = |thread: &usize| ends[*thread] > needed.get(*thread) as usize;
            let stamp = |thread: &usize| self.threads[*thread][ends[*thread] - 1].stamp;
            let thread = (0..ends.len()).filter(left).max_by_key(stamp)?;
            ends[thread] -= 1;
            let at = EventIdx { thread: thread as u32, place: ends[thread] as u32 };
            Some((at, &self.threads[thread][ends[thread]]))
        })
    }

    /// Removes what was added at that stamp or later.
    pub(super) fn truncate(&mut self, stamp: u32) {
        for events in &mut self.threads {
            while events.last().is_some_and(|event| event.stamp >= stamp) {
                events.pop();
            }
            if let Some(last) = events.last_mut() {
                last.writes &= last.write_stamp < stamp;
            }
        }
        self.forget_what_is_gone();
        self.next = stamp;
    }

    /// Takes out of the rows what is no longer there.
    pub(super) fn forget_what_is_gone(&mut self) {
        let threads = &self.threads;
        let event = |at: &EventIdx| threads[at.thread as usize].get(at.place as usize);
        for row in &mut self.rows {
            row.order.retain(|at| event(at).is_some_and(|event| event.writes));
            row.reads.retain(|at| event(at).is_some());
        }
    }
}
