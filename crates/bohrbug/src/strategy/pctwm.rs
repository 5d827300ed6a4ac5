//! `pctwm`: probabilistic concurrency testing for weak memory (Gao, Chakraborty, Kulahcioglu Ozkan, ASPLOS 2023).
//!
//! What a bug needs under weak memory is not so much an order of steps as a few reads that see what another thread has stored,
//! while all others do not. So `depth` of the reads are drawn: the task that comes to one is lowered below all others, and then
//! reads one of the [`HISTORY`] latest stores. Every other read returns the oldest value that memory allows: what its task knows
//! already.
//!
//! Departures from the paper:
//! 1. How many reads there are is [drawn](super::length) for each execution. In the first none is drawn.
//! 2. Whatever waits or receives (a lock, a message, a join) counts as a read: it communicates, too, and so the strategy is of use
//!    under sequential consistency, where it lowers tasks before such steps alone.
//! 3. A store goes to the end of its location's modification order three times out of four, and else anywhere: the paper's always
//!    do, and so two orders of stores (2+2W) are never seen.
//! 4. A task that reads the same again and again, or yields, while others can run is lowered, and reads the latest store: it may
//!    wait for that.
//! 5. No guarantee is printed: with what 3 and 4 do the paper's does not hold as it stands.

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::{ObjectId, Operation, TaskId};
use rand::Rng;
use rand::seq::index;
use rand_pcg::Pcg64Mcg;
use smallvec::SmallVec;

use super::length::{LEARNING, Length};
use super::ranks::Ranks;
use super::{Descriptor, Strategy, generator};

/// How many of the latest stores a read that was drawn chooses from.
const HISTORY: u32 = 2;

/// How often a task looks again, and does nothing else, before it is taken to wait.
const PATIENCE: u32 = 8;

/// Random priorities, and a few reads that communicate.
#[derive(Clone, Debug)]
pub struct Pctwm {
    seed: u64,
    depth: usize,
    generator: Pcg64Mcg,
    /// Of each task seen so far.
    tasks: Vec<Task>,
    ranks: Ranks,
    /// The reads that communicate, by their place among all of the execution.
    drawn: Vec<usize>,
    reads: usize,
    /// What the present step reads from.
    history: u32,
    length: Length,
    execution: u64,
}

#[derive(Clone, Debug, Default)]
struct Task {
    /// Whether it was decided what its next step reads from.
    is_decided: bool,
    /// From how many of the latest stores that is; 0: from what it knows already.
    history: u32,
    /// What it has looked at since it last did anything else, and how often it has looked again since, or yielded.
    looked_at: SmallVec<[ObjectId; 4]>,
    looks: u32,
}

impl Pctwm {
    /// For bugs that need at most `depth` reads from other tasks.
    pub fn new(seed: u64, depth: usize) -> Self {
        Self {
            seed,
            depth: depth.max(1),
            generator: generator(seed, 0),
            tasks: Vec::new(),
            ranks: Ranks::default(),
            drawn: Vec::new(),
            reads: 0,
            history: 0,
            length: Length::default(),
            execution: 0,
        }
    }

    fn task(&mut self, task: TaskId) -> &mut Task {
        if self.tasks.len() <= task.index() {
            self.tasks.resize_with(task.index() + 1, Task::default);
        }
        &mut self.tasks[task.index()]
    }

    /// Decides what the task's next step reads from.
    fn decide(&mut self, task: TaskId, &Pending { operation, object, .. }: &Pending) {
        let mut history = 0;
        if reads(operation) {
            history = if self.drawn.contains(&self.reads) { HISTORY } else { 0 };
            self.reads += 1;
        }
        let task = self.task(task);
        if task.has_lost_patience(operation, object) {
            history = 1;
        }
        (task.is_decided, task.history) = (true, history);
    }
}

impl Task {
    /// Whether it has looked at the same things again and again, so that it may be waiting.
    fn has_lost_patience(&mut self, operation: Operation, object: ObjectId) -> bool {
        if !only_looks(operation) {
            self.looked_at.clear();
            self.looks = 0;
            return false;
        }
        if operation != Operation::Yield && !self.looked_at.contains(&object) {
            self.looked_at.push(object);
            return false;
        }
        self.looks = (self.looks + 1) % PATIENCE;
        self.looks == 0
    }
}

/// Whether a task may learn of others by it.
fn reads(operation: Operation) -> bool {
    operation.can_block() || matches!(operation, Operation::Load | Operation::Rmw | Operation::CompareExchange)
}

/// Whether a task that waits for others may do nothing else.
const fn only_looks(operation: Operation) -> bool {
    matches!(operation, Operation::Yield | Operation::Load | Operation::CompareExchange)
}

impl Strategy for Pctwm {
    fn begin(&mut self, execution: u64) -> bool {
        self.generator = generator(self.seed, execution);
        self.execution = execution;
        self.tasks.clear();
        self.ranks.clear();
        self.reads = 0;
        let length = self.length.draw(self.seed, execution);
        self.drawn = index::sample(&mut self.generator, length, self.depth.min(length)).into_vec();
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        // A task is lowered once before a step, so this ends.
        loop {
            let next = self.ranks.highest(view, &mut self.generator);
            if !self.task(next).is_decided {
                self.decide(next, view.pending(next));
                if self.task(next).history > 0 && view.ready().only().is_none() {
                    self.ranks.lower(next, &mut self.generator);
                    continue;
                }
            }
            let task = self.task(next);
            task.is_decided = false;
            self.history = task.history;
            return next;
        }
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        if !view.asks_memory() {
            return self.generator.random_range(0..alternatives);
        }
        let among = if view.pending(view.current()).operation == Operation::Store {
            if self.generator.random_range(0..4) == 0 { alternatives } else { 1 }
        } else if self.history > 0 {
            self.history.min(alternatives)
        } else {
            return alternatives - 1;
        };
        self.generator.random_range(0..among)
    }

    fn end(&mut self, view: View<'_>) {
        self.length.learn(self.execution, self.reads, view.is_cut());
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling().learning_from(LEARNING)
    }
}
