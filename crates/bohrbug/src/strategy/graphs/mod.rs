//! `dpor` under RC11: every execution graph once, and none that is not consistent: a proof for the workload where it ends.
//!
//! The search is [`bohrbug_memory::graphs`]; here it is told what the program does, in terms that are the same in every
//! execution: a thread is known by its parent and its place among that one's children, and an event by its place in its
//! thread. Executions are run in any order that a graph allows, since no other order of its events would show anything else.
//!
//! What is covered: atomics and fences, mutexes that are locked, threads that are spawned and joined, scopes, yields, cells
//! (a race on them is found in the graph that has it), choices and faults. What is not: `try_lock`, reader-writer locks,
//! condition variables, channels, barriers, one-time initialisations, park tokens, futexes, deadlines, clocks, weak exchanges
//! that fail without a reason, accesses to a cell that nothing orders where no monitor looks for data races. A program that is about to do such a thing is searched by `dfs` from there on, whose end is
//! a proof as well, and later.

mod waiting;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bohrbug_memory::graphs::{Announced, EventIdx, Explorer, Happened, Op, Source};
use bohrbug_sync::control::{Event, MemoryAccess, MemoryOperation, Pending, View};
use bohrbug_trace::{MemoryOrder, Operation, Outcome, TaskId};

use self::waiting::{Did, Loops, Place};
use super::{Descriptor, Dfs, Standing, Strategy};

/// The search for execution graphs.
#[derive(Clone, Debug, Default)]
pub struct Graphs {
    explorer: Explorer,
    /// Threads that ever were, by parent and place among its children.
    known: BTreeMap<(u32, u32), u32>,
    here: Here,
    /// What it cannot search, and who searches instead.
    uncovered: Option<&'static str>,
    instead: Option<Dfs>,
    loops: Loops,
    /// Whether the search has to begin anew, since it has learned of a loop.
    has_learned: bool,
    cut_off: u64,
}

/// What is of this execution alone.
#[derive(Clone, Debug, Default)]
struct Here {
    /// By task, its thread; and by thread, its task.
    threads: Vec<u32>,
    tasks: Vec<Option<TaskId>>,
    /// By task, how many children it has.
    children: Vec<u32>,
    /// By thread, how many events it has had, and those with which it was made and ended.
    events: Vec<u32>,
    made: Vec<Source>,
    ended: Vec<Source>,
    /// By location, the events that made its stores.
    stores: Vec<Vec<Source>>,
    /// By cell, its last write and the reads since.
    cells: BTreeMap<u32, Vec<(EventIdx, bool)>>,
    /// How many events, and accesses to atomics, have been taken in.
    taken_in: usize,
    accesses: usize,
    /// By thread, its steps, and how many idle turns of a loop it has behind it.
    did: Vec<Vec<Did>>,
    idle: Vec<u32>,
    /// The step under way: whose, what was announced, and how many events there were, in all and of its thread.
    running: Option<(u32, Pending, usize, u32)>,
    /// Whether the rest of this execution is none of the search's.
    is_astray: bool,
    /// The loops that wait for each other, or for nobody: nobody else could go on.
    stuck: Vec<Place>,
}

impl Here {
    /// An execution begins.
    fn clear(&mut self) {
        self.threads.clear();
        self.tasks.clear();
        self.children.clear();
        self.events.clear();
        self.made.clear();
        self.ended.clear();
        self.stores.clear();
        self.cells.clear();
        self.did.clear();
        self.idle.clear();
        self.stuck.clear();
        (self.taken_in, self.accesses, self.running, self.is_astray) = (0, 0, None, false);
    }
}

