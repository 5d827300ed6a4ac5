//! `dpor`: every behaviour once, and none twice: a proof for the workload where it ends.
//!
//! Executions that differ only in the order of steps that commute are the same behaviour. The engine is the race reversal
//! of POP (Abdulla, Atig, Das, Jonsson, Sagonas: Parsimonious Optimal Dynamic Partial Order Reduction, CAV 2024), which has
//! neither sleep sets nor wake-up trees. A step *e* that was taken freely, and a later step *a* that conflicts with it and
//! could have come first: then the *schedule* that reverses the race, what happens before *a* without *e* and at last *a*,
//! its *head*, is to be explored instead of *e*. It needs no step that *a* does not need, so it is known when *a* is taken.
//!
//! **Nothing is missed.** Let *u* be steps that can follow a place where *e* was taken, and none of them sleep there; if
//! *e* does not conflict with any of them, *e u* is explored. Otherwise let *a* be the first of *u* that does, and *w* what
//! happens before it. Then *e w a* can happen (or *a* waits for *e*, and is looked at when it happens or when nothing
//! more does); so, by induction over the tree, some execution below *e* has it, and shows the race: the schedule is *w a*,
//! with which *u* can begin. It is enough to reverse steps that were taken freely: what would come before a step of a
//! schedule comes before *e*, too, or happens before another head.
//!
//! **Nothing is run twice.** Two branches of one place share no behaviour but where two heads commute. So, while *e* has
//! not been taken, the heads that were explored from that place sleep. Right after a schedule *e* is taken, if it can be,
//! and then nothing sleeps. An event is known by all that happened before it (`History::identity`, 64 bits), so that it
//! is recognised without naming any object across executions.
//!
//! Departures.
//! 1. Schedules are kept until the execution has ended, and explored the deepest first: a program cannot be forked.
//!    Memory grows with the schedules that wait on one path, not with the executions.
//! 2. A head that blocks may have waited for more than it needs (one of two notifications, say). It is then looked at
//!    whether it can come before any part of its own schedule (`reversals`).
//! 3. Operations that block are not tried. Whether one could have come before another step is found by playing the
//!    events of that object again (`races`).
//! 4. A number that a step chooses is part of the step; the others are explored in the same place.
//! 5. A timeout that fires because nothing else can happen is in a conflict with everything.
//! 6. What a step does without announcing it (accesses to cells that are no scheduling points, what a task does while it
//!    unwinds) may be something else elsewhere. Where it takes part in a race that nothing announced does, the search
//!    begins anew, and from then on takes such a call to be in a conflict with everything.
//! 7. If *e* has to wait for the head's task, another head that sleeps may be all that is left: such an execution shows
//!    nothing new, and is given up. So steps for which that can be are taken last (`decide::put_off`), and it is left to
//!    programs that have one of them come after another.
//! 8. A compare-exchange that does not find what it expects is a read, and one that does a write. Which it is follows from
//!    what the atomic holds, and that only a write changes, which is in a conflict with both. So two steps that commute
//!    stay what they are when they are exchanged, and one that is announced is what it would be if it came now. If it
//!    comes before an earlier step *e* it may be something else: what *e* found tells (`History::footprint_before`). Between
//!    *e* and the race's second step nothing else wrote, or that would come between them.
//! 9. The turns of a loop that only reads are run once for each change that they can see (`waiting`). Whether one may stand
//!    for many is tried: such an execution is run once more, with more turns (`lengthened`).
//!
//! A program that can spin for ever, and writes as it spins, has no end of behaviours.

mod decide;
mod footprint;
mod forks;
#[cfg(test)]
mod futexes;
mod history;
mod lengthened;
mod node;
#[cfg(test)]
mod parted;
mod procs;
mod races;
mod reversals;
#[cfg(test)]
mod tests;
mod touches;
mod waiting;

use std::collections::BTreeSet;

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;

