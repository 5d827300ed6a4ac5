//! How a graph grows: an event is recognised or added, a thread waits for a mutex, and what else could be is left for later.

use super::graph::{Event, EventIdx, Graph, Op, Row, Source};
use super::revisit::New;
use super::{Branch, Choice, Explorer, Frame, Happened, Way};

impl Explorer {
    /// The thread waits for a mutex: the last in line, and then in each place before another one.
    pub(super) fn line_up(&mut self, thread: u32, mutex: u32) {
        let location = self.location(mutex, 0);
        let graph = &self.graph();
        let at = EventIdx { thread, place: graph.len(thread) };
        let line = graph.rows[location as usize].order.clone();
        let lock = |graph: &Graph, read| Event {
            op: Op::Lock,
            location,
            read,
            writes: true,
            word: 0,
            chosen: 0,
            stamp: graph.next,
            write_stamp: graph.next + 1,
            needs: graph.needs(at, Op::Lock, read),
        };
        for (place, next) in line.iter().enumerate() {
            let event = lock(self.graph(), place.checked_sub(1).map(|before| line[before]));
            self.revisit(at, &event, Some(*next));
        }
        let graph = &mut self.top().graph;
        let event = lock(graph, line.last().copied());
        graph.next += 2;
        graph.push(at, event);
        graph.rows[location as usize].order.push(at);
    }

    /// The number of a location in the graph.
    fn location(&mut self, location: u32, initial: u64) -> u32 {
        if let Some(known) = self.locations.get(&location) {
            return *known;
        }
        let taken: Vec<u32> = self.locations.values().copied().collect();
        let graph = &mut self.top().graph;
        let is_used = |row: u32| graph.events().any(|(_, event)| event.location == row && event.accesses());
        let rows = graph.rows.len() as u32;
        let free = (0..rows).find(|row| !taken.contains(row) && !is_used(*row)).unwrap_or(rows);
        if free == rows {
            graph.rows.push(Row::default());
        }
        graph.rows[free as usize].initial = initial;
        self.locations.insert(location, free);
        free
    }

    /// The number of its location in the graph.
    pub(super) fn location_of(&mut self, at: EventIdx, happened: &Happened) -> u32 {
        let graph = self.graph();
        if at.place < graph.len(at.thread) && !self.locations.contains_key(&happened.location) {
            let known = graph.event(at).location;
            if !self.locations.values().any(|taken| *taken == known) {
                self.locations.insert(happened.location, known);
                self.top().graph.rows[known as usize].initial = happened.initial;
            }
        }
        self.location(happened.location, happened.initial)
    }

    /// An event of the graph has happened again.
    pub(super) fn recognise(&mut self, at: EventIdx, happened: &Happened, location: u32) {
        let event = self.graph().event(at);
        let is_pending = event.op.reads() && !event.writes && event.op != Op::Lock;
        let is_same = event.op.is_like(happened.op) && (event.location == location || !happened.op.accesses());
        let is_lock = happened.op == Op::Lock;
        let reads_same = is_lock || event.read == happened.read;
        let writes_same = is_lock || is_pending || event.writes == happened.wrote.is_some();
        if !(is_same && reads_same && writes_same) {
            let text = format!("was {:?} and is {:?}", event.op, happened.op);
            return self.complain(at, &text);
        }
        let (read, is_new) = (event.read, is_pending && happened.wrote.is_some());
        let graph = &mut self.top().graph;
        let stamp = graph.next + 1;
        let event = graph.event_mut(at);
        // An address may be another one in each execution.
        (event.op, event.word) = (happened.op, happened.wrote.unwrap_or(0));
        if is_new {
            // It was taken over, and now it stores.
            event.write_stamp = stamp;
            let event = Event { writes: true, ..event.clone() };
            graph.next += 2;
            self.revisit(at, &event, None);
            let graph = &mut self.top().graph;
            graph.event_mut(at).writes = true;
            graph.insert(location, at, read);
        }
    }