impl Graphs {
    /// A search that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the program does that this search does not cover, so that `dfs` has its place.
    pub fn uncovered(&self) -> Option<&'static str> {
        self.uncovered
    }

    /// Whether this execution is still the search's.
    fn is_leading(&self) -> bool {
        self.uncovered.is_none() && !self.here.is_astray
    }

    fn give_up(&mut self, what: &'static str) {
        self.uncovered.get_or_insert(what);
    }

    /// Takes in the tasks that there are now.
    fn meet(&mut self, view: View<'_>) {
        let here = &mut self.here;
        for task in here.threads.len()..view.task_count() {
            let thread = if task == 0 {
                0
            } else {
                let parent = view.task(TaskId(task as u32)).1.index();
                let key = (here.threads[parent], here.children[parent]);
                here.children[parent] += 1;
                let next = self.known.len() as u32 + 1;
                *self.known.entry(key).or_insert(next)
            };
            here.threads.push(thread);
            here.children.push(0);
            let room = here.tasks.len().max(thread as usize + 1);
            here.tasks.resize(room, None);
            here.events.resize(room, 0);
            here.made.resize(room, None);
            here.ended.resize(room, None);
            here.did.resize_with(room, Vec::new);
            here.idle.resize(room, 0);
            here.tasks[thread as usize] = Some(TaskId(task as u32));
        }
    }

    /// Takes in what has happened since the last time.
    fn take_in(&mut self, view: View<'_>) {
        self.meet(view);
        while self.uncovered.is_none()
            && let Some(event) = view.events().get(self.here.taken_in)
        {
            let access = view.accesses().get(self.here.accesses);
            let access = access.filter(|access| access.step.0 as usize == self.here.taken_in);
            self.here.taken_in += 1;
            self.here.accesses += usize::from(access.is_some());
            match self.happened(view, event, access) {
                Some(happened) => {
                    let thread = self.here.threads[event.task.index()];
                    self.here.events[thread as usize] += 1;
                    let place = self.here.events[thread as usize] - 1;
                    self.explorer.happened(thread, happened);
                    self.look_at_cell(event, EventIdx { thread, place });
                }
                None => self.give_up(event.operation.name()),
            }
        }
        if self.explorer.complaint().is_some() {
            self.give_up(DIFFERENT);
        }
    }

    /// What a cell holds follows from the graph only if the graph orders the accesses to it. Where it does not, that is a
    /// data race, and a failure unless nobody looks for those.
    fn look_at_cell(&mut self, event: &Event, at: EventIdx) {
        let writes = match event.operation {
            Operation::CellRead => false,
            Operation::CellWrite | Operation::CellGet => true,
            _ => return,
        };
        let before = self.here.cells.entry(event.object.0).or_default();
        let is_ordered = |(other, wrote): &(EventIdx, bool)| !(writes || *wrote) || self.explorer.needs(at, *other);
        if !before.iter().all(is_ordered) {
            return self.give_up("accesses to a cell that nothing orders");
        }
        if writes {
            before.clear();
        }
        before.push((at, writes));
    }

    /// An event in the search's terms; `None` if it is not covered.
    fn happened(&mut self, view: View<'_>, event: &Event, access: Option<&MemoryAccess>) -> Option<Happened> {
        let thread = self.here.threads[event.task.index()];
        let at = EventIdx { thread, place: self.here.events[thread as usize] };
        if matches!(event.outcome, Outcome::Unwinding | Outcome::WeakFailure) {
            return None;
        }
        let other = || Some(self.here.threads[view.thread(event.object)?.index()] as usize);
        let op = match event.operation {
            Operation::Load | Operation::Store | Operation::Rmw | Operation::CompareExchange => {
                return Some(self.accessed(at, access?));
            }
            Operation::Fence => Op::Fence(ordering(event.order)),
            Operation::Lock | Operation::Unlock => {
                let op = if event.operation == Operation::Lock { Op::Lock } else { Op::Unlock };
                let location = mutex(event.object.0);
                return Some(Happened { op, location, initial: 0, read: None, wrote: None });
            }
            Operation::Spawn => {
                let child = other()?;
                self.here.made[child] = Some(at);
                Op::Release
            }
            Operation::Begin => self.here.made[thread as usize].map_or(Op::Nothing, Op::Acquire),
            Operation::End => {
                self.here.ended[thread as usize] = Some(at);
                Op::Release
            }
            Operation::Join => Op::Acquire(self.here.ended[other()?]?),
            Operation::Choose | Operation::Fault => Op::Choice,
            Operation::Yield | Operation::CellRead | Operation::CellWrite | Operation::CellGet | Operation::Note => {
                Op::Nothing
            }
            _ => return None,
        };
        Some(Happened::elsewhere(op))
    }

    fn accessed(&mut self, at: EventIdx, access: &MemoryAccess) -> Happened {
        let index = access.location.0 as usize;
        if self.here.stores.len() <= index {
            self.here.stores.resize_with(index + 1, || vec![None]);
        }
        let stores = &mut self.here.stores[index];
        let read = access.read.and_then(|store| stores[store.index()]);
        if access.wrote.is_some() {
            stores.push(Some(at));
        }
        let op = match access.operation {
            MemoryOperation::Load(order) => Op::Load(order),
            MemoryOperation::Store(order) => Op::Store(order),
            MemoryOperation::Update(order) => Op::Update(order),
            MemoryOperation::Exchange { success, failure, expected } => Op::Exchange { success, failure, expected },
        };
        let wrote = access.wrote.map(|(_, word)| word);
        Happened { op, location: access.location.0 * 2, initial: access.initial, read, wrote }
    }

    /// Notes the step that has just ended, and learns whether its thread is in a loop that waits.
    fn note_step(&mut self, view: View<'_>) {
        let Some((thread, pending, events, first)) = self.here.running.take() else { return };
        let events = &view.events()[events.min(view.events().len())..];
        let read = self.explorer.read(EventIdx { thread, place: first });
        let did = &mut self.here.did[thread as usize];
        did.push(Did::new(pending, first, read, events));
        let Some(task) = self.here.tasks[thread as usize].filter(|task| !view.finished(*task)) else { return };
        let idle = &mut self.here.idle[thread as usize];
        *idle = waiting::idle_turns(did, view.pending(task), *idle);
        let turn = waiting::last_turn(did, view.pending(task)).unwrap_or_default();
        if self.loops.learn(thread, turn, *idle, view.config().step_bound) {
            (self.has_learned, self.here.is_astray) = (true, true);
        }
    }

    /// Who goes on; `None` if nobody should, or what comes is not covered.
    fn decide(&mut self, view: View<'_>) -> Option<TaskId> {
        let mut announced = vec![Announced::Ended; self.here.tasks.len()];
        let mut waiting = Vec::new();
        for (task, &thread) in self.here.threads.iter().enumerate() {
            let task = TaskId(task as u32);
            if view.finished(task) {
                continue;
            }
            let pending = view.pending(task);
            let Some(one) = self.announced(view, pending) else {
                self.give_up(pending.operation.name());
                return None;
            };
            let did = Some(&self.here.did[thread as usize]).filter(|_| self.loops.any());
            let turn = did.and_then(|did| waiting::last_turn(did, pending));
            let turn = turn.filter(|turn| self.loops.waits(thread, turn));
            let from = turn.and_then(|turn| turn.first()).map(|first| first.first);
            waiting.extend(from.map(|from| (thread, from, waiting::place(thread, pending))));
            announced[thread as usize] = if from.is_some() { Announced::Blocked } else { one };
        }
        let Some(next) = self.explorer.next(&announced) else {
            self.go_astray(&waiting);
            return None;
        };
        let task = self.here.tasks.get(next as usize).copied().flatten().filter(|task| view.is_ready(*task));
        let Some(task) = task else {
            self.give_up(DIFFERENT);
            return None;
        };
        let first = self.here.events[next as usize];
        self.here.running = Some((next, *view.pending(task), view.events().len(), first));
        Some(task)
    }

    /// Nobody goes on but threads whose loops wait.
    fn go_astray(&mut self, waiting: &[(u32, u32, Place)]) {
        if waiting.is_empty() {
            return self.give_up(DIFFERENT);
        }
        self.here.is_astray = true;
        if waiting.iter().all(|(thread, from, _)| self.explorer.reads_last(*thread, *from)) {
            self.here.stuck = waiting.iter().map(|(_, _, place)| *place).collect();
        } else {
            self.cut_off += 1;
        }
    }

    fn announced(&self, view: View<'_>, pending: &Pending) -> Option<Announced> {
        use Operation::{
            Begin, CellGet, CellRead, CellWrite, Choose, CompareExchange, End, Fault, Fence, Join, Load, Lock, Note,
            Rmw, Spawn, Store, Unlock, Yield,
        };
        if pending.deadline().is_some() {
            return None;
        }
        match pending.operation {
            Lock => Some(Announced::Lock(mutex(pending.object.0))),
            Join => Some(Announced::Join(self.here.threads[view.thread(pending.object)?.index()])),
            Load | Store | Rmw | CompareExchange | Fence | Unlock | Spawn | Begin | End | Yield | CellRead
            | CellWrite | CellGet | Choose | Fault | Note => Some(Announced::Ready),
            _ => None,
        }
    }
}

