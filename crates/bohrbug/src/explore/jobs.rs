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

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use bohrbug_sync::control::Runtime;

use super::Exploration;
use super::deal::Deal;
use super::observer::Observer;
use super::worker::{Batch, Message, Worker};
use crate::runtime::Program;
use crate::search::{self, Searches};
use crate::{hook, memory, strategy};

/// The most threads: a process can have four times as many that explore.
const MOST: usize = 64;

/// Whether several threads are asked for, and of use.
pub(super) fn can_split(exploration: &Exploration, searches: &Searches) -> bool {
    let draws = || search::is_seeded(&exploration.strategy) == Ok(true);
    exploration.jobs > 1 && searches.runtime() == Runtime::Native && draws() && !watches_memory(exploration)
}

/// Whether leaks are looked for: one that comes again and again in the executions of one thread.
fn watches_memory(exploration: &Exploration) -> bool {
    memory::is_installed() && !exploration.off.iter().any(|name| name == "memory-misuse")
}

/// Explores in as many threads as are asked for. Whether nothing is left to explore; `None` if executions share something.
pub(super) fn explore(exploration: &Exploration, program: &Program, observer: &mut Observer) -> Option<bool> {
    let _quiet = hook::Quiet::begin();
    let learning = strategy::named(&exploration.strategy, exploration.seed)?.learning();
    let deal = Deal::new(learning, exploration.budget.executions.map_or(u64::MAX, |executions| executions.max(1)));
    let (sender, messages) = mpsc::channel();
    let stops_at_failures = observer.stops_at_failures();
    let worker = |is_first| {
        let sender = sender.clone();
        Worker { exploration, program, deal: &deal, learning, stops_at_failures, is_first, sender }
    };
    let workers: Vec<_> = (0..exploration.jobs.min(MOST)).map(|number| worker(number == 0)).collect();
    drop(sender);
    thread::scope(|scope| {
        let spawn = |worker| thread::Builder::new().spawn_scoped(scope, || Worker::work(worker));
        let threads: Vec<_> = workers.into_iter().map(spawn).collect();
        if threads.iter().any(Result::is_err) {
            // The machine has no more threads; one is enough.
            deal.end_at(0);
        }
        let ending = count(messages, &deal, observer);
        deal.end_at(0);
        for thread in threads.into_iter().flatten() {
            if let Err(payload) = thread.join() {
                resume_unwind(payload);
            }
        }
        ending
    })
}

/// Counts what the workers have run, in the order of the numbers, until the exploration is over.
fn count(messages: Receiver<Message>, deal: &Deal, observer: &mut Observer) -> Option<bool> {
    let mut waiting: BTreeMap<u64, Batch> = BTreeMap::new();
    for message in messages {
        let Message::Ran(batch) = message else { return None };
        waiting.insert(batch.begin, batch);
        while let Some(batch) = waiting.remove(&observer.executions()) {
            if batch.records.into_iter().any(|record| observer.see(record).is_break()) {
                return Some(false);
            }
            if batch.is_last {
                return Some(true);
            }
        }
        deal.know(observer.executions());
    }
    None
}