    pub(super) fn add(&mut self, at: EventIdx, happened: &Happened, location: u32, chosen: u32) {
        let forced = self.forced_to(at.thread);
        if let Some(choice) = forced {
            self.forced = None;
            if matches!(choice, Choice::Read(read) if read != happened.read) {
                return self.complain(at, "cannot read what it could");
            }
        }
        let graph = self.graph();
        let event = Event {
            op: happened.op,
            location,
            read: happened.read,
            writes: happened.wrote.is_some(),
            word: happened.wrote.unwrap_or(0),
            chosen,
            stamp: graph.next,
            write_stamp: graph.next + 1,
            needs: graph.needs(at, happened.op, happened.read),
        };
        let after = if happened.op.reads() { happened.read } else { self.chosen_place(location, forced) };
        if event.writes && !matches!(forced, Some(Choice::After(_))) {
            self.revisit(at, &event, None);
        }
        if forced.is_none() && matches!(event.op, Op::Update(_) | Op::Exchange { .. }) {
            self.revisit_in_thought(at, &event);
        }
        let graph = &mut self.top().graph;
        graph.next += 2;
        graph.push(at, event);
        if happened.wrote.is_some() {
            graph.insert(location, at, after);
        }
    }

    /// Behind which store a new one went.
    fn chosen_place(&self, location: u32, forced: Option<Choice>) -> Source {
        match forced {
            Some(Choice::After(after)) => after,
            _ => self.graph().rows.get(location as usize).and_then(|row| row.order.last().copied()),
        }
    }

    /// Leaves for later what follows if the event were an update that reads what another update has read.
    fn revisit_in_thought(&mut self, at: EventIdx, event: &Event) {
        let row = &self.graph().rows[event.location as usize];
        let before = std::iter::once((None, row.initial));
        let stores = row.order.iter().map(|store| (Some(*store), self.graph().event(*store).word));
        let stores: Vec<_> = before.chain(stores).filter(|(_, word)| event.would_write(*word)).collect();
        for (read, _) in stores {
            let graph = self.graph();
            let is_taken = graph.after(event.location, read).first().is_some_and(|next| {
                let next = graph.event(*next);
                next.op.reads() && next.read == read
            });
            if is_taken {
                let needs = graph.needs(at, event.op, read);
                self.revisit(at, &Event { read, writes: true, needs, ..event.clone() }, None);
            }
        }
    }

    /// Leaves for later what follows where the new store is read by earlier reads; by that one alone, if it is given.
    fn revisit(&mut self, at: EventIdx, event: &Event, only: Source) {
        let new = New { at, event };
        let Some(Frame { graph, branches }) = self.frames.last_mut() else { return };
        for read in graph.revisitable(&new, only) {
            let reader = graph.event(read);
            let left = graph.restricted(&new, read);
            // An update follows what it reads, which no other one may have read.
            if event.op.reads()
                && left.after(event.location, event.read).first().is_some_and(|next| {
                    let next = left.event(*next);
                    next.op.reads() && next.read == event.read
                })
            {
                continue;
            }
            for after in self.consistency.places(&left, &new, reader, read.thread) {
                let way = Way::Revisit { at, event: Box::new(event.clone()), after, read };
                branches.push(Branch { stamp: event.write_stamp, way });
            }
        }
    }
}

impl Op {
    /// Whether it is the same, but for what is expected.
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Exchange { success, failure, .. }, Self::Exchange { success: one, failure: other, .. }) => {
                (success, failure) == (one, other)
            }
            _ => self == other,
        }
    }

    /// Whether it has a location.
    pub(super) const fn accesses(self) -> bool {
        self.reads() || matches!(self, Self::Store(_) | Self::Unlock)
    }
}

impl Event {
    const fn accesses(&self) -> bool {
        self.op.accesses()
    }
}
