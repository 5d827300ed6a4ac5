//! The order of `SeqCst` events: RC11's `psc`, kept so that a choice which would close a cycle is known beforehand.
//!
//! The `SeqCst` events (accesses and fences) of one task are ordered by `psc` as they are in the program: each task is a
//! *chain*. So all that reaches an event is a prefix of each chain, and a clock over chains says it; so is all that an
//! event reaches a suffix of each. An edge is wanted only where it adds to what is reached.
//!
//! With `scb = po | po-elsewhere;hb;po-elsewhere | hb-same-location | mo | rb`, as in the paper (section 3.3),
//!
//! ```text
//! psc = ([SC] | [F];hb?) ; scb ; ([SC] | hb?;[F])  |  [F];(hb | hb;eco;hb);[F]
//! ```
//!
//! A new event has nothing that happens after it, so it adds edges of two kinds: into itself, if it is `SeqCst`, and, by way of its `mo` and `rb` to stores that are later in modification order, from itself and from the fences that
//! happen before it to those stores and to the fences that these (or reads of them) happen before. Only the second kind can
//! close a cycle, and there is none of it where the latest store is read, or a store goes to the end.
//!
//! What reaches the event by way of the store that it reads or follows is ordered before all later stores already: by `mo`
//! or `rb` of its own, since it is, or is hidden by, an access to that store or an earlier one. So whether a cycle would be
//! closed depends on what happened before the event alone, and on which stores are later: there is one store, and none
//! before it can be read or followed (`floor`).

use smallvec::SmallVec;

use crate::clock::{Clock, Kept};
use crate::location::{Access, Location, NOBODY, Rank, StoreIdx, View, bisect};
use crate::task::{NOWHERE, Task};

/// The `SeqCst` events, as a chain for each task.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeqCst {
    chains: Vec<Chain>,
    /// For each fence and each location that there was what had happened before; those of a fence in one piece.
    views: Vec<(StoreIdx, StoreIdx)>,
    /// Whether there is any event, and any fence: without one, much need not be looked at.
    is_used: bool,
    has_fences: bool,
    /// What the last question has come to, until there is another `SeqCst` event or edge.
    asked: Option<Asked>,
}

/// An access that comes next in its task, and what reaches it whichever store it is about.
#[derive(Clone, Debug)]
struct Asked {
    task: usize,
    location: usize,
    /// How many events its task has, and what these have learned.
    moment: (u32, u32),
    /// The event, if it is `SeqCst`, and the fences that happen before it.
    event: Option<Clock>,
    fences: Clock,
}

#[derive(Clone, Debug, Default)]
struct Chain {
    nodes: Vec<Node>,
    fences: Vec<Fence>,
}

#[derive(Clone, Debug)]
struct Node {
    /// How much of each chain reaches it, itself among it.
    reached: Clock,
    /// How many of the chain's fences there are up to it.
    fences: u32,
}

/// A fence with its place in the chain, and where its views are.
#[derive(Clone, Copy, Debug)]
struct Fence {
    node: u32,
    first: u32,
    count: u32,
}

/// For each chain the first of its nodes that an event has an edge to, which stands for all that follow.
#[derive(Clone, Debug, Default)]
struct Targets {
    /// From `SeqCst` accesses and from fences.
    of_all: SmallVec<[u32; 8]>,
    /// From fences.
    of_fences: SmallVec<[u32; 8]>,
}

/// A new access: whose, where, and the rank of the store that it reads or follows.
#[derive(Clone, Copy)]
pub(crate) struct New {
    pub(crate) task: usize,
    pub(crate) location: usize,
    pub(crate) rank: Rank,
    pub(crate) is_seq_cst: bool,
    pub(crate) writes: bool,
}

/// What a question to [`SeqCst`] is about.
#[derive(Clone, Copy)]
pub(crate) struct Graph<'a> {
    pub(crate) tasks: &'a [Task],
    pub(crate) locations: &'a [Location],
    pub(crate) kept: &'a Kept,
}

const NEVER: u32 = u32::MAX;

impl SeqCst {
    pub(crate) fn clear(&mut self) {
        (self.is_used, self.has_fences, self.asked) = (false, false, None);
        self.views.clear();
        for chain in &mut self.chains {
            chain.nodes.clear();
            chain.fences.clear();
        }
    }

