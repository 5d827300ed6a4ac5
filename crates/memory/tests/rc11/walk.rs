//! The crate's model, driven through a program by a caller's choices.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use bohrbug_memory::{Access, LocationIdx, Rc11, StoreIdx};

use super::program::{Graph, Op, Program, Writer};

/// A program under way.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    program: &'a Program,
    memory: Rc11,
    locations: Vec<LocationIdx>,
    /// For each location its stores: who made it, and its value.
    stores: Vec<Vec<(Writer, u64)>>,
    at: Vec<usize>,
    results: Vec<Vec<u64>>,
    graph: Graph,
    /// The threads of which an assumption did not hold.
    blocked: Vec<bool>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        let mut memory = Rc11::new();
        let threads = program.threads.len();
        let mut walk = Self {
            program,
            locations: (0..program.locations).map(|_| memory.add_location()).collect(),
            memory,
            stores: vec![vec![(None, 0)]; program.locations],
            at: vec![0; threads],
            results: program.threads.iter().map(|ops| vec![0; ops.len()]).collect(),
            graph: Graph { reads: vec![Vec::new(); threads], values: vec![Vec::new(); threads], ..Graph::default() },
            blocked: vec![false; threads],
        };
        walk.skip_what_is_no_event();
        walk
    }

    /// The threads that have something left to do.
    pub(crate) fn threads(&self) -> Vec<usize> {
        if self.blocked.contains(&true) { Vec::new() } else { self.unblocked() }
    }

    /// The threads that have something left to do, though others wait for good.
    pub(crate) fn unblocked(&self) -> Vec<usize> {
        let goes_on = |thread: &usize| !self.blocked[*thread] && self.at[*thread] < self.program.threads[*thread].len();
        (0..self.at.len()).filter(goes_on).collect()
    }

    /// The place of that thread's next operation.
    pub(crate) fn place(&self, thread: usize) -> usize {
        self.at[thread]
    }

    /// What the thread's operations have come to.
    pub(crate) fn results(&self, thread: usize) -> &[u64] {
        &self.results[thread]
    }

    /// Who made a store.
    pub(crate) fn writer(&self, location: usize, store: StoreIdx) -> Writer {
        self.stores[location][store.index()].0
    }

    /// The graph, if every thread has come to its end.
    pub(crate) fn complete(&self) -> Option<Graph> {
        (!self.blocked.contains(&true) && self.threads().is_empty()).then(|| self.graph())
    }

    fn graph(&self) -> Graph {
        let order = |x: usize| {
            let order = self.memory.modification_order(self.locations[x]);
            order.iter().filter_map(|store| self.stores[x][store.index()].0).collect()
        };
        Graph { order: (0..self.locations.len()).map(order).collect(), ..self.graph.clone() }
    }

    /// The ways in which that thread's next operation can go.
    pub(crate) fn choices(&mut self, thread: usize) -> Vec<StoreIdx> {
        let op = self.program.threads[thread][self.at[thread]];
        let Some(x) = op.location() else { return vec![StoreIdx::INITIAL] };
        let (location, stores, results) = (self.locations[x], &self.stores[x], &self.results[thread]);
        match op {
            Op::Store(_, order, _) => self.memory.places(thread, location, order).to_vec(),
            Op::Load(_, order) => self.memory.readable(thread, location, order).to_vec(),
            Op::Add(_, order, _) => self.memory.updatable(thread, location, order).to_vec(),
            _ => {
                let is_strong = matches!(op, Op::Exchange(_, SeqCst, SeqCst, ..));
                let weakest = if is_strong { SeqCst } else { Relaxed };
                let access = |store: StoreIdx| access(&op, stores[store.index()].1, results);
                self.memory.choices(thread, location, weakest, access).to_vec()
            }
        }
    }

    /// Performs that thread's next operation in that way; what it writes, if it does.
    pub(crate) fn step(&mut self, thread: usize, choice: StoreIdx) -> Option<u64> {
        let place = self.at[thread];
        let op = self.program.threads[thread][place];
        self.at[thread] += 1;
        let memory = &mut self.memory;
        let Some(x) = op.location() else {
            let Op::Fence(order) = op else { unreachable!("all others are skipped") };
            memory.fence(thread, order);
            self.skip_what_is_no_event();
            return None;
        };
        let location = self.locations[x];
        let (source, old) = self.stores[x][choice.index()];
        if let Op::Store(_, order, value) = op {
            memory.store(thread, location, order, choice);
            let new = value.of(&self.results[thread]);
            self.stores[x].push((Some((thread, place)), new));
            self.skip_what_is_no_event();
            return Some(new);
        }
        self.graph.reads[thread].push((place, source));
        self.graph.values[thread].push(old);
        let access = access(&op, old, &self.results[thread]);
        self.results[thread][place] = old;
        let mut wrote = None;
        match access {
            Access::Load(order) => memory.load(thread, location, order, choice),
            Access::Update(order) => {
                memory.update(thread, location, order, choice);
                let new = match op {
                    Op::Add(_, _, more) => old + more,
                    Op::Exchange(_, _, _, _, new) => new.of(&self.results[thread]),
                    _ => unreachable!("no other operation updates"),
                };
                self.stores[x].push((Some((thread, place)), new));
                wrote = Some(new);
            }
            Access::Store(_) | Access::None => unreachable!("every operation can read every store"),
        }
        self.skip_what_is_no_event();
        wrote
    }

    fn skip_what_is_no_event(&mut self) {
        for (thread, ops) in self.program.threads.iter().enumerate() {
            while let Some(op) = ops.get(self.at[thread]) {
                match *op {
                    Op::SkipUnless(result, value, count) => {
                        self.at[thread] += 1 + if self.results[thread][result] == value { 0 } else { count };
                    }
                    Op::Assume(result, value) => {
                        self.blocked[thread] |= self.results[thread][result] != value;
                        self.at[thread] += 1;
                    }
                    _ => break,
                }
            }
        }
    }
}

