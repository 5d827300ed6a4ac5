//! `bounded`: every schedule without a preemption, then every one with one preemption, with two, and so on.
//!
//! Iterative context bounding (Musuvathi, Qadeer, PLDI 2007): most bugs need few preemptions, and there are few schedules
//! with few of them. The bound grows until nothing is left, which is a proof; or up to a fixed one, and then what is
//! proved is that no schedule with so many preemptions fails. Choices are enumerated and cost nothing.
//!
//! Notes on the paper:
//! 1. What a preemption is says [`Preemptions`]. To go on with a task that yields over and over counts as one.
//! 2. A thread that has begun goes on with its first operation, unless that has to wait. To begin and then be preempted
//!    is the same as to begin later, with at least as many preemptions.
//! 3. No schedule runs twice: each round takes up the branches that the one before it had no preemption left for. They
//!    are kept as a log of paths, each without what it shares with the one before it: 16 bytes for each new decision of
//!    each execution of the last round and this one, which is the memory that it needs.

mod path;
mod rounds;

pub use rounds::Rounds;

use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};

use super::preemption::{Free, Preemptions};
use super::{Standing, Strategy};
use path::{Branches, Decision, Log};
use rounds::State;

/// Search by the number of preemptions.
#[derive(Clone, Debug)]
pub struct Bounded {
    /// The last bound; `None` for as many as there are.
    most: Option<u32>,
    rounds: Rounds,
    /// The decisions of this execution, and after `depth` those of the one before it.
    path: Vec<Decision>,
    depth: usize,
    /// The first decision of the path that no logged path had.
    new: usize,
    preemptions: Preemptions,
    /// The paths of the round before, whose branches with one more preemption are run in this one.
    work: Log,
    /// The paths of this round.
    log: Log,
    /// The branches of one path of `work` that are still to be run.
    branches: Branches,
    complaint: Option<String>,
}

impl Bounded {
    /// A search that goes on to larger bounds until nothing is left.
    pub fn new() -> Self {
        Self::up_to(None)
    }

    /// A search of the schedules with at most so many preemptions. When it ends they have all run; it is exhaustive if
    /// there are no others.
    pub fn at_most(preemptions: u32) -> Self {
        Self::up_to(Some(preemptions))
    }

    fn up_to(most: Option<u32>) -> Self {
        Self {
            most,
            rounds: Rounds::default(),
            path: Vec::new(),
            depth: 0,
            new: 0,
            preemptions: Preemptions::new(),
            work: Log::default(),
            log: Log::default(),
            branches: Branches::default(),
            complaint: None,
        }
    }

    /// How far it has come, for as long as it runs and after.
    pub fn rounds(&self) -> Rounds {
        self.rounds.clone()
    }

    /// Takes the decision that is next on the path, `new` at its end.
    fn decide(&mut self, new: Decision) -> u32 {
        if new.alternatives < 2 {
            return 0;
        }
        if self.depth == self.path.len() {
            self.path.push(new);
        }
        let decision = self.path[self.depth];
        if !decision.is_same_but_for_taken(new) {
            self.complaint.get_or_insert(format!(
                "the program behaved differently under the same schedule: at decision {} it could not go on as it did \
                 when it came there before",
                self.depth
            ));
        }
        self.depth += 1;
        decision.taken.min(new.alternatives - 1)
    }

    /// The next path with as many preemptions as this one.
    fn advance(&mut self) -> bool {
        while self.path.len() > self.branches.end
            && let Some(last) = self.path.last_mut()
        {
            if last.advance() {
                self.new = self.path.len();
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// The next branch with one preemption more than the round before had, or the first of another round.
    fn branch(&mut self) -> bool {
        loop {
            if let Some(length) = self.branches.next(&mut self.path) {
                self.new = length;
                return true;
            }
            if let Some(new) = self.work.pop() {
                self.branches = Branches::of(self.work.path.clone(), new);
            } else if !self.next_round() {
                return false;
            }
        }
    }

    fn next_round(&mut self) -> bool {
        let is_last = self.log.is_empty();
        self.rounds.set(|state| {
            state.completed = Some(state.bound);
            state.bound += u32::from(!is_last);
        });
        self.work = std::mem::take(&mut self.log);
        self.work.path.clear();
        !is_last
    }

    /// Notes the path for the next round, if there is one.
    fn keep(&mut self) {
        let cut = self.path[self.new..].iter().any(|decision| decision.free < decision.alternatives);
        if self.most.is_some_and(|most| self.rounds.bound() >= most) {
            self.rounds.set(|state| state.cut |= cut);
        } else if cut {
            self.log.push(&self.path, self.new);
        }
    }
}

impl Default for Bounded {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the last event is a thread's begin, and nothing happened since that another task could see.
fn has_just_begun(view: View<'_>) -> bool {
    let chosen = |operation| matches!(operation, Operation::Choose | Operation::Fault);
    let last = view.events().iter().rev().find(|event| !chosen(event.operation));
    last.is_some_and(|event| event.operation == Operation::Begin && event.task == view.current())
}

impl Strategy for Bounded {
    fn begin(&mut self, execution: u64) -> bool {
        self.preemptions = Preemptions::new();
        self.depth = 0;
        if execution == 0 {
            *self = Self { rounds: self.rounds.clone(), ..Self::up_to(self.most) };
            self.rounds.set(|state| *state = State::default());
            return true;
        }
        self.advance() || self.branch()
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let free = self.preemptions.free(view);
        let ready = view.ready();
        if let Some(only) = ready.only() {
            return only;
        }
        let current = view.current();
        if free == Free::Staying && has_just_begun(view) {
            return current;
        }
        let alternatives = ready.len() as u32;
        let place = ready.iter().position(|task| task == current).unwrap_or(0) as u32;
        let next = (place + 1) % alternatives;
        let decision = match free {
            Free::Staying => Decision::free(place, 1, alternatives),
            Free::Leaving => Decision::free(next, alternatives - 1, alternatives),
            // Whoever yields is the last to go on.
            Free::All if view.current_is_ready() => Decision::free(next, alternatives, alternatives),
            Free::All => Decision::free(0, alternatives, alternatives),
        };
        ready.nth(self.decide(decision) as usize)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.decide(Decision::free(0, alternatives, alternatives))
    }

    fn end(&mut self, _: View<'_>) {
        self.path.truncate(self.depth);
        self.new = self.new.min(self.depth);
        self.keep();
    }

    fn standing(&self) -> Standing {
        Standing { proves: !self.rounds.is_cut(), complaint: self.complaint.clone(), ..Standing::default() }
    }
}

#[cfg(test)]
mod tests;
