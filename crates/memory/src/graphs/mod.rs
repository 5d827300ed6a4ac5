//! Every complete execution graph of a program once, and none that is not consistent: the search, without a runtime.
//!
//! The engine is TruSt's (Kokologiannakis, Marmanis, Gladstein, Vafeiadis: Truly Stateless, Optimal Dynamic Partial Order
//! Reduction, POPL 2022). Events are added one by one, those of the thread with the lowest number that can go on first. A
//! read may read every store with which the graph is consistent, and a store may have every such place in modification
//! order: one is taken, and the others are left for later. Besides, a store may be what an earlier read reads (it
//! *revisits* it): then all is deleted that was added after that read and that the store does not need. Many graphs lead to
//! the same one in this way; exactly one of them has nothing deleted but what read the last store of all that were there,
//! and stored at the end, and from this one alone the store is revisited (`revisit`). Neither sleep sets nor a table of
//! what was seen are needed, and memory is polynomial in the length of an execution.
//!
//! A program cannot be forked, so every graph to go on from is followed from the start: the caller runs the program, asks
//! who is [next](Explorer::next), what is [read](Explorer::store) or [chosen](Explorer::choose), and tells what
//! [happened](Explorer::happened). The same graph may be followed in another order of threads than it grew in.
//!
//! Departures.
//! 1. A read-modify-write is one event of the program, and two of the search: it reads, and right after that it stores. One
//!    that reads what another has read cannot happen. It is added in thought, for the sake of the reads that it may take over.
//! 2. A lock is a read-modify-write of its mutex that reads the lock before it, and has the mutex when that is released: it
//!    is in the graph as soon as the thread wants it. A release, a spawn, an end, a join have one way to happen.
//! 3. A read that was taken over happens as soon as the store that it reads has; and if it stores itself, then right after that.
//! 4. A number that the program itself chooses is as if read: 0 stands for the last store, and no other event has it to give.
//! 5. A thread that goes no further for now (`Announced::Blocked`) is as one that assumes what it has read: its reads can be
//!    taken over, and a graph in which it stays is not complete.

mod consistency;
mod graph;
mod growth;
mod revisit;

use std::collections::BTreeMap;

use self::consistency::Consistency;
use self::graph::{Event, Graph};
pub use self::graph::{EventIdx, Op, Source};
use self::revisit::New;

/// An event as it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What it is.
    pub op: Op,
    /// Its atomic or mutex, by a number that it has in this execution.
    pub location: u32,
    /// What was there from the start.
    pub initial: u64,
    /// What it read, if it reads.
    pub read: Source,
    /// What it wrote, if it did.
    pub wrote: Option<u64>,
}

impl Happened {
    /// An event that accesses no location.
    pub const fn elsewhere(op: Op) -> Self {
        Self { op, location: 0, initial: 0, read: None, wrote: None }
    }
}

/// What a thread has announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announced {
    /// To take that mutex.
    Lock(u32),
    /// To go on when that thread has ended.
    Join(u32),
    /// Anything else, which never waits.
    Ready,
    /// Nothing more: it has ended.
    Ended,
    /// Nothing for now: it goes no further unless one of its reads reads another store.
    Blocked,
}