fn access(op: &Op, old: u64, results: &[u64]) -> Access {
    match *op {
        Op::Load(_, order) => Access::Load(order),
        Op::Add(_, order, _) => Access::Update(order),
        Op::Exchange(_, success, failure, expected, _) => {
            if old == expected.of(results) {
                Access::Update(success)
            } else {
                Access::Load(failure)
            }
        }
        _ => Access::None,
    }
}

/// Every complete graph that some order of the threads and some choices lead to.
///
/// The order in which events are added to a graph does not matter, so each graph is gone on from once.
pub(crate) fn all(program: &Program) -> HashSet<Graph> {
    let (mut seen, mut complete) = (HashSet::new(), HashSet::new());
    let mut open = vec![Walk::new(program)];
    while let Some(mut walk) = open.pop() {
        if !seen.insert((walk.graph(), walk.at.clone())) {
            continue;
        }
        complete.extend(walk.complete());
        for thread in walk.threads() {
            let choices = walk.choices(thread);
            assert!(!choices.is_empty(), "a dead end: thread {thread} of {program:?} after {:?}", walk.graph());
            for choice in choices {
                let mut next = walk.clone();
                next.step(thread, choice);
                open.push(next);
            }
        }
    }
    complete
}

/// With what probability a walk that draws a thread and then a way to go on, each uniformly, ends with each graph.
pub(crate) fn probabilities(program: &Program) -> HashMap<Graph, f64> {
    let mut complete = HashMap::new();
    let mut level = HashMap::from([((Graph::default(), Vec::new()), (Walk::new(program), 1.0))]);
    while !level.is_empty() {
        let mut next = HashMap::new();
        for (mut walk, probability) in level.into_values() {
            if let Some(graph) = walk.complete() {
                *complete.entry(graph).or_default() += probability;
            }
            let threads = walk.threads();
            for &thread in &threads {
                let choices = walk.choices(thread);
                for &choice in &choices {
                    let mut gone_on = walk.clone();
                    gone_on.step(thread, choice);
                    let key = (gone_on.graph(), gone_on.at.clone());
                    let part = probability / (threads.len() * choices.len()) as f64;
                    next.entry(key).or_insert_with(|| (gone_on, 0.0)).1 += part;
                }
            }
        }
        level = next;
    }
    complete
}
