//! `dpor`: every behaviour once, and none twice: a proof for the workload where it ends.
//!
//! Optimal dynamic partial order reduction (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014; JACM 64(4), 2017): executions
//! that differ only in the order of steps that commute are the same behaviour. Each execution that has ended is searched
//! for races; for each of them, a sequence in which it comes the other way round goes into the wake-up tree of the place
//! where the first of the two steps was taken, unless a step that sleeps there shows that it has been explored.
//!
//! Departures.
//! 1. Operations that block are not tried. Whether one could have come before another step is found by playing the
//!    events of that object again (`races`).
//! 2. A number that a step chooses is part of the step: every other is a race of the step with itself.
//! 3. A timeout that fires because nothing else can happen is in a conflict with everything.
//! 4. What a step does without announcing it (accesses to cells that are no scheduling points, what a task does while it
//!    unwinds) is known only once it has happened. When a call is first seen to do that, the search begins anew, and from
//!    then on takes that call to be in a conflict with everything wherever it has not happened. Then some executions show
//!    nothing new; they are cut off, and counted.
//!
//! A program that can spin for ever has no end of behaviours.

mod clock;
mod decide;
mod footprint;
mod history;
mod node;
mod objects;
mod procs;
mod races;
#[cfg(test)]
mod tests;
mod touches;
mod tree;

use std::cell::LazyCell;
use std::rc::Rc;

use bohrbug_sync::control::View;
use bohrbug_trace::{ObjectId, TaskId};
use smallvec::SmallVec;

use self::footprint::Footprint;
use self::history::{Decided, History, forced_step};
use self::node::Node;
use self::races::Reversal;
use self::tree::Branch;
use super::{Descriptor, Standing, Strategy, explored_share};

/// Optimal dynamic partial order reduction.
#[derive(Clone, Debug)]
pub struct Dpor {
    /// The decisions on the current path; the first is the main task's start.
    nodes: Vec<Node>,
    /// The steps on the current path, as many as are known.
    history: History,
    /// How many of the steps of this execution have been seen.
    settled: usize,
    /// What the current step has chosen so far, each out of how many.
    chosen: SmallVec<[(u32, u32); 2]>,
    /// Whether the rest of this execution is none of the search's: it shows nothing new.
    is_astray: bool,
    cut_off: u64,
    restarts: u64,
    complaint: Option<String>,
}

impl Default for Dpor {
    fn default() -> Self {
        Self::new()
    }
}

