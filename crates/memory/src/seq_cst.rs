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
//! A new event has nothing that happens after it, so it adds edges of two kinds: into itself, if it is `SeqCst`, and, by
//! way of its `mo` and `rb` to stores that are later in modification order, from itself and from the fences that happen
//! before it to those stores and to the fences that these (or reads of them) happen before. Only the second kind can close
//! a cycle, and there is none of it where the latest store is read, or a store goes to the end.

use crate::clock::{Clock, Entries, Kept};
use crate::location::{Location, NOBODY, StoreIdx};
use crate::task::{NOWHERE, Task};

/// The `SeqCst` events, as a chain for each task.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeqCst {
    chains: Vec<Chain>,
    /// Whether there is any event, and any fence: without one, much need not be looked at.
    is_used: bool,
    has_fences: bool,
}

#[derive(Clone, Debug, Default)]
struct Chain {
    nodes: Vec<Node>,
    /// The nodes that are fences.
    fences: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Node {
    event: u32,
    /// How much of each chain reaches it, itself among it.
    reached: Clock,
}

/// For each chain the first of its nodes that an event has an edge to, which stands for all that follow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    /// From `SeqCst` accesses and from fences.
    of_all: Entries,
    /// From fences.
    of_fences: Entries,
}

impl Targets {
    /// Whether nothing is later in modification order.
    pub(crate) fn is_empty(&self) -> bool {
        self.of_all.is_empty()
    }
}

