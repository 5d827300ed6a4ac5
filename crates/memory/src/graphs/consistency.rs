//! Whether a graph is consistent in which a new store has taken over a read.

use std::sync::atomic::Ordering;

use super::graph::{Event, EventIdx, Graph, Op, Source};
use super::revisit::New;
use crate::clock::Clock;
use crate::location::StoreIdx;
use crate::rc11::{Access, LocationIdx, Rc11};

/// A graph in the terms of [`Rc11`].
#[derive(Clone, Debug, Default)]
pub(super) struct Consistency {
    memory: Rc11,
    /// By thread, the stores of its events, and the clocks that they release.
    stores: Vec<Vec<StoreIdx>>,
    released: Vec<Vec<Clock>>,
}

impl Consistency {
    /// After which stores the new one can go if the read is to read it; the graph has neither, and is consistent.
    pub(super) fn places(&mut self, graph: &Graph, new: &New<'_>, read: &Event, reader: u32) -> Vec<Source> {
        let order = &graph.rows[new.event.location as usize].order;
        let last = order.last().copied();
        let event = new.event;
        if event.op == Op::Lock {
            return vec![event.read];
        }
        // What is last is consistent, whatever it is.
        if event.op.reads() && event.read == last || order.is_empty() {
            return vec![last];
        }
        self.take_in(graph);
        let (thread, location) = (new.at.thread as usize, LocationIdx(event.location));
        let offered: Vec<StoreIdx> = match event.op {
            Op::Store(order) => self.memory.places(thread, location, order).to_vec(),
            Op::Update(order) | Op::Exchange { success: order, .. } => {
                let before = self.store(event.read);
                let offered = self.memory.updatable(thread, location, order).iter();
                offered.copied().filter(|store| *store == before).collect()
            }
            _ => Vec::new(),
        };
        let sources = offered.into_iter().map(|store| (self.source(graph, event.location, store), store));
        let sources: Vec<_> = sources.collect();
        sources
            .into_iter()
            .filter(|(source, store)| *source == last || self.reads(new, *store, read, reader as usize))
            .map(|(source, _)| source)
            .collect()
    }

    /// Whether the read can read the new store, if that goes directly after another.
    fn reads(&mut self, new: &New<'_>, after: StoreIdx, read: &Event, reader: usize) -> bool {
        let (thread, location) = (new.at.thread as usize, LocationIdx(new.event.location));
        if !self.memory.has_seq_cst() && !new.event.op.is_seq_cst() && !read.op.is_seq_cst() {
            // Coherence is all that there is, and the new store happens before nothing of the reader's.
            return self.memory.readable(reader, location, Ordering::Relaxed).contains(&after);
        }
        let mut memory = self.memory.clone();
        let written = match new.event.op {
            Op::Store(order) => memory.store(thread, location, order, after),
            Op::Update(order) | Op::Exchange { success: order, .. } => memory.update(thread, location, order, after),
            _ => return false,
        };
        let access = match read.op {
            Op::Load(order) => Access::Load(order),
            Op::Update(order) => Access::Update(order),
            Op::Exchange { success, .. } if read.would_write(new.event.word) => Access::Update(success),
            Op::Exchange { failure, .. } => Access::Load(failure),
            _ => Access::None,
        };
        let only = |store| if store == written { access } else { Access::None };
        !memory.choices(reader, location, only).is_empty()
    }

    fn store(&self, source: Source) -> StoreIdx {
        source.map_or(StoreIdx::INITIAL, |at| self.stores[at.thread as usize][at.place as usize])
    }

    fn source(&self, graph: &Graph, location: u32, store: StoreIdx) -> Source {
        let order = graph.rows[location as usize].order.iter().copied();
        order.into_iter().find(|at| self.store(Some(*at)) == store)
    }

    /// Builds the graph anew.
    fn take_in(&mut self, graph: &Graph) {
        self.memory.clear();
        graph.rows.iter().for_each(|_| _ = self.memory.add_location());
        self.stores.iter_mut().for_each(Vec::clear);
        self.released.iter_mut().for_each(Vec::clear);
        if self.stores.len() < graph.threads.len() {
            self.stores.resize_with(graph.threads.len(), Vec::new);
            self.released.resize_with(graph.threads.len(), Vec::new);
        }
        loop {
            let mut goes_on = false;
            for (events, thread) in graph.threads.iter().zip(0..) {
                while let Some(event) = events.get(self.stores[thread as usize].len()) {
                    let place = self.stores[thread as usize].len() as u32;
                    if !self.step(graph, EventIdx { thread, place }, event) {
                        break;
                    }
                    goes_on = true;
                }
            }
            if !goes_on {
                return;
            }
        }
    }

    fn is_there(&self, at: EventIdx) -> bool {
        self.stores[at.thread as usize].len() > at.place as usize
    }

    /// One event; whether it can happen yet.
    fn step(&mut self, graph: &Graph, at: EventIdx, event: &Event) -> bool {
        let awaited = match event.op {
            Op::Acquire(released) => Some(released),
            Op::Lock if event.read.is_some() => match graph.awaited(at) {
                Some(unlock) => Some(unlock),
                None => return false,
            },
            _ => event.read,
        };
        if awaited.is_some_and(|awaited| !self.is_there(awaited)) {
            return false;
        }
        let (thread, location) = (at.thread as usize, LocationIdx(event.location));
        let (mut store, mut released) = (StoreIdx::INITIAL, Clock::default());
        let memory = &mut self.memory;
        match event.op {
            Op::Fence(order) => memory.fence(thread, order),
            Op::Unlock | Op::Release => memory.release(thread, &mut released),
            Op::Lock | Op::Acquire(_) => {
                if let Some(from) = awaited {
                    memory.acquire(thread, &self.released[from.thread as usize][from.place as usize]);
                }
            }
            Op::Choice | Op::Nothing => {}
            Op::Load(_) | Op::Store(_) | Op::Update(_) | Op::Exchange { .. } => store = self.access(graph, at, event),
        }
        _ = location;
        self.stores[thread].push(store);
        self.released[thread].push(released);
        true
    }

    fn access(&mut self, graph: &Graph, at: EventIdx, event: &Event) -> StoreIdx {
        let (thread, location) = (at.thread as usize, LocationIdx(event.location));
        let read = self.store(event.read);
        match event.op {
            Op::Store(order) => {
                // After the last one that is there of those that come before.
                let stores = &graph.rows[event.location as usize].order;
                let before = stores.iter().rev().skip_while(|store| **store != at).skip(1);
                let before = self.store(before.copied().find(|store| self.is_there(*store)));
                self.memory.store(thread, location, order, before)
            }
            Op::Update(order) | Op::Exchange { success: order, .. } if event.writes => {
                self.memory.update(thread, location, order, read)
            }
            Op::Load(order) | Op::Exchange { failure: order, .. } => {
                self.memory.load(thread, location, order, read);
                StoreIdx::INITIAL
            }
            _ => StoreIdx::INITIAL,
        }
    }
}
