//! `dfs`: every schedule and every choice, depth first, by brute force.
//!
//! It is the oracle of the other searches, and a proof where it ends. Nothing is reduced but one thing: a thread's first
//! step is taken at once, since it commutes with every step of every other task. It does not if the thread does
//! something on the way to its first scheduling point: accesses a cell, or panics and unwinds. That is seen when it
//! happens, and then the step is a decision like any other. A program that can loop for ever has no end of schedules.

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{Operation, TaskId};

use super::{Standing, Strategy, explored_share};

/// Exhaustive depth-first search.
#[derive(Clone, Debug, Default)]
pub struct Dfs {
    path: Vec<Decision>,
    depth: usize,
    /// The thread's first step that was just taken at once.
    began: Option<Began>,
    complaint: Option<String>,
    /// The beginning of the path that says which subtree it is in, where there are such.
    subtree: Beginning,
}

/// The beginning of a path: its decisions down to a depth, and beyond until the first step of a thread that was taken at once
/// is over, since only then it is known whether that was a decision.
#[derive(Clone, Copy, Debug, Default)]
struct Beginning {
    /// The depth; `None` if nobody asks for subtrees.
    cut: Option<usize>,
    /// How many decisions it has, if that is known.
    length: Option<usize>,
    /// Whether any path came so deep.
    was_reached: bool,
}

/// One decision on the current path.
#[derive(Clone, Copy, Debug)]
struct Decision {
    taken: u32,
    /// One for a thread's first step that is taken at once.
    alternatives: u32,
    /// For a thread's first step, the place of that thread: it is taken first, and the others follow in a circle.
    beginner: Option<u32>,
}

/// A thread's first step that was taken at once.
#[derive(Clone, Copy, Debug)]
struct Began {
    depth: usize,
    /// How many tasks could have gone instead.
    alternatives: u32,
    /// How many events there had been.
    events: usize,
}

impl Dfs {
    /// A search that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that says where subtrees begin: below so many decisions.
    pub(super) fn with_subtrees(cut: usize) -> Self {
        Self { subtree: Beginning { cut: Some(cut), ..Beginning::default() }, ..Self::default() }
    }

    /// Leaves the rest of the subtree of the last execution out.
    pub(super) fn leave_subtree(&mut self) {
        self.path.truncate(self.subtree.length.unwrap_or(self.path.len()));
    }

    /// Whether any execution came as deep as subtrees begin.
    pub(super) const fn has_reached_subtrees(&self) -> bool {
        self.subtree.was_reached
    }

    /// Whether the execution that has begun is the first of its subtree; asked before its first decision.
    pub(super) fn begins_subtree(&mut self) -> bool {
        let begins = self.subtree.length.is_none_or(|length| self.path.len() <= length);
        if begins {
            self.subtree.length = None;
        }
        begins
    }

    fn decide(&mut self, alternatives: u32) -> u32 {
        if alternatives < 2 {
            return 0;
        }
        let decision = self.next(Decision { taken: 0, alternatives, beginner: None });
        if decision.beginner.is_some() || decision.alternatives != alternatives {
            self.complain(alternatives, decision.alternatives);
        }
        decision.taken.min(alternatives - 1)
    }

    /// The next decision on the path; `new` at its end.
    fn next(&mut self, new: Decision) -> Decision {
        let is_below = self.subtree.cut.is_some_and(|cut| self.depth >= cut) && self.began.is_none();
        if is_below && self.subtree.length.is_none() {
            self.subtree.length = Some(self.depth);
            self.subtree.was_reached = true;
        }
        if self.depth == self.path.len() {
            self.path.push(new);
        }
        self.depth += 1;
        self.path[self.depth - 1]
    }

    fn complain(&mut self, alternatives: u32, before: u32) {
        self.complaint = Some(format!(
            "the program behaved differently under the same schedule: at decision {} it could go on in {alternatives} \
             ways, and in {before} when it came there before",
            self.depth - 1
        ));
    }

    /// The place, among the tasks that are ready, of the next: the thread at `beginner`, unless its first step has turned
    /// out to be a decision and another alternative is due.
    fn begin_thread(&mut self, view: View<'_>, beginner: u32) -> u32 {
        let alternatives = view.ready().len() as u32;
        let decision = self.next(Decision { taken: 0, alternatives: 1, beginner: Some(beginner) });
        if decision.alternatives == 1 {
            self.began = Some(Began { depth: self.depth - 1, alternatives, events: view.events().len() });
        } else if decision.alternatives != alternatives {
            self.complain(alternatives, decision.alternatives);
        }
        if decision.beginner != Some(beginner) {
            self.complain(1, decision.alternatives);
        }
        (beginner + decision.taken) % alternatives
    }

    /// Looks whether the thread that began at once did more than that.
    fn look_back(&mut self, view: View<'_>) {
        let Some(began) = self.began.take() else { return };
        use Operation::{Begin, Choose, Fault, Note};
        let harmless = |event: &Event| matches!(event.operation, Begin | Choose | Fault | Note);
        if !view.events()[began.events..].iter().all(harmless) {
            self.path[began.depth].alternatives = began.alternatives;
        }
    }
}

impl Strategy for Dfs {
    fn begin(&mut self, execution: u64) -> bool {
        self.depth = 0;
        self.began = None;
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
        self.look_back(view);
        let ready = view.ready();
        let beginner = ready.iter().position(|task| view.pending(task).operation == Operation::Begin);
        let place = match beginner {
            Some(beginner) if ready.len() > 1 => self.begin_thread(view, beginner as u32),
            _ => self.decide(ready.len() as u32),
        };
        ready.nth(place as usize)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.decide(alternatives)
    }

    fn end(&mut self, view: View<'_>) {
        self.look_back(view);
        self.path.truncate(self.depth);
        self.subtree.length.get_or_insert(self.depth);
    }

    fn standing(&self) -> Standing {
        let branches = |decision: &Decision| (decision.taken.into(), decision.alternatives.into());
        let explored = Some(explored_share(self.path.iter().map(branches)));
        Standing { explored, complaint: self.complaint.clone(), ..Standing::proving() }
    }
}
