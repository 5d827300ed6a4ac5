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

mod terms;
mod waiting;

use bohrbug_memory::graphs::{Announced, EventIdx, Explorer, Source};
use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::{Operation, TaskId};

use self::waiting::{Did, Loops, Place};
use super::{Descriptor, Dfs, Standing, Strategy};

/// The search for execution graphs.
#[derive(Clone, Debug, Default)]
pub struct Graphs {
    explorer: Explorer,
    /// Threads that ever were, by parent and place among its children.
    known: SortedMap<(u32, u32), u32>,
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
    cells: SortedMap<u32, Vec<(EventIdx, bool)>>,
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
}

/// Why a program is not covered that does not do the same in the same graph.
const DIFFERENT: &str = "programs that do something else in the same graph";

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