/// The search.
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
///
/// use bohrbug_memory::graphs::{Announced, EventIdx, Explorer, Happened, Op};
///
/// // One thread stores, and another one loads.
/// let mut explorer = Explorer::new();
/// let mut read = Vec::new();
/// while explorer.begin() {
///     let mut has_ended = [false; 2];
///     let announced = |ended: [bool; 2]| ended.map(|ended| if ended { Announced::Ended } else { Announced::Ready });
///     while let Some(thread) = explorer.next(&announced(has_ended)) {
///         let none = Happened::elsewhere(Op::Load(Relaxed));
///         let happened = if thread == 0 {
///             explorer.place(0, &[None]);
///             Happened { op: Op::Store(Relaxed), wrote: Some(1), ..none }
///         } else {
///             let stored = Some(EventIdx { thread: 0, place: 0 }).filter(|_| has_ended[0]);
///             let offered: Vec<_> = stored.into_iter().map(Some).chain([None]).collect();
///             let read = offered[explorer.store(1, &offered)];
///             Happened { read, ..none }
///         };
///         explorer.happened(thread, happened);
///         has_ended[thread as usize] = true;
///         read.extend((thread == 1).then_some(happened.read.is_some()));
///     }
/// }
/// assert_eq!(read, [true, false]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Explorer {
    /// One for the beginning, and one for each read that was taken over on the way to the present graph.
    frames: Vec<Frame>,
    has_begun: bool,
    /// What the next new event is to be.
    forced: Option<Forced>,
    /// How many events of each thread have happened in this execution.
    done: Vec<u32>,
    /// The locations of this execution, in the terms of the graph.
    locations: BTreeMap<u32, u32>,
    /// What the event under way has chosen.
    chosen: u32,
    consistency: Consistency,
    complaint: Option<String>,
}

/// A graph that grows, and what else it could have been.
#[derive(Clone, Debug, Default)]
struct Frame {
    graph: Graph,
    branches: Vec<Branch>,
}

/// Another way to go on from the graph before that stamp.
#[derive(Clone, Debug)]
struct Branch {
    stamp: u32,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    /// The event is this.
    Forced(Forced),
    /// The store goes there, and the read reads it.
    Revisit { at: EventIdx, event: Box<Event>, after: Source, read: EventIdx },
}

/// What a new event is to be.
#[derive(Clone, Copy, Debug)]
struct Forced {
    thread: u32,
    choice: Choice,
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    /// It reads that.
    Read(Source),
    /// It goes directly after that.
    After(Source),
    /// It chooses that.
    Number(u32),
}

impl Explorer {
    /// A search that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the next execution; `false` when there is none left.
    pub fn begin(&mut self) -> bool {
        self.forced = None;
        self.done.iter_mut().for_each(|done| *done = 0);
        self.locations.clear();
        if !self.has_begun {
            self.has_begun = true;
            self.frames.push(Frame::default());
            return true;
        }
        while let Some(frame) = self.frames.last_mut() {
            match frame.branches.pop() {
                Some(branch) => {
                    self.take(branch);
                    return true;
                }
                None => _ = self.frames.pop(),
            }
        }
        false
    }

