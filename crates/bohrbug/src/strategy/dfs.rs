//! `dfs`: every schedule and every choice, depth first, by brute force.
//!
//! It is the oracle of the other searches, and a proof where it ends. Nothing is reduced but one thing: a thread's first
//! step, which commutes with every step of every other task, is taken at once. A program that can loop for ever has no
//! end of schedules.

use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};

use super::Strategy;

/// Exhaustive depth-first search.
#[derive(Clone, Debug, Default)]
pub struct Dfs {
    path: Vec<Decision>,
    depth: usize,
    complaint: Option<String>,
}

/// One decision on the current path.
#[derive(Clone, Copy, Debug)]
struct Decision {
    taken: u32,
    alternatives: u32,
}

impl Dfs {
    /// A search that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    fn decide(&mut self, alternatives: u32) -> u32 {
        if alternatives < 2 {
            return 0;
        }
        let depth = self.depth;
        self.depth += 1;
        match self.path.get_mut(depth) {
            Some(decision) if decision.alternatives == alternatives => decision.taken,
            Some(decision) => {
                self.complaint = Some(format!(
                    "the program behaved differently under the same schedule: at decision {depth} it could go on in \
                     {alternatives} ways, and in {} when it came there before",
                    decision.alternatives
                ));
                decision.taken.min(alternatives - 1)
            }
            None => {
                self.path.push(Decision { taken: 0, alternatives });
                0
            }
        }
    }
}

impl Strategy for Dfs {
    fn begin(&mut self, execution: u64) -> bool {
        self.depth = 0;
        if execution == 0 {
            self.path.clear();
            return true;
        }
        while let Some(last) = self.path.last_mut() {
            last.taken += 1;
            if last.taken < last.alternatives {
                return true;
            }
            self.path.pop();
        }
        false
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let ready = view.ready();
        let beginner = ready.iter().find(|task| view.pending(*task).operation == Operation::Begin);
        beginner.unwrap_or_else(|| ready.nth(self.decide(ready.len() as u32) as usize))
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.decide(alternatives)
    }

    fn end(&mut self, _: View<'_>) {
        self.path.truncate(self.depth);
    }

    fn is_exhaustive(&self) -> bool {
        true
    }

    fn complaint(&self) -> Option<String> {
        self.complaint.clone()
    }
}