/// What reaches a new event's edges to earlier ones: how much of each chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// What has an edge to the event, where it is `SeqCst`, as far as that does not depend on the store that it follows.
    pub(crate) before: Clock,
    /// The event itself, where it is `SeqCst`: what reaches it.
    pub(crate) of_event: Clock,
    /// The fences that happen before it.
    pub(crate) of_fences: Clock,
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
        (self.is_used, self.has_fences) = (false, false);
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

    /// How many nodes a task's chain has.
    pub(crate) fn len(&self, task: usize) -> u32 {
        self.chains.get(task).map_or(0, |chain| chain.nodes.len() as u32)
    }

    /// The fences that happen before something: how much of each chain up to the last of them.
    pub(crate) fn fences_known(&self, before: &[u32]) -> Clock {
        let mut known = Clock::default();
        if !self.has_fences {
            return known;
        }
        for (task, (chain, events)) in self.chains.iter().zip(before).enumerate() {
            let count = chain.fences.partition_point(|fence| chain.nodes[*fence as usize].event < *events);
            if let Some(last) = chain.fences[..count].last() {
                known.reach(task, last + 1);
            }
        }
        known
    }

    /// All that reaches the last nodes of those prefixes of the chains.
    pub(crate) fn reaching(&self, prefixes: &Clock) -> Clock {
        let mut reached = Clock::default();
        for (task, count) in prefixes.as_slice().iter().enumerate() {
            if let Some(last) = count.checked_sub(1) {
                reached.join(self.chains[task].nodes[last as usize].reached.as_slice());
            }
        }
        reached
    }

    /// The prefixes of the chains that have an edge to a `SeqCst` access that comes next in its task, but for those by way of
    /// the store behind which it puts its own.
    ///
    /// `now` is what happens before it, what it acquires included.
    pub(crate) fn before_access(&self, graph: Graph<'_>, me: usize, location: usize, now: &Clock) -> Clock {
        let mut before = Clock::default();
        before.reach(me, self.len(me));
        // Fences, through the event before it in the program.
        before.join(self.fences_known(graph.tasks[me].now.as_slice()).as_slice());
        self.before_elsewhere(graph, me, location, &mut before);
        self.before_here(graph, me, location, now, &mut before);
        before
    }

    /// `po-elsewhere;hb;po-elsewhere`.
    fn before_elsewhere(&self, graph: Graph<'_>, me: usize, location: usize, before: &mut Clock) {
        let Some(last) = graph.tasks[me].last_elsewhere(location as u32) else { return };
        for (task, chain) in self.chains.iter().enumerate().filter(|(task, _)| *task != me) {
            let Some(end) = graph.tasks[me].knew(graph.kept, last, task).checked_sub(1) else { continue };
            before.reach(task, chain.nodes_before(graph.tasks[task].run(end)));
        }
    }

    /// `hb-same-location`, from an access or from a fence by way of one.
    fn before_here(&self, graph: Graph<'_>, me: usize, location: usize, now: &Clock, before: &mut Clock) {
        for task in (0..graph.tasks.len()).filter(|task| *task != me) {
            let Some(access) = graph.locations[location].last_access(task, now.get(task)) else { continue };
            before.reach(task, access.nodes);
            if self.has_fences {
                before.join(self.fences_before(graph, task, access.event).as_slice());
            }
        }
    }

    /// The fences that happen before an event.
    fn fences_before(&self, graph: Graph<'_>, task: usize, event: u32) -> Clock {
        let knew = |other| if other == task { event } else { graph.tasks[task].knew(graph.kept, event, other) };
        let known: Entries = (0..graph.tasks.len()).map(knew).collect();
        self.fences_known(&known)
    }

    /// The prefixes of the chains that have an edge to a fence that comes next in its task; `now` is what happens before it.
    pub(crate) fn before_fence(&self, graph: Graph<'_>, me: usize, now: &Clock) -> Clock {
        let mut before = self.fences_known(now.as_slice());
        before.reach(me, self.len(me));
        for (task, chain) in self.chains.iter().enumerate().filter(|(task, _)| *task != me) {
            let Some(end) = now.get(task).checked_sub(1) else { continue };
            // Whatever has an event of its task behind it, by program order.
            let mut nodes = chain.nodes_before(end);
            if chain.nodes.get(nodes as usize).is_some_and(|node| node.event == end)
                && happens_before_one_here(graph, task, end, now)
            {
                nodes += 1;
            }
            before.reach(task, nodes);
        }
        for location in graph.locations {
            before.join(location.before_store_at(location.last_store_known(now), |store| &store.before_next));
            let floor = location.floor(now);
            before.join(location.before_store_at(floor, |store| &store.fences_before_next));
            // By way of `rf`: what happens before the store that was read, though nothing synchronises.
            let read = location.store(location.order[floor]);
            if read.task != NOBODY {
                before.join(self.fences_before(graph, read.task as usize, read.event).as_slice());
            }
        }
        before
    }

    /// A new node at the end of a task's chain; its place.
    pub(crate) fn push(&mut self, me: usize, event: u32, is_fence: bool, mut reached: Clock) -> u32 {
        self.is_used = true;
        self.has_fences |= is_fence;
        if self.chains.len() <= me {
            self.chains.resize_with(me + 1, Chain::default);
        }
        let chain = &mut self.chains[me];
        let node = chain.nodes.len() as u32;
        reached.reach(me, node + 1);
        chain.nodes.push(Node { event, reached });
        if is_fence {
            chain.fences.push(node);
        }
        node
    }

    /// That one more store is later in modification order than the new event.
    pub(crate) fn aim(&self, graph: Graph<'_>, targets: &mut Targets, location: usize, store: StoreIdx) {
        if targets.of_all.len() < self.chains.len() {
            targets.of_all.resize(self.chains.len(), NEVER);
            targets.of_fences.resize(self.chains.len(), NEVER);
        }
        let readers = graph.locations[location].readers(store);
        let store = graph.locations[location].store(store);
        if let Some(node) = store.node {
            let first = &mut targets.of_all[store.task as usize];
            *first = node.min(*first);
        }
        if !self.has_fences {
            return;
        }
        self.aim_at_fences(graph, &mut targets.of_all, store.task, store.event);
        for (task, event) in readers {
            self.aim_at_fences(graph, &mut targets.of_fences, task, event);
        }
    }

    /// In each chain the first fence that the event happens before.
    fn aim_at_fences(&self, graph: Graph<'_>, firsts: &mut [u32], task: u32, event: u32) {
        debug_assert_ne!(task, NOBODY, "nothing is earlier than an initial store");
        for (other, (chain, first)) in self.chains.iter().zip(firsts).enumerate() {
            let happens_before = |fence: &u32| {
                let fence = chain.nodes[*fence as usize].event;
                if other == task as usize {
                    event < fence
                } else {
                    event < graph.tasks[other].knew(graph.kept, fence, task as usize)
                }
            };
            let count = chain.fences.partition_point(|fence| !happens_before(fence));
            if let Some(fence) = chain.fences.get(count) {
                *first = (*first).min(*fence);
            }
        }
    }

    /// Whether edges from those sources to those targets would close a cycle.
    pub(crate) fn closes_cycle(&self, sources: &Sources, targets: &Targets) -> bool {
        let meet = |reached: &Clock, firsts: &[u32]| {
            reached.as_slice().iter().zip(firsts).any(|(reached, first)| *first != NEVER && reached > first)
        };
        meet(&sources.of_event, &targets.of_all)
            || meet(&sources.of_fences, &targets.of_all)
            || meet(&sources.of_fences, &targets.of_fences)
    }

    /// Adds those edges.
    pub(crate) fn connect(&mut self, sources: &Sources, targets: &Targets) {
        for (firsts, reached) in [
            (&targets.of_all, &sources.of_event),
            (&targets.of_all, &sources.of_fences),
            (&targets.of_fences, &sources.of_fences),
        ] {
            if reached.is_empty() || firsts.iter().all(|first| *first == NEVER) {
                continue;
            }
            let is_reached = |task: usize, place: usize, node: &Node| {
                firsts.iter().enumerate().any(|(target, first)| {
                    *first != NEVER && (node.reached.get(target) > *first || (target == task && place as u32 >= *first))
                })
            };
            for (task, chain) in self.chains.iter_mut().enumerate() {
                // What is reached is a suffix of the chain.
                for (place, node) in chain.nodes.iter_mut().enumerate().rev() {
                    if !is_reached(task, place, node) {
                        break;
                    }
                    node.reached.join(reached.as_slice());
                }
            }
        }
    }
}

/// Whether an access happens before an access to the same location that happens before something.
fn happens_before_one_here(graph: Graph<'_>, task: usize, event: u32, now: &Clock) -> bool {
    let location = graph.tasks[task].location(event);
    location != NOWHERE
        && (0..graph.tasks.len()).filter(|other| *other != task).any(|other| {
            let access = graph.locations[location as usize].last_access(other, now.get(other));
            access.is_some_and(|access| graph.tasks[other].knew(graph.kept, access.event, task) > event)
        })
}

impl Chain {
    /// How many of its nodes come before that event of its task.
    fn nodes_before(&self, event: u32) -> u32 {
        self.nodes.partition_point(|node| node.event < event) as u32
    }
}

impl Location {
    /// What comes before the store at that place in modification order, by way of the store before it.
    fn before_store_at(&self, position: usize, what: impl Fn(&crate::location::Store) -> &Clock) -> &[u32] {
        let before = position.checked_sub(1).map(|place| what(self.store(self.order[place])));
        before.map_or(&[], |clock| clock.as_slice())
    }
}
