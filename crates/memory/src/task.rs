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
    /// What happened before the events from that one on; an entry where it became more.
    history: Vec<(u32, KeptClock)>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    location: u32,
    /// The first of the events, up to this one, that all access this one's location.
    run: u32,
}

impl Task {
    pub(crate) fn clear(&mut self) {
        self.now.clear();
        self.fence.clear();
        self.read.clear();
        self.events.clear();
        self.history.clear();
    }

    /// How many events it has had.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.events.len() as u32
    }

    /// Adds its next event, whose clock is `now` without the event itself.
    #[inline]
    pub(crate) fn push(&mut self, me: usize, location: u32) -> u32 {
        let event = self.events.len() as u32;
        let run = match self.events.last() {
            Some(last) if location != NOWHERE && last.location == location => last.run,
            _ => event,
        };
        self.events.push(Event { location, run });
        self.now.reach(me, event + 1);
        event
    }

    /// What `released` stands for happens before its next event.
    #[inline]
    pub(crate) fn acquire(&mut self, kept: &mut Kept, released: KeptClock) {
        if self.now.join(kept.get(released)) {
            self.remember(kept);
        }
    }

    /// The clock of its next event has become more.
    #[inline]
    pub(crate) fn remember(&mut self, kept: &mut Kept) {
        let clock = kept.keep(self.now.as_slice());
        self.history.push((self.len(), clock));
    }

    /// How many events of `other` happen before that event of this task. Of its own those before it do.
    pub(crate) fn knew(&self, kept: &Kept, event: u32, other: usize) -> u32 {
        let entries = self.history.partition_point(|(from, _)| *from <= event);
        let clock = entries.checked_sub(1).map(|place| kept.get(self.history[place].1));
        clock.and_then(|clock| clock.get(other)).copied().unwrap_or(0)
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
