//! Which reads a new store may take over, and what is left of the graph then.

use super::graph::{Event, EventIdx, Graph, Op, Source};
use crate::clock::Clock;

/// A store that is about to be added, or has just been.
pub(super) struct New<'a> {
    pub(super) at: EventIdx,
    pub(super) event: &'a Event,
}

impl New<'_> {
    /// Whether the store needs that event.
    fn needs(&self, other: EventIdx) -> bool {
        other == self.at || self.event.needs.get(other.thread as usize) > other.place
    }
}

impl Graph {
    /// The reads of its location, or that one alone, that the new store may take over: it does not need them, and all that
    /// would be deleted, the read among it, is as if it had been added to what is left, each reading what was last and
    /// storing at the end.
    pub(super) fn revisitable(&self, new: &New<'_>, only: Source) -> Vec<EventIdx> {
        let row = &self.rows[new.event.location as usize];
        let is_asked_for = |read: &EventIdx| !new.needs(*read) && only.is_none_or(|only| only == *read);
        let mut reads: Vec<EventIdx> = row.reads.iter().copied().filter(is_asked_for).collect();
        let Some(oldest) = reads.iter().map(|read| self.event(*read).stamp).min() else { return reads };
        let deleted = self.newest_first(&new.event.needs).filter(|(at, _)| !new.needs(*at));
        let mut stop = oldest;
        for (at, event) in deleted.take_while(|(_, event)| event.stamp >= oldest) {
            if !self.is_maximal(new, at) {
                stop = event.stamp + 1;
                break;
            }
        }
        reads.retain(|read| self.event(*read).stamp >= stop);
        reads.sort_unstable();
        reads
    }

    /// Whether an event was added as the last of all that was there then, or is needed by the new store.
    fn is_maximal(&self, new: &New<'_>, at: EventIdx) -> bool {
        let event = self.event(at);
        if event.chosen != 0 {
            return false;
        }
        let was_there = |other: EventIdx, stamp: u32| new.needs(other) || self.event(other).write_stamp <= stamp;
        let is_last = |store: Source, stamp: u32| {
            !self.after(event.location, store).iter().any(|later| *later != at && was_there(*later, stamp))
        };
        if event.op.reads() {
            let is_known = event.read.is_none_or(|read| was_there(read, event.stamp));
            if !is_known || !is_last(event.read, event.stamp) {
                return false;
            }
        }
        if event.writes {
            let reads = |other: &EventIdx| {
                let reader = self.event(*other);
                reader.read == Some(at) && (reader.stamp <= event.write_stamp || new.needs(*other))
            };
            let row = &self.rows[event.location as usize];
            if !is_last(Some(at), event.write_stamp) || row.reads.iter().any(reads) {
                return false;
            }
        }
        true
    }

    /// What is left where the new store takes over the read: neither is in it.
    pub(super) fn restricted(&self, new: &New<'_>, read: EventIdx) -> Self {
        let stamp = self.event(read).stamp;
        let threads = self.threads.iter().zip(0..).map(|(events, thread)| {
            let kept = |(place, event): (u32, &Event)| {
                let at = EventIdx { thread, place };
                at != read && at != new.at && (event.stamp < stamp || new.needs(at))
            };
            let count = (0..).zip(events).take_while(|one| kept(*one)).count();
            debug_assert!(!(0..).zip(events).skip(count).any(kept), "what is left is a prefix");
            events[..count].to_vec()
        });
        let mut left = Self { threads: threads.collect(), rows: self.rows.clone(), next: self.next };
        left.forget_what_is_gone();
        left
    }

    /// Adds the new store directly after another, and the read that now reads it.
    pub(super) fn take_over(&mut self, new: &New<'_>, after: Source, read: EventIdx, reader: &Event) {
        self.push(new.at, new.event.clone());
        self.insert(new.event.location, new.at, after);
        let needs: Clock = self.needs(read, reader.op, Some(new.at));
        let reader = Event { read: Some(new.at), writes: false, needs, ..reader.clone() };
        self.push(read, reader);
    }
}

impl Event {
    /// Whether it would write if it read that word.
    pub(super) fn would_write(&self, word: u64) -> bool {
        match self.op {
            Op::Update(_) | Op::Lock => true,
            Op::Exchange { expected, .. } => expected == word,
            _ => false,
        }
    }
}