    /// Whether there is no `SeqCst` event yet.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        !self.is_used
    }

    /// Whether there is a `SeqCst` fence.
    #[inline]
    pub(crate) const fn has_fences(&self) -> bool {
        self.has_fences
    }

    /// How many nodes a task's chain has.
    fn len(&self, task: usize) -> u32 {
        self.chains.get(task).map_or(0, |chain| chain.nodes.len() as u32)
    }

    /// The rank of the earliest store that an access which comes next in its task can read or follow, so far as the order of
    /// `SeqCst` events says.
    pub(crate) fn floor(&mut self, graph: Graph<'_>, task: usize, location: usize, is_seq_cst: bool) -> Rank {
        let asked = self.ask(graph, task, location, is_seq_cst);
        let of_fences = self.floor_of(graph, location, &asked.fences, |view| view.0);
        let of_event = asked.event.as_ref().map_or(0, |event| self.floor_of(graph, location, event, |view| view.1));
        self.asked = Some(asked);
        of_fences.max(of_event)
    }

    fn ask(&self, graph: Graph<'_>, task: usize, location: usize, is_seq_cst: bool) -> Asked {
        let row = &graph.tasks[task];
        let mut known = Clock::default();
        if self.has_fences {
            fences_known(graph, row.now.as_slice(), &mut known);
        }
        let fences = self.reaching(&known);
        let event = is_seq_cst.then(|| {
            let mut reached = fences.clone();
            self.add_reaching(&mut reached, task, self.len(task));
            self.add_elsewhere(graph, task, location, &mut reached);
            reached
        });
        Asked { task, location, moment: (row.len(), row.version()), event, fences }
    }

    /// The answer to the last question, if it was this one; or else it is asked now.
    fn asked(&mut self, graph: Graph<'_>, task: usize, location: usize, is_seq_cst: bool) -> Asked {
        let row = &graph.tasks[task];
        let is_it = |asked: &Asked| {
            (asked.task, asked.location, asked.moment) == (task, location, (row.len(), row.version()))
                && asked.event.is_some() == is_seq_cst
        };
        let asked = self.asked.take().filter(is_it);
        asked.unwrap_or_else(|| self.ask(graph, task, location, is_seq_cst))
    }

    /// The latest store of a location that is among those prefixes of the chains, or in the view of a fence among them.
    fn floor_of(
        &self,
        graph: Graph<'_>,
        location: usize,
        reached: &Clock,
        seen: impl Fn(&(StoreIdx, StoreIdx)) -> StoreIdx,
    ) -> Rank {
        let row = &graph.locations[location];
        let mut floor = 0;
        for (task, nodes) in reached.prefixes() {
            if let Some(strong) = row.last_strong(task, nodes) {
                floor = floor.max(row.rank(strong));
            }
            let chain = &self.chains[task];
            let fences = chain.nodes[nodes as usize - 1].fences;
            if let Some(fence) = fences.checked_sub(1) {
                floor = floor.max(row.rank(self.view(&chain.fences[fence as usize], location, &seen)));
            }
        }
        floor
    }

    #[inline]
    fn view(&self, fence: &Fence, location: usize, seen: impl Fn(&(StoreIdx, StoreIdx)) -> StoreIdx) -> StoreIdx {
        let views = &self.views[fence.first as usize..][..fence.count as usize];
        views.get(location).map_or(StoreIdx::INITIAL, seen)
    }

    /// All that reaches the last nodes of those prefixes of the chains.
    fn reaching(&self, prefixes: &Clock) -> Clock {
        let mut reached = Clock::default();
        for (task, nodes) in prefixes.prefixes() {
            self.add_reaching(&mut reached, task, nodes);
        }
        reached
    }

    /// The same of one of them, added to what is known already.
    #[inline]
    fn add_reaching(&self, reached: &mut Clock, task: usize, nodes: u32) {
        // What reaches a node is reached by all that reaches that.
        if nodes > reached.get(task) {
            reached.join(&self.chains[task].nodes[nodes as usize - 1].reached);
        }
    }

    /// Adds an access that comes next in its task, before it is in the graph, with what is to happen before it; its place in
    /// the task's chain, if it is `SeqCst`.
    pub(crate) fn add_access(&mut self, graph: Graph<'_>, new: New, now: &Clock) -> Option<u32> {
        let New { task, location, rank, is_seq_cst, .. } = new;
        let row = &graph.locations[location];
        let is_last = row.rank(row.last()) == rank;
        if is_last && !is_seq_cst {
            return None;
        }
        let asked = self.asked(graph, task, location, is_seq_cst);
        let node = asked.event.map(|mut reached| {
            self.add_from_here(graph, new, now, &mut reached);
            self.push(task, None, reached)
        });
        if !is_last {
            let targets = self.targets(row, location, rank);
            if let Some(node) = node {
                let reached = self.chains[task].nodes[node as usize].reached.clone();
                self.connect(&reached, &targets.of_all);
            }
            if self.has_fences {
                let mut reached = asked.fences;
                if graph.tasks[task].now.is_less_than(now.as_slice()) {
                    let mut known = Clock::default();
                    fences_known(graph, now.as_slice(), &mut known);
                    reached = self.reaching(&known);
                }
                self.connect(&reached, &targets.of_all);
                self.connect(&reached, &targets.of_fences);
            }
        }
        node
    }

    /// Adds what reaches a `SeqCst` access by way of accesses to its location.
    fn add_from_here(&self, graph: Graph<'_>, new: New, now: &Clock, reached: &mut Clock) {
        let New { task, location, rank, writes, .. } = new;
        let row = &graph.locations[location];
        let mut fences = Clock::default();
        let mut by_way_of = |other: usize, access: &Access| {
            self.add_reaching(reached, other, access.nodes);
            if self.has_fences {
                fences_before(graph, other, access.event, &mut fences);
            }
        };
        if writes {
            // `mo`, `rb` and `hb-same-location`, from an access or from a fence by way of one.
            row.accesses_below(rank + 1).for_each(|(other, access)| by_way_of(other, access));
        } else {
            // `hb-same-location`.
            for (other, events) in now.prefixes().filter(|(other, _)| *other != task) {
                if let Some(access) = row.last_access(other, events) {
                    by_way_of(other, access);
                }
            }
        }
        for (other, nodes) in fences.prefixes() {
            self.add_reaching(reached, other, nodes);
        }
    }

    /// Adds what reaches a `SeqCst` access by `po-elsewhere;hb;po-elsewhere`.
    fn add_elsewhere(&self, graph: Graph<'_>, task: usize, location: usize, reached: &mut Clock) {
        let Some(last) = graph.tasks[task].last_elsewhere(location as u32) else { return };
        for (other, events) in graph.tasks[task].knew(graph.kept, last).iter().enumerate() {
            if let Some(end) = events.checked_sub(1).filter(|_| other != task) {
                let other_task = &graph.tasks[other];
                self.add_reaching(reached, other, other_task.nodes(other_task.run(end)));
            }
        }
    }

    /// Adds a fence that comes next in its task, before it is in the graph; `views` are of all locations.
    pub(crate) fn add_fence(&mut self, graph: Graph<'_>, task: usize, views: &[View]) {
        let first = self.views.len();
        self.views.extend(views.iter().map(|view| (view.accessed, view.stored)));
        let now = &graph.tasks[task].now;
        let mut before = Clock::default();
        fences_known(graph, now.as_slice(), &mut before);
        before.reach(task, self.len(task));
        for (other, events) in now.prefixes().filter(|(other, _)| *other != task) {
            // Whatever has an event of its task behind it, by program order.
            let last = events - 1;
            let is_seen = || happens_before_one_here(graph, other, last, now);
            let goes = graph.tasks[other].nodes(last) < graph.tasks[other].nodes(events) && is_seen();
            before.reach(other, graph.tasks[other].nodes(if goes { events } else { last }));
        }
        // In each task the last event before which fences come before this one.
        let mut seen = Clock::default();
        for (row, (accessed, stored)) in graph.locations.iter().zip(&self.views[first..]) {
            // `mo` or `rb` to a store that happens before it.
            for (other, access) in row.accesses_below(row.rank(*stored)) {
                before.reach(other, access.nodes);
            }
            if !self.has_fences {
                continue;
            }
            for (other, access) in row.accesses_below(row.rank(*accessed)) {
                seen.reach(other, access.event + 1);
            }
            // By way of `rf`: what happens before the store that was read, though nothing synchronises.
            let read = row.store(*accessed);
            if read.task != NOBODY {
                seen.reach(read.task as usize, read.event + 1);
            }
        }
        for (other, events) in seen.prefixes() {
            fences_before(graph, other, events - 1, &mut before);
        }
        let reached = self.reaching(&before);
        let count = (self.views.len() - first) as u32;
        self.push(task, Some((first as u32, count)), reached);
    }

    /// A new node at the end of a task's chain, a fence if it has views; its place.
    fn push(&mut self, task: usize, views: Option<(u32, u32)>, mut reached: Clock) -> u32 {
        self.is_used = true;
        self.asked = None;
        self.has_fences |= views.is_some();
        if self.chains.len() <= task {
            self.chains.resize_with(task + 1, Chain::default);
        }
        let chain = &mut self.chains[task];
        let node = chain.nodes.len() as u32;
        reached.reach(task, node + 1);
        chain.fences.extend(views.map(|(first, count)| Fence { node, first, count }));
        chain.nodes.push(Node { reached, fences: chain.fences.len() as u32 });
        node
    }

    /// What an access has an edge to whose store is of that rank, and not the last.
    fn targets(&self, row: &Location, location: usize, rank: Rank) -> Targets {
        let mut targets = Targets::default();
        for (task, chain) in self.chains.iter().enumerate() {
            let first_fence = |seen: fn(&(StoreIdx, StoreIdx)) -> StoreIdx| {
                let is_earlier = |fence: &Fence| row.rank(self.view(fence, location, seen)) <= rank;
                chain.fences.get(bisect(&chain.fences, is_earlier)).map_or(NEVER, |fence| fence.node)
            };
            let strong = row.first_strong(task, rank).unwrap_or(NEVER);
            targets.of_all.push(strong.min(first_fence(|view| view.1)));
            targets.of_fences.push(first_fence(|view| view.0));
        }
        targets
    }

    /// Adds edges from those prefixes of the chains to the first nodes.
    fn connect(&mut self, sources: &Clock, firsts: &[u32]) {
        let is_new = |(chain, first): (&Chain, &u32)| {
            chain.nodes.get(*first as usize).is_some_and(|node| node.reached.is_less_than(sources.as_slice()))
        };
        if !self.chains.iter().zip(firsts).any(is_new) {
            return;
        }
        self.asked = None;
        for chain in &mut self.chains {
            // What is reached is a suffix of the chain.
            for node in chain.nodes.iter_mut().rev() {
                if !firsts.iter().enumerate().any(|(target, first)| *first < node.reached.get(target)) {
                    break;
                }
                node.reached.join(sources);
            }
        }
    }
}

/// The fences that happen before something: how much of each chain up to the last of them.
#[inline]
fn fences_known(graph: Graph<'_>, before: &[u32], known: &mut Clock) {
    for (task, (row, events)) in graph.tasks.iter().zip(before).enumerate() {
        known.reach(task, row.fenced(*events));
    }
}

/// The fences that happen before an event.
fn fences_before(graph: Graph<'_>, task: usize, event: u32, known: &mut Clock) {
    for (other, events) in graph.tasks[task].knew(graph.kept, event).iter().enumerate() {
        if other != task {
            known.reach(other, graph.tasks[other].fenced(*events));
        }
    }
    known.reach(task, graph.tasks[task].fenced(event));
}

/// Whether an access happens before an access to the same location that happens before something.
fn happens_before_one_here(graph: Graph<'_>, task: usize, event: u32, now: &Clock) -> bool {
    let location = graph.tasks[task].location(event);
    location != NOWHERE
        && now.prefixes().filter(|(other, _)| *other != task).any(|(other, events)| {
            let access = graph.locations[location as usize].last_access(other, events);
            access.is_some_and(|access| {
                let knew = graph.tasks[other].knew(graph.kept, access.event);
                knew.get(task).is_some_and(|events| *events > event)
            })
        })
}