/// Why a program is not covered that does not do the same in the same graph.
const DIFFERENT: &str = "programs that do something else in the same graph";

/// Atomics have even numbers.
const fn mutex(object: u32) -> u32 {
    object * 2 + 1
}

const fn ordering(order: MemoryOrder) -> Ordering {
    match order {
        MemoryOrder::None | MemoryOrder::Relaxed => Ordering::Relaxed,
        MemoryOrder::Acquire => Ordering::Acquire,
        MemoryOrder::Release => Ordering::Release,
        MemoryOrder::AcqRel => Ordering::AcqRel,
        MemoryOrder::SeqCst => Ordering::SeqCst,
    }
}

impl Strategy for Graphs {
    fn begin(&mut self, execution: u64) -> bool {
        if execution == 0 {
            *self = Self::new();
        }
        if let Some(dfs) = &mut self.instead {
            return dfs.begin(1);
        }
        if self.uncovered.is_some() {
            return self.instead.insert(Dfs::new()).begin(0);
        }
        if std::mem::take(&mut self.has_learned) {
            self.explorer = Explorer::new();
        }
        self.here.clear();
        self.explorer.begin()
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        if let Some(dfs) = &mut self.instead {
            return dfs.next_task(view);
        }
        if !view.is_weak() {
            self.give_up("loads of what was stored last alone");
        }
        if self.is_leading() {
            self.take_in(view);
        }
        if self.is_leading() {
            self.note_step(view);
        }
        if self.is_leading()
            && let Some(task) = self.decide(view)
        {
            return task;
        }
        // The rest of this execution is none of the search's. Everybody has their turn.
        let current = view.current();
        view.ready().iter().find(|&task| task > current).unwrap_or_else(|| view.ready().nth(0))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        if let Some(dfs) = &mut self.instead {
            return dfs.choose(view, alternatives);
        }
        if !self.is_leading() {
            return 0;
        }
        self.take_in(view);
        if !self.is_leading() {
            return 0;
        }
        let (task, thread) = (view.current(), self.here.threads[view.current().index()]);
        let operation = view.pending(task).operation;
        if !view.asks_memory() {
            if operation == Operation::CompareExchange {
                self.give_up("weak exchanges that fail");
                return 0;
            }
            return self.explorer.choose(thread, alternatives);
        }
        let Some((location, offered)) = view.offered(view.pending(task).object) else { return 0 };
        let stores = self.here.stores.get(location.0 as usize);
        let source = |store: &bohrbug_memory::StoreIdx| stores.and_then(|stores| stores[store.index()]);
        let offered: Vec<Source> = offered.iter().map(source).collect();
        let chosen = match operation {
            Operation::Store => self.explorer.place(thread, &offered),
            _ => {
                let did = &self.here.did[thread as usize];
                let again = waiting::read_again(did, view.pending(task), self.here.idle[thread as usize]);
                self.explorer.store_or(thread, &offered, again)
            }
        };
        chosen as u32
    }

    fn end(&mut self, view: View<'_>) {
        if let Some(dfs) = &mut self.instead {
            return dfs.end(view);
        }
        if self.here.is_astray && !self.here.stuck.is_empty() && !view.is_cut() {
            self.loops.refute(std::mem::take(&mut self.here.stuck));
            self.has_learned = true;
        }
        // What came after the bound was nobody's decision.
        if !self.is_leading() || view.is_cut() {
            return;
        }
        self.take_in(view);
        self.explorer.end();
        if self.explorer.complaint().is_some() {
            self.give_up(DIFFERENT);
        }
    }

    fn descriptor(&self) -> Descriptor {
        match &self.instead {
            Some(dfs) => dfs.descriptor(),
            None => Descriptor::searching().to_the_end().knowing_words(),
        }
    }

    fn standing(&self) -> Standing {
        match &self.instead {
            Some(dfs) => Standing { uncovered: self.uncovered, ..dfs.standing() },
            None => {
                let (proves, awaits) = (self.uncovered.is_none() && !self.has_learned, self.loops.any());
                Standing { proves, awaits, cut_off: self.cut_off, ..Standing::default() }
            }
        }
    }
}