impl Dpor {
    /// A search that has not begun.
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            history: History::new(),
            settled: 0,
            chosen: SmallVec::new(),
            is_astray: false,
            cut_off: 0,
            restarts: 0,
            complaint: None,
        }
    }

    /// Begins anew: what was taken to commute may not.
    fn restart(&mut self) {
        self.history.restart();
        self.nodes = vec![Node::new(None, TaskId::MAIN)];
        self.restarts += 1;
    }

    /// How often the search began anew, since a call was seen to do more than it announces: the accesses to cells that
    /// are no scheduling points, or what a task does while it unwinds.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Goes back to the last place where something is left to explore; `false` if there is none.
    fn backtrack(&mut self) -> bool {
        while let Some(index) = self.nodes.len().checked_sub(1) {
            let node = &mut self.nodes[index];
            if let Some(step) = self.history.steps.get(index) {
                // In an execution that begins otherwise, objects that were new in the step have other numbers.
                let mut explored = step.repeated();
                if !explored.footprint.is_known(node.objects) {
                    explored.footprint = Rc::new(Footprint::of_everything());
                }
                node.asleep.push(explored);
                node.explored += 1;
            }
            self.history.truncate(index);
            self.history.objects.truncate(node.objects as usize);
            if let Some(Branch { step, then }) = node.siblings.pop() {
                (node.choices, node.then) = (step.choices, then);
                if let Some(task) = self.history.procs.task(step.proc) {
                    node.task = task;
                    return true;
                }
                self.cut_off += 1;
                continue;
            }
            self.nodes.pop();
        }
        false
    }

    /// Takes in what has happened since the last decision.
    fn settle(&mut self, view: View<'_>) {
        if self.settled < self.history.len() {
            self.recognise(view);
            return;
        }
        let Some(node) = self.nodes.get(self.settled) else { return };
        let begin = self.history.steps.last().map_or(0, |step| step.events.end);
        let events = &view.events()[begin..];
        let forced = forced_step(events);
        let end = forced.map_or(view.events().len(), |place| begin + place);
        let choices = std::mem::take(&mut self.chosen);
        let decided = Decided { task: node.task, pending: node.pending, choices, forced: false, events: begin..end };
        self.history.push(view, decided);
        self.settled += 1;
        if forced.is_some() {
            self.take_in_forced(view, end);
        }
    }

    /// Takes in a timeout that fired because nothing else could happen.
    fn take_in_forced(&mut self, view: View<'_>, begin: usize) {
        let task = view.events()[begin].task;
        let end = forced_step(&view.events()[begin..]).map_or(view.events().len(), |place| begin + place);
        self.nodes.push(Node::new(Some(view), task));
        let decided = Decided { task, pending: None, choices: SmallVec::new(), forced: true, events: begin..end };
        self.history.push(view, decided);
        self.settled += 1;
        if end < view.events().len() {
            self.take_in_forced(view, end);
        }
    }

    /// Passes over steps that are known.
    fn recognise(&mut self, view: View<'_>) {
        self.chosen.clear();
        loop {
            let step = &self.history.steps[self.settled];
            if view.events().len() < step.events.end {
                self.complain(view, "ended its step before it was as long as before");
            }
            self.settled += 1;
            if self.history.steps.get(self.settled).is_none_or(|step| !step.forced) {
                return;
            }
        }
    }

    /// Notes the first step at which the program behaved otherwise than before.
    fn complain(&mut self, view: View<'_>, what: &str) {
        let text = format!(
            "the program behaved differently under the same schedule: at step {} {} {what}",
            self.settled,
            view.current()
        );
        self.complaint.get_or_insert(text);
    }

    /// Puts what the execution has shown to be left into the trees.
    fn learn(&mut self, view: View<'_>) {
        let reversals = races::reversals(view, &mut self.history);
        self.history.objects.all_met();
        let objects = &self.history.objects;
        let names = LazyCell::new(|| objects.names());
        for Reversal { instead_of, sequence } in reversals {
            let node = &mut self.nodes[instead_of];
            for mut sequence in node.not_known(sequence) {
                for step in &mut sequence {
                    step.footprint = Rc::new(objects.named(&step.footprint));
                }
                let used: Vec<ObjectId> = sequence.iter().flat_map(|step| step.footprint.objects()).copied().collect();
                node.siblings.insert(sequence, |footprint| objects.recognised(footprint, &names, &used));
            }
        }
    }
}

impl Strategy for Dpor {
    fn begin(&mut self, execution: u64) -> bool {
        if execution == 0 {
            *self = Self::new();
            self.nodes.push(Node::new(None, TaskId::MAIN));
        } else if self.history.is_surprised {
            self.restart();
        } else if !self.backtrack() {
            return false;
        }
        (self.settled, self.is_astray) = (0, false);
        self.chosen.clear();
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        if !self.is_astray {
            self.settle(view);
            let task = if self.settled < self.nodes.len() { self.again(view) } else { self.decide(view) };
            if let Some(task) = task {
                return task;
            }
            self.is_astray = true;
            self.cut_off += 1;
        }
        view.ready().nth(0)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        if self.is_astray {
            return 0;
        }
        let place = self.chosen.len();
        let told = match self.history.steps.get(self.settled) {
            Some(step) => step.choices.get(place).map(|&(chosen, _)| chosen),
            None => self.nodes.get(self.settled).and_then(|node| node.choices.get(place).copied()),
        };
        let chosen = told.unwrap_or(0).min(alternatives - 1);
        self.chosen.push((chosen, alternatives));
        chosen
    }

    fn end(&mut self, view: View<'_>) {
        if self.is_astray {
            return;
        }
        if view.is_cut() {
            // What came after the bound was nobody's decision.
            self.nodes.truncate(self.history.len().max(1));
        } else {
            self.settle(view);
        }
        self.learn(view);
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().to_the_end()
    }

    fn standing(&self) -> Standing {
        let branches = |node: &Node| (node.explored, node.explored + 1 + node.siblings.len());
        let explored = Some(explored_share(self.nodes.iter().map(branches)));
        Standing { explored, cut_off: self.cut_off, complaint: self.complaint.clone(), ..Standing::proving() }
    }
}
