//! The crate's model, driven through a program by a caller's choices.

use std::collections::{HashMap, HashSet};

use bohrbug_memory::{Access, Clock, LocationIdx, Rc11, StoreIdx};

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
    /// For each mutex its locks in order, the thread that has it, and what was released through it.
    lines: Vec<Vec<(usize, usize)>>,
    held: Vec<Option<usize>>,
    released: Vec<Clock>,
    ended: Vec<Clock>,
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
            lines: vec![Vec::new(); program.mutexes()],
            held: vec![None; program.mutexes()],
            released: vec![Clock::default(); program.mutexes()],
            ended: vec![Clock::default(); threads],
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
        let goes_on = |thread: &usize| {
            !self.blocked[*thread]
                && match self.next(*thread) {
                    Some(Op::Lock(mutex)) => self.held[mutex].is_none(),
                    Some(Op::Join(other)) => self.next(other).is_none(),
                    next => next.is_some(),
                }
        };
        (0..self.at.len()).filter(goes_on).collect()
    }

    /// That thread's next operation.
    pub(crate) fn next(&self, thread: usize) -> Option<Op> {
        self.program.op(thread, self.at[thread])
    }

    /// Whether it waits for what does not come.
    pub(crate) fn is_blocked(&self, thread: usize) -> bool {
        self.blocked[thread]
    }

    /// The place of that thread's next operation.
    pub(crate) fn place(&self, thread: usize) -> usize {
        self.at[thread]
    }

    /// What tells it apart from others of the same program.
    pub(crate) fn state(&self) -> (Graph, Vec<usize>) {
        (self.graph(), self.at.clone())
    }

    /// The values that the thread has read.
    pub(crate) fn read(&self, thread: usize) -> &[u64] {
        &self.graph.values[thread]
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
        (!self.blocked.contains(&true) && (0..self.at.len()).all(|thread| self.next(thread).is_none()))
            .then(|| self.graph())
    }

    fn graph(&self) -> Graph {
        let order = |x: usize| {
            let order = self.memory.modification_order(self.locations[x]);
            order.iter().filter_map(|store| self.stores[x][store.index()].0).collect()
        };
        let order = (0..self.locations.len()).map(order).chain(self.lines.iter().cloned()).collect();
        Graph { order, ..self.graph.clone() }
    }

    /// What was counted, one by one and as a list.
    fn listed(&mut self, count: usize) -> Vec<StoreIdx> {
        let picked: Vec<StoreIdx> = (0..count).map(|nth| self.memory.pick(nth)).collect();
        self.memory.list();
        assert_eq!(self.memory.offered(), picked);
        picked
    }

    /// The ways in which that thread's next operation can go.
    pub(crate) fn choices(&mut self, thread: usize) -> Vec<StoreIdx> {
        let op = self.next(thread).unwrap();
        let Some(x) = op.location() else { return vec![StoreIdx::INITIAL] };
        let (location, stores, results) = (self.locations[x], &self.stores[x], &self.results[thread]);
        match op {
            Op::Store(_, order, _) => {
                let count = self.memory.count_places(thread, location, order);
                let listed = self.listed(count);
                assert_eq!(self.memory.places(thread, location, order), listed);
                listed
            }
            Op::Load(_, order) => {
                let count = self.memory.count_readable(thread, location, order);
                let listed = self.listed(count);
                assert_eq!(self.memory.readable(thread, location, order), listed);
                listed
            }
            Op::Add(_, order, _) => {
                let count = self.memory.count_updatable(thread, location, order);
                let listed = self.listed(count);
                assert_eq!(self.memory.updatable(thread, location, order), listed);
                listed
            }
            _ => {
                let access = |store: StoreIdx| access(&op, stores[store.index()].1, results);
                self.memory.choices(thread, location, access).to_vec()
            }
        }
    }

    /// Performs that thread's next operation in that way; what it writes, if it does.
    pub(crate) fn step(&mut self, thread: usize, choice: StoreIdx) -> Option<u64> {
        let place = self.at[thread];
        let op = self.next(thread).unwrap();
        self.at[thread] += 1;
        let memory = &mut self.memory;
        let Some(x) = op.location() else {
            match op {
                Op::Fence(order) => memory.fence(thread, order),
                Op::Lock(mutex) => {
                    memory.acquire(thread, &self.released[mutex]);
                    self.held[mutex] = Some(thread);
                    self.lines[mutex].push((thread, place));
                }
                Op::Unlock(mutex) => {
                    memory.release(thread, &mut self.released[mutex]);
                    self.held[mutex] = None;
                }
                Op::End => memory.release(thread, &mut self.ended[thread]),
                Op::Join(other) => memory.acquire(thread, &self.ended[other]),
                _ => unreachable!("all others are skipped"),
            }
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
            Access::None => unreachable!("every operation can read every store"),
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
        if !seen.insert(walk.state()) {
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
                    let key = gone_on.state();
                    let part = probability / (threads.len() * choices.len()) as f64;
                    next.entry(key).or_insert_with(|| (gone_on, 0.0)).1 += part;
                }
            }
        }
        level = next;
    }
    complete
}

/// Whether some order of the threads and some choices lead to where nobody can go on, and not all have ended.
pub(crate) fn has_deadlock(program: &Program) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![Walk::new(program)];
    while let Some(mut walk) = open.pop() {
        if !seen.insert(walk.state()) {
            continue;
        }
        let threads = walk.threads();
        if threads.is_empty() && walk.complete().is_none() {
            return true;
        }
        for thread in threads {
            for choice in walk.choices(thread) {
                let mut next = walk.clone();
                next.step(thread, choice);
                open.push(next);
            }
        }
    }
    false
}