use self::forks::Floor;
pub(crate) use self::forks::{NEAR, Next, Ticket};
use self::history::{Chosen, Decided, History, Place, forced_step};
use self::lengthened::Lengthened;
use self::node::{Node, Role, Schedule, Waiting};
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
    /// What is left of the schedule that this execution is to follow, and the node at which it began.
    plan: Schedule,
    start: usize,
    /// What the current step has chosen so far, each out of how many.
    chosen: Chosen,
    /// Whether the rest of this execution is none of the search's: it shows nothing new.
    is_astray: bool,
    /// Whether this execution is one that is run once more.
    is_lengthened: bool,
    /// The loops that wait for each other, or for nobody: nobody else could go on.
    stuck: Vec<Place>,
    /// The execution that is to be run once more, or is, with more turns of the loops that wait.
    lengthened: Option<Lengthened>,
    /// What tasks have done to which more turns made no difference.
    told: BTreeSet<u64>,
    /// Where it ends, if it is a part of another search.
    floor: Option<Floor>,
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
            plan: Schedule::new(),
            start: 0,
            chosen: Chosen::new(),
            is_astray: false,
            is_lengthened: false,
            stuck: Vec::new(),
            lengthened: None,
            told: BTreeSet::new(),
            floor: None,
            cut_off: 0,
            restarts: 0,
            complaint: None,
        }
    }

    /// Begins anew: what was taken to commute may not.
    fn restart(&mut self) {
        self.history.restart();
        self.nodes.clear();
        self.plan.clear();
        self.restarts += 1;
    }

    /// How often the search began anew, since a call was seen to do more than it announces where that matters (an access to
    /// a cell that is no scheduling point, or what a task does while it unwinds), or a loop was seen to wait, or not to.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Goes back to the last place where something is left to explore.
    fn backtrack(&mut self) -> Next {
        self.plan.clear();
        while let Some(index) = self.nodes.len().checked_sub(1) {
            let node = &mut self.nodes[index];
            node.explored += 1;
            let choices = self.history.steps.get(index).and_then(|step| node.next_choices(&step.choices));
            self.history.truncate(index);
            if let Some(choices) = choices {
                node.choices = choices;
                return Next::Execution;
            }
            if let Some(next) = self.next_schedule(index) {
                return next;
            }
        }
        Next::Nothing
    }

    /// The next of the schedules that are left at the last node, which is left if there is none.
    fn next_schedule(&mut self, index: usize) -> Option<Next> {
        if self.ends_at(index) {
            return Some(Next::Nothing);
        }
        while let Some(Waiting { schedule, ticket }) = self.nodes[index].waiting.pop_front() {
            if let Some(ticket) = ticket {
                self.nodes[index].waiting.push_front(Waiting { schedule, ticket: Some(ticket) });
                return Some(Next::Elsewhere(ticket));
            }
            if self.begin_schedule(index, schedule) {
                return Some(Next::Execution);
            }
            self.cut_off += 1;
            self.nodes[index].explored += 1;
        }
        self.nodes.pop();
        None
    }

    /// Takes a schedule instead of the step of that node; whether its first task is there.
    fn begin_schedule(&mut self, index: usize, mut schedule: Schedule) -> bool {
        let Some(first) = schedule.pop_front() else { return false };
        let node = &mut self.nodes[index];
        node.choices = first.choices;
        node.role = Role::Scheduled { start: index, is_head: schedule.is_empty() };
        (self.plan, self.start) = (schedule, index);
        let task = self.history.procs.task(first.proc);
        node.task = task.unwrap_or(node.task);
        task.is_some()
    }

    /// Takes in what has happened since the last decision.
    fn settle(&mut self, view: View<'_>) {
        if self.settled < self.history.len() {
            self.recognise(view);
            return;
        }
        let Some(node) = self.nodes.get(self.settled) else { return };
        let begin = self.history.events();
        let Some(events) = view.events().get(begin..) else {
            self.complain(view, "ended its step before it was as long as before");
            return;
        };
        let forced = forced_step(events);
        let end = forced.map_or(view.events().len(), |place| begin + place);
        let choices = std::mem::take(&mut self.chosen);
        let Node { task, pending, found, .. } = *node;
        self.take_in(view, Decided { task, pending, found, choices, forced: false, events: begin..end });
        if forced.is_some() {
            self.take_in_forced(view, end);
        }
    }

    /// Takes in a step, and looks before which others it could have come.
    fn take_in(&mut self, view: View<'_>, decided: Decided) {
        self.history.push(view, decided);
        let is_known = matches!(self.nodes[self.settled].role, Role::Scheduled { is_head: false, .. });
        self.settled += 1;
        // What a head needs had happened in the execution that showed the race.
        if !is_known {
            let last = self.settled - 1;
            for race in races::races(view, &self.history, &self.history.steps[last], last) {
                if self.history.steps[race.earlier].footprint.is_surprise(&self.history.steps[last].footprint) {
                    self.history.surprise(race.earlier);
                    self.history.surprise(last);
                }
                self.place(None, &race);
            }
        }
    }

    /// Takes in a timeout that fired because nothing else could happen.
    fn take_in_forced(&mut self, view: View<'_>, begin: usize) {
        let task = view.events()[begin].task;
        let end = forced_step(&view.events()[begin..]).map_or(view.events().len(), |place| begin + place);
        self.nodes.push(Node::new(Some(view), task, self.history.procs.of(task)));
        let choices = Chosen::new();
        self.take_in(view, Decided { task, pending: None, found: None, choices, forced: true, events: begin..end });
        if end < view.events().len() {
            self.take_in_forced(view, end);
        }
    }

    /// Passes over steps that are known.
    fn recognise(&mut self, view: View<'_>) {
        self.chosen.clear();
        loop {
            self.settled += 1;
            if self.history.steps.get(self.settled).is_none_or(|step| !step.forced) {
                break;
            }
        }
        if view.events().len() != self.history.steps[self.settled - 1].events.end {
            self.complain(view, "did more or less in its step than before");
        }
    }

    /// Notes the first step at which the program behaved otherwise than before.
    #[cold]
    fn complain(&mut self, view: View<'_>, what: &str) {
        let text = format!(
            "the program behaved differently under the same schedule: at step {} {} {what}",
            self.settled,
            view.current()
        );
        self.complaint.get_or_insert(text);
    }

    /// The first loop that was left although it was taken to wait, and nothing had changed.
    fn left_its_loop(&self, view: View<'_>) -> Option<Place> {
        let after = view.events().get(self.history.events()..).filter(|_| !self.stuck.is_empty())?;
        let first = after.iter().find(|event| !waiting::only_reads(std::slice::from_ref(event)))?;
        let proc = self.history.procs.of(first.task);
        self.stuck.iter().find(|place| place.0 == proc).copied()
    }

    /// Has this execution run once more, if loops have waited in it.
    fn lengthen(&mut self, view: View<'_>) {
        if self.history.has_loops_that_wait() && !self.history.is_surprised {
            self.lengthened = Lengthened::of(view, &self.history, &self.told);
        }
    }

    /// Looks at what was announced and never happened.
    fn learn_from_waiting(&mut self, view: View<'_>) {
        let tasks: Vec<TaskId> = self
            .history
            .procs
            .tasks()
            .filter(|&(_, proc)| !self.history.has_ended(proc))
            .map(|(task, _)| task)
            .collect();
        for task in tasks {
            let step = self.history.announced(view, task);
            self.reverse(view, &step, self.history.len());
        }
    }
}