    fn take(&mut self, Branch { stamp, way }: Branch) {
        let graph = &mut self.top().graph;
        graph.truncate(stamp);
        match way {
            Way::Forced(forced) => self.forced = Some(forced),
            Way::Revisit { at, event, after, read } => {
                let new = New { at, event: &event };
                let reader = graph.event(read).clone();
                let mut left = graph.restricted(&new, read);
                left.take_over(&new, after, read, &reader);
                left.next = left.next.max(event.write_stamp + 1);
                if reader.op == Op::Lock {
                    // It is next in line.
                    left.insert(reader.location, read, Some(at));
                    let (stamp, lock) = (left.next, left.event_mut(read));
                    (lock.writes, lock.write_stamp) = (true, stamp + 1);
                    left.next += 2;
                }
                self.frames.push(Frame { graph: left, branches: Vec::new() });
            }
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or_else(|| unreachable!("the first frame goes last"))
    }

    fn graph(&self) -> &Graph {
        self.frames.last().map_or_else(|| unreachable!("the first frame goes last"), |frame| &frame.graph)
    }

    /// Who goes on: the threads have announced these, by their numbers. `None` if nobody can.
    pub fn next(&mut self, announced: &[Announced]) -> Option<u32> {
        if self.complaint.is_some() {
            return None;
        }
        self.reach(announced.len());
        loop {
            let threads = 0..announced.len() as u32;
            if let Some(again) = threads.clone().find(|thread| self.happens_again(*thread, announced)) {
                return Some(again);
            }
            if let Some(forced) = self.forced {
                return Some(forced.thread);
            }
            let is_next = |thread: &u32| match announced[*thread as usize] {
                _ if self.done[*thread as usize] < self.graph().len(*thread) => false,
                Announced::Join(other) => announced[other as usize] == Announced::Ended,
                Announced::Lock(_) | Announced::Ready => true,
                Announced::Ended | Announced::Blocked => false,
            };
            let next = threads.clone().find(is_next)?;
            let Announced::Lock(mutex) = announced[next as usize] else { return Some(next) };
            self.line_up(next, mutex);
        }
    }

    /// Makes room for so many threads.
    fn reach(&mut self, threads: usize) {
        if self.done.len() < threads {
            self.done.resize(threads, 0);
        }
        let graph = &mut self.top().graph;
        if graph.threads.len() < threads {
            graph.threads.resize_with(threads, Vec::new);
        }
    }

    /// Whether the thread's next event is in the graph, and what it needs has happened.
    fn happens_again(&self, thread: u32, announced: &[Announced]) -> bool {
        let place = self.done[thread as usize];
        let graph = self.graph();
        if place >= graph.len(thread) || announced[thread as usize] == Announced::Ended {
            return false;
        }
        let at = EventIdx { thread, place };
        let event = graph.event(at);
        match event.op {
            Op::Acquire(released) => self.has_happened(released),
            Op::Lock if event.read.is_some() => graph.awaited(at).is_some_and(|unlock| self.has_happened(unlock)),
            _ => event.read.is_none_or(|read| self.has_happened(read)),
        }
    }

    fn has_happened(&self, at: EventIdx) -> bool {
        self.done[at.thread as usize] > at.place
    }

    /// What the thread's next event reads: the place of one of the stores offered, the last in modification order first.
    pub fn store(&mut self, thread: u32, offered: &[Source]) -> usize {
        self.store_or(thread, offered, None)
    }

    /// The same, but of the branches that are left to explore, that of the preferred store is the first.
    pub fn store_or(&mut self, thread: u32, offered: &[Source], preferred: Option<Source>) -> usize {
        self.reach(thread as usize + 1);
        let at = EventIdx { thread, place: self.done[thread as usize] };
        let graph = self.graph();
        if at.place < graph.len(thread) {
            let read = graph.event(at).read;
            return self.find(at, offered, read);
        }
        match self.forced_to(thread) {
            Some(Choice::Read(read)) => self.find(at, offered, read),
            _ => {
                let first = preferred.and_then(|preferred| offered.iter().position(|source| *source == preferred));
                self.leave(thread, offered, first.unwrap_or(0), Choice::Read)
            }
        }
    }

    /// Where the thread's next event, a store, goes: directly after one of those offered, the last first.
    pub fn place(&mut self, thread: u32, offered: &[Source]) -> usize {
        self.reach(thread as usize + 1);
        let at = EventIdx { thread, place: self.done[thread as usize] };
        let graph = self.graph();
        if at.place < graph.len(thread) {
            let order = &graph.rows[graph.event(at).location as usize].order;
            let before = order.iter().rev().skip_while(|store| **store != at).skip(1);
            let after = before.copied().find(|store| self.has_happened(*store));
            return self.find(at, offered, after);
        }
        match self.forced_to(thread) {
            Some(Choice::After(after)) => self.find(at, offered, after),
            _ => self.leave(thread, offered, 0, Choice::After),
        }
    }

    /// What the thread's next event chooses.
    pub fn choose(&mut self, thread: u32, alternatives: u32) -> u32 {
        self.reach(thread as usize + 1);
        let at = EventIdx { thread, place: self.done[thread as usize] };
        let graph = self.graph();
        self.chosen = if at.place < graph.len(thread) {
            graph.event(at).chosen
        } else if let Some(Choice::Number(number)) = self.forced_to(thread) {
            number
        } else {
            let stamp = graph.next;
            let others = (1..alternatives).rev().map(Choice::Number);
            let branches = others.map(|choice| Branch { stamp, way: Way::Forced(Forced { thread, choice }) });
            self.top().branches.extend(branches);
            0
        };
        self.chosen.min(alternatives - 1)
    }

    /// What the thread's next new event is to be.
    fn forced_to(&self, thread: u32) -> Option<Choice> {
        self.forced.filter(|forced| forced.thread == thread).map(|forced| forced.choice)
    }

    fn find(&mut self, at: EventIdx, offered: &[Source], wanted: Source) -> usize {
        offered.iter().position(|source| *source == wanted).unwrap_or_else(|| {
            self.complain(at, "cannot read or follow the store that it did");
            0
        })
    }

    /// Takes one, and leaves the others for later.
    fn leave(&mut self, thread: u32, offered: &[Source], taken: usize, choice: impl Fn(Source) -> Choice) -> usize {
        let frame = self.top();
        let stamp = frame.graph.next;
        let others = offered.iter().enumerate().rev().filter(|(place, _)| *place != taken);
        let others = others.map(|(_, source)| Forced { thread, choice: choice(*source) });
        frame.branches.extend(others.map(|forced| Branch { stamp, way: Way::Forced(forced) }));
        taken
    }

    /// The thread's next event has happened.
    pub fn happened(&mut self, thread: u32, happened: Happened) {
        self.reach(thread as usize + 1);
        let chosen = std::mem::take(&mut self.chosen);
        let at = EventIdx { thread, place: self.done[thread as usize] };
        self.done[thread as usize] += 1;
        if self.complaint.is_some() {
            return;
        }
        let location = if happened.op.accesses() { self.location_of(at, &happened) } else { 0 };
        if at.place < self.graph().len(thread) {
            self.recognise(at, &happened, location);
        } else {
            self.add(at, &happened, location, chosen);
        }
    }

    /// Whether an event needs another one: by program order, reads-from and what orders threads and locks.
    pub fn needs(&self, at: EventIdx, other: EventIdx) -> bool {
        let events = self.graph().threads.get(at.thread as usize);
        let event = events.and_then(|events| events.get(at.place as usize));
        event.is_some_and(|event| event.needs.get(other.thread as usize) > other.place)
    }

    /// What the thread's event of that place read.
    pub fn read(&self, at: EventIdx) -> Source {
        let events = self.graph().threads.get(at.thread as usize)?;
        events.get(at.place as usize)?.read
    }

    /// Whether the thread's events from that place on have read what is last in modification order.
    pub fn reads_last(&self, thread: u32, from: u32) -> bool {
        let graph = self.graph();
        let events = graph.threads.get(thread as usize).into_iter().flat_map(|events| &events[from as usize..]);
        events.filter(|event| event.op.reads()).all(|event| graph.after(event.location, event.read).is_empty())
    }

    /// The execution has ended, and all of the graph should have happened but what waits for a mutex for good.
    pub fn end(&mut self) {
        let graph = self.graph();
        let waits = |at: EventIdx| graph.event(at).op == Op::Lock;
        let threads = (0..graph.threads.len() as u32)
            .map(|thread| EventIdx { thread, place: self.done.get(thread as usize).copied().unwrap_or(0) });
        let missing = threads.into_iter().find(|at| at.place < graph.len(at.thread) && !waits(*at));
        let missing = missing.or_else(|| self.forced.map(|forced| EventIdx { thread: forced.thread, place: u32::MAX }));
        if let Some(missing) = missing {
            self.complain(missing, "did not happen");
        }
    }

    #[cold]
    fn complain(&mut self, at: EventIdx, what: &str) {
        let EventIdx { thread, place } = at;
        let text =
            format!("the program behaved differently in the same graph: event {place} of thread {thread} {what}");
        self.complaint.get_or_insert(text);
    }

    /// Something that makes everything void: the program behaved differently in the same graph.
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }
}
