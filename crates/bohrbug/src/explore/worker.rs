//! One of the threads of an exploration: a strategy, monitors and an execution of its own, and the numbers it is dealt.
//!
//! A strategy that learns from its first executions runs these in each thread. Only the first worker's count.

use std::ops::Range;

use bohrbug_sync::control::View;
use bohrbug_trace::ObjectId;

use super::Exploration;
use super::deal::Deal;
use super::tally::{Record, Recorder};
use crate::budget::Stopwatch;
use crate::runtime::{NativeRun, Program};
use crate::session::Session;

/// What a worker says.
#[derive(Debug)]
pub(super) enum Message {
    /// It has run these.
    Ran(Batch),
    /// An execution has used what an earlier one did, so executions cannot run side by side.
    Shares,
}

/// Executions of consecutive numbers.
#[derive(Debug)]
pub(super) struct Batch {
    /// The number of the first.
    pub(super) begin: u64,
    pub(super) records: Vec<Record>,
    /// Whether nothing was left to explore after these.
    pub(super) is_last: bool,
}

/// What joins a worker to the others.
pub(super) trait Link {
    /// Hands over what it has to say.
    fn say(&mut self, message: Message);

    /// Whatever is to be done between two executions.
    fn pause(&mut self) {}

    /// The executions that it is to run next; `None` if there will never be any. `is_in_order` says which of them only the
    /// first worker can run.
    fn next(&mut self, is_in_order: impl Fn(u64) -> bool) -> Option<Range<u64>>;
}

/// One of the threads.
pub(super) struct Worker<'a, L> {
    pub(super) exploration: &'a Exploration,
    pub(super) program: &'a Program,
    pub(super) deal: &'a Deal,
    /// How many executions the strategy learns from.
    pub(super) learning: u64,
    /// Whether the first failure ends the exploration.
    pub(super) stops_at_failures: bool,
    pub(super) is_first: bool,
    /// Since when the exploration has taken time.
    pub(super) watch: Stopwatch,
    pub(super) link: L,
}

impl<L: Link> Worker<'_, L> {
    /// Runs what it is dealt until nothing is left.
    pub(super) fn work(mut self) {
        let _end = EndIfPanicking(self.deal);
        let exploration = self.exploration;
        let Exploration { strategy, seed, config, .. } = exploration;
        let Some(strategy) = strategy.make(*seed, config.memory) else { return };
        let session = Session::new(strategy, self.program, &exploration.on, &exploration.off);
        let mut run = NativeRun::new(session, &exploration.config, self.program);
        let mut recorder = Recorder::new(exploration);
        if self.is_first {
            self.do_block(0..self.learning, &mut run, &mut recorder);
        } else {
            self.learn(&mut run);
        }
        while let Some(block) = self.link.next(|number| run.strategy().is_in_order(number)) {
            self.do_block(block, &mut run, &mut recorder);
        }
    }

    /// Runs the executions that the strategy learns from, which the first worker counts.
    fn learn(&mut self, run: &mut NativeRun<'_>) {
        for number in 0..self.learning {
            if !self.deal.counts(number) {
                return;
            }
            if run.strategy().is_in_order(number) {
                continue;
            }
            if run.one(number).is_some_and(|ended| shares(ended.execution.view())) {
                self.link.say(Message::Shares);
                return;
            }
        }
    }

    /// Whether whoever counts will end the exploration at the next record that it sees: the rest of a block, of which each
    /// execution may take a second, is not waited for.
    fn is_out_of_time(&self) -> bool {
        self.exploration.budget.is_out_of_time(self.watch)
    }

    fn do_block(&mut self, block: Range<u64>, run: &mut NativeRun<'_>, recorder: &mut Recorder) {
        let records = Vec::with_capacity((block.end - block.start) as usize);
        let mut batch = Batch { begin: block.start, records, is_last: false };
        for number in block {
            if !self.deal.counts(number) || !batch.records.is_empty() && self.is_out_of_time() {
                break;
            }
            let Some(ended) = run.one(number) else {
                batch.is_last = true;
                self.deal.end_at(number);
                break;
            };
            if shares(ended.execution.view()) {
                self.link.say(Message::Shares);
                return;
            }
            let record = recorder.record(number, ended);
            if self.stops_at_failures && record.failure().is_some() {
                self.deal.end_at(number + 1);
            }
            batch.records.push(record);
            self.link.pause();
        }
        self.link.say(Message::Ran(batch));
    }
}

/// Whether the execution used an object that an earlier one had used, in this exploration or before.
pub(super) fn shares(view: View<'_>) -> bool {
    (0..view.object_count() as u32).any(|object| view.origin(ObjectId(object)).carried)
}

/// Lets nobody wait for a worker that has panicked, by a bug of ours.
struct EndIfPanicking<'a>(&'a Deal);

impl Drop for EndIfPanicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end_at(0);
        }
    }
}
