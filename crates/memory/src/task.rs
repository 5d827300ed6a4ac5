//! A task of an execution graph: its events in program order, and what happens before the next one.

use crate::clock::{Clock, Kept, KeptClock};

/// No location: a fence, or a step that synchronises by other means than an atomic.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Task {
    /// What happens before its next event; its own events among it.
    pub(crate) now: Clock,
    /// At its last release fence: what its weaker writes release.
    pub(crate) fence: Clock,
    /// What its weaker reads have read from: its next acquire fence acquires that.
    pub(crate) read: Clock,
    events: Vec<Event>,
    /// How many of its events are `SeqCst`, and how many of those there are up to its last fence among them.
    nodes: u32,
    fenced: u32,
    /// What happened before the events from that one on; an entry where it became more.
    history: Vec<(u32, KeptClock)>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    location: u32,
    /// The first of the events, up to this one, that all access this one's location.
    run: u32,
    /// How many of the task's events are `SeqCst` up to this one, and how many of those there are up to the last fence among
    /// them.
    nodes: u32,
    fenced: u32,
}

/// What an event is to the order of `SeqCst` events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Weak,
    Access,
    Fence,
}

impl Task {
    pub(crate) fn clear(&mut self) {
        self.now.clear();
        self.fence.clear();
        self.read.clear();
        self.events.clear();
        (self.nodes, self.fenced) = (0, 0);
        self.history.clear();
    }

    /// How many events it has had.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.events.len() as u32
    }

    /// Adds its next event, whose clock is `now` without the event itself.
    #[inline]
    pub(crate) fn push(&mut self, me: usize, location: u32, strength: Strength) -> u32 {
        let event = self.events.len() as u32;
        let run = match self.events.last() {
            Some(last) if location != NOWHERE && last.location == location => last.run,
            _ => event,
        };
        self.nodes += u32::from(strength != Strength::Weak);
        if strength == Strength::Fence {
            self.fenced = self.nodes;
        }
        self.events.push(Event { location, run, nodes: self.nodes, fenced: self.fenced });
        self.now.reach(me, event + 1);
        event
    }

    /// What `released` stands for happens before its next event.
    #[inline]
    pub(crate) fn acquire(&mut self, kept: &mut Kept, released: KeptClock) {
        if self.now.learn(kept.get(released)) {
            self.remember(kept);
        }
    }

    /// The clock of its next event has become more.
    #[inline]
    pub(crate) fn remember(&mut self, kept: &mut Kept) {
        let clock = kept.keep(self.now.as_slice());
        self.history.push((self.len(), clock));
    }

    /// A number that is another one whenever more of other tasks happens before its next event.
    #[inline]
    pub(crate) fn version(&self) -> u32 {
        self.history.len() as u32
    }

    /// How many events of each other task happen before that event. Of its own those before it do.
    #[inline]
    pub(crate) fn knew<'a>(&self, kept: &'a Kept, event: u32) -> &'a [u32] {
        let entry = match self.history.last() {
            Some(last) if last.0 > event => {
                let entries = self.history.partition_point(|(from, _)| *from <= event);
                entries.checked_sub(1).map(|place| self.history[place].1)
            }
            last => last.map(|entry| entry.1),
        };
        entry.map_or(&[], |clock| kept.get(clock))
    }

    /// How many of its `SeqCst` events are among its first so many events.
    #[inline]
    pub(crate) fn nodes(&self, events: u32) -> u32 {
        events.checked_sub(1).map_or(0, |last| self.events[last as usize].nodes)
    }

    /// The same, but up to the last fence among them.
    #[inline]
    pub(crate) fn fenced(&self, events: u32) -> u32 {
        events.checked_sub(1).map_or(0, |last| self.events[last as usize].fenced)
    }

    /// Where the run of accesses to one location begins that the event is the end of.
    pub(crate) fn run(&self, event: u32) -> u32 {
        self.events[event as usize].run
    }

    /// Its last event so far that does not access that location.
    pub(crate) fn last_elsewhere(&self, location: u32) -> Option<u32> {
        let last = self.events.last()?;
        if last.location == location { last.run.checked_sub(1) } else { Some(self.len() - 1) }
    }

    pub(crate) fn location(&self, event: u32) -> u32 {
        self.events[event as usize].location
    }
}
