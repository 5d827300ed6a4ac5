//! One exploration in several OS threads, with the same result as in one.
//!
//! An execution of a strategy that draws depends on the seed, on its number and on the few that the strategy learns from;
//! so executions are dealt out by their numbers, and counted here in the order of these, as if one thread had
//! run them: figures, budgets and the first failure are the same however many threads there are. What was run beyond the
//! end is dropped.
//!
//! It holds only while executions have nothing in common. Where one is seen to use what another has used, the exploration
//! begins again in one thread. What does not come from `bohrbug_sync` is not seen, and neither is a static atomic, which
//! has no place to remember by who used it; but a failure counts only if its execution comes again when it is repeated
//! alone.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::Runtime;
use bohrbug_trace::FailureKind;

use super::Exploration;
use super::deal::{Deal, Next};
use super::observer::Observer;
use super::worker::{Batch, Link, Message, Worker};
use super::{statics, tree};
use crate::determinism::Events;
use crate::runtime::Program;
use crate::search::Searches;
use crate::survive::{self, Guard};
use crate::{hook, memory};

/// The most threads: a process can have four times as many that explore.
const MOST: usize = 64;

/// How several threads are used, if they are asked for and of use.
pub(super) fn way(exploration: &Exploration, searches: &Searches, observer: &Observer) -> Option<Way> {
    if exploration.jobs <= 1 || searches.runtime() != Runtime::Native || watches_memory(exploration) {
        return None;
    }
    let can_share = observer.stops_at_failures() && statics::can_be_told();
    match &exploration.strategy {
        strategy if strategy.can_be_split() => Some(explore),
        strategy if strategy.can_be_shared(exploration.config.memory) && can_share => Some(tree::explore),
        _ => None,
    }
}

/// Explores in as many threads as are asked for; `None` if executions share something.
pub(super) type Way = fn(&Exploration, &Program, &mut Observer) -> Option<Split>;

/// What an exploration in several threads comes to, beside what was counted.
#[derive(Debug)]
pub(super) struct Split {
    /// Whether nothing is left to explore.
    pub(super) is_complete: bool,
    /// The first execution of a search.
    pub(super) first: Option<Events>,
}

/// Whether leaks are looked for: one that comes again and again in the executions of one thread.
pub(super) fn watches_memory(exploration: &Exploration) -> bool {
    memory::is_installed() && !exploration.off.iter().any(|name| name == FailureKind::MemoryMisuse.name())
}

/// Explores in as many threads as are asked for. `None` if executions share something.
///
/// This thread is the first of them, and counts between its own executions: one more that only counts would take the place
/// of one that explores.
fn explore(exploration: &Exploration, program: &Program, observer: &mut Observer) -> Option<Split> {
    let learning = exploration.strategy.make(exploration.seed, exploration.config.memory)?.descriptor().learning;
    let deal = &Deal::new(learning, exploration.budget.executions.map_or(u64::MAX, |executions| executions.max(1)));
    let (sender, messages) = mpsc::channel();
    let watch = observer.watch();
    let stops_at_failures = observer.stops_at_failures();
    let other = move || {
        let link = Joined { sender: sender.clone(), deal };
        let worker = Worker { exploration, program, deal, learning, stops_at_failures, is_first: false, watch, link };
        move || worker.work()
    };
    let mut counter = Counter { messages, deal, observer, waiting: SortedMap::new(), ending: None };
    let is_complete = in_threads(exploration.jobs, other, || {
        let link = &mut counter;
        Worker { exploration, program, deal, learning, stops_at_failures, is_first: true, watch, link }.work();
        counter.finish()
    })?;
    Some(Split { is_complete, first: None })
}

/// Has this thread work, and further ones, so that there are as many as are asked for.
///
/// What makes the others' work is gone when this one begins with its own.
pub(super) fn in_threads<W: FnOnce() + Send, T>(jobs: usize, other: impl Fn() -> W, own: impl FnOnce() -> T) -> T {
    let _quiet = hook::Quiet::begin();
    let shared = &survive::shared();
    thread::scope(|scope| {
        let spawn = |_| {
            let work = other();
            thread::Builder::new().spawn_scoped(scope, move || {
                let _guard = shared.as_ref().and_then(Guard::share);
                work();
            })
        };
        // A machine that has no more threads has to do with fewer.
        let others: Vec<_> = (1..jobs.min(MOST)).map_while(|number| spawn(number).ok()).collect();
        drop(other);
        let worked = own();
        for thread in others {
            if let Err(payload) = thread.join() {
                resume_unwind(payload);
            }
        }
        worked
    })
}

/// How the others are joined to the first worker.
struct Joined<'a> {
    sender: Sender<Message>,
    deal: &'a Deal,
}

impl Link for Joined<'_> {
    fn say(&mut self, message: Message) {
        // Nobody listens any more only when the exploration is over.
        let _ = self.sender.send(message);
    }

    fn next(&mut self, is_in_order: impl Fn(u64) -> bool) -> Option<Range<u64>> {
        self.deal.take(is_in_order)
    }
}

/// How an exploration has ended.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Complete,
    Stopped,
    /// Executions share something.
    Void,
}

/// Counts what the workers have run, in the order of the numbers.
struct Counter<'a> {
    messages: Receiver<Message>,
    deal: &'a Deal,
    observer: &'a mut Observer,
    /// What comes after executions that are not known yet.
    waiting: SortedMap<u64, Batch>,
    ending: Option<Ending>,
}

impl Counter<'_> {
    /// Waits for what the others are still at.
    fn finish(mut self) -> Option<bool> {
        while self.ending.is_none()
            && let Ok(message) = self.messages.recv()
        {
            (&mut self).say(message);
        }
        match self.ending? {
            Ending::Complete => Some(true),
            Ending::Stopped => Some(false),
            Ending::Void => None,
        }
    }

    /// Counts all that is known without a gap; how the exploration has ended, if it has.
    fn count(&mut self) -> Option<Ending> {
        while let Some(batch) = self.waiting.remove(&self.observer.executions()) {
            if batch.records.into_iter().any(|record| self.observer.see(record).is_break()) {
                return Some(Ending::Stopped);
            }
            if batch.is_last {
                return Some(Ending::Complete);
            }
        }
        None
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.deal.end_at(0);
    }
}

impl Link for &mut Counter<'_> {
    fn say(&mut self, message: Message) {
        if self.ending.is_some() {
            return;
        }
        let Message::Ran(batch) = message else { return self.end(Ending::Void) };
        self.waiting.insert(batch.begin, batch);
        match self.count() {
            Some(ending) => self.end(ending),
            None => self.deal.know(self.observer.executions()),
        }
    }

    fn pause(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            self.say(message);
        }
    }

    fn next(&mut self, is_in_order: impl Fn(u64) -> bool) -> Option<Range<u64>> {
        loop {
            self.pause();
            match self.deal.look(true, &is_in_order) {
                Next::Block(block) => return Some(block),
                Next::Never => return None,
                // The others run what has to be known first. If they are gone, by a bug of ours, it is over.
                Next::Later => self.say(self.messages.recv().ok()?),
            }
        }
    }
}