impl Strategy for Dpor {
    fn begin(&mut self, execution: u64) -> bool {
        if execution == 0 {
            *self = Self::new();
            self.set_out();
            return true;
        }
        let mut next = self.advance();
        while let Next::Elsewhere(_) = next {
            next = self.explore_here();
        }
        next == Next::Execution
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        if self.is_lengthened {
            if let Some(task) = self.lengthened.as_mut().and_then(|lengthened| lengthened.next(view)) {
                return task;
            }
        } else if !self.is_astray {
            self.settle(view);
            let task = match self.complaint {
                Some(_) => None,
                None if self.settled < self.nodes.len() => self.again(view),
                None => self.decide(view),
            };
            if let Some(task) = task {
                return task;
            }
            if self.complaint.is_none() && self.settled == self.history.len() {
                self.learn_from_waiting(view);
            }
            if !self.stuck.is_empty() {
                self.lengthen(view);
            }
            self.is_astray = true;
            self.cut_off += u64::from(self.stuck.is_empty() && !self.history.is_surprised);
        }
        // Everybody has their turn, so that nobody who spins keeps the execution from its end.
        let current = view.current();
        view.ready().iter().find(|&task| task > current).unwrap_or_else(|| view.ready().nth(0))
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        if self.is_lengthened {
            return self.lengthened.as_mut().map_or(0, |lengthened| lengthened.choose(alternatives));
        }
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
        if self.is_lengthened {
            match self.lengthened.take().map(|lengthened| lengthened.end(view)) {
                Some(Ok(told)) => self.told.extend(told),
                Some(Err(places)) => self.history.doubt(places),
                None => {}
            }
            return;
        }
        if self.is_astray {
            match view.is_cut() {
                false => self.history.refute(std::mem::take(&mut self.stuck)),
                true => self.history.doubt(self.left_its_loop(view)),
            }
            return;
        }
        if view.is_cut() {
            // What came after the bound was nobody's decision.
            self.nodes.truncate(self.history.len().max(1));
            return;
        }
        self.settle(view);
        if self.settled < self.history.len() {
            self.complain(view, "ended before it was as long as before");
        }
        if self.complaint.is_none() {
            self.learn_from_waiting(view);
            self.lengthen(view);
        }
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().to_the_end().knowing_words()
    }

    fn standing(&self) -> Standing {
        let branches = |node: &Node| (node.explored, node.explored + 1 + node.waiting.len() as u64);
        let explored = Some(explored_share(self.nodes.iter().map(branches)));
        let awaits = self.history.has_loops_that_wait();
        Standing { explored, awaits, cut_off: self.cut_off, complaint: self.complaint.clone(), ..Standing::proving() }
    }
}
