//! The steps of the current execution, with what happened before each.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::panic::Location;
use std::rc::Rc;

use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};
use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::clock::Clock;
use super::footprint::{Footprint, place};
use super::objects::Objects;
use super::procs::{Proc, Procs};
use super::touches::{FEW, Touches};
use super::tree::{Choices, Move};

/// What one task did from one decision to the next.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) proc: Proc,
    pub(super) task: TaskId,
    /// The how-manieth of its task, from 0.
    pub(super) number: u32,
    /// What was announced; nothing before the main task's start.
    pub(super) pending: Option<Pending>,
    pub(super) footprint: Rc<Footprint>,
    /// What it chose, each out of how many.
    pub(super) choices: SmallVec<[(u32, u32); 2]>,
    /// What happened before, whatever it does.
    pub(super) before: Clock,
    /// What happened before, itself included.
    pub(super) clock: Clock,
    /// Its events.
    pub(super) events: Range<usize>,
    /// Whether it happened because nothing else could.
    pub(super) forced: bool,
    /// Tells the announced operation from every other of the same task, in every execution.
    announced: u64,
    /// Tells what happened before, and itself, from everything else.
    past: u64,
    /// The tasks that there were before.
    tasks: usize,
}

/// A step that has been taken or announced, as far as the strategy knows it by itself.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) task: TaskId,
    pub(super) pending: Option<Pending>,
    pub(super) choices: SmallVec<[(u32, u32); 2]>,
    pub(super) forced: bool,
    pub(super) events: Range<usize>,
}

/// The steps so far.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) steps: Vec<Step>,
    pub(super) procs: Procs,
    pub(super) objects: Objects,
    /// For each object, the steps that touched it.
    touched: Vec<Touches>,
    /// For each task, its steps.
    taken: Vec<Vec<usize>>,
    /// The steps that happened because nothing else could.
    forced: Vec<usize>,
    /// For each step, and for one more, the sequences that have been offered to the search in its place, but for the last
    /// number chosen: every other one goes with them.
    offered: Vec<BTreeSet<Offer>>,
    /// The calls that have been seen to do more than they announce.
    surprising: BTreeSet<Call>,
    /// Whether one of them was seen for the first time.
    pub(super) is_surprised: bool,
}

/// Whose steps, and what they choose: in one place that says what they do.
type Offer = Vec<(Proc, Choices)>;

/// An operation and the place in the code where it is called.
type Call = (Operation, &'static Location<'static>);

impl History {
    pub(super) fn new() -> Self {
        Self {
            surprising: BTreeSet::new(),
            is_surprised: false,
            steps: Vec::new(),
            procs: Procs::new(),
            objects: Objects::default(),
            touched: Vec::new(),
            taken: Vec::new(),
            forced: Vec::new(),
            offered: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Forgets all but the first steps; another will come in the place after them.
    pub(super) fn truncate(&mut self, steps: usize) {
        self.offered.truncate(steps + 1);
        while self.steps.len() > steps
            && let Some(step) = self.steps.pop()
        {
            for &object in step.footprint.objects() {
                self.touched[place(object)].pop();
            }
            self.taken[step.proc.index()].pop();
            self.procs.truncate(step.tasks);
            if step.forced {
                self.forced.pop();
            }
        }
    }

    /// Whether the step of that number, chosen after these choices and the steps before it, is offered for the first time
    /// in its place.
    pub(super) fn offers(&mut self, index: usize, steps: &[Move], choices: &Choices) -> bool {
        if self.offered.len() <= index {
            self.offered.resize_with(index + 1, BTreeSet::new);
        }
        let own = (self.steps[index].proc, choices.clone());
        let steps = steps.iter().map(|step| (step.proc, step.choices.clone()));
        self.offered[index].insert(steps.chain([own]).collect())
    }

    /// Nothing has happened; the calls that do more than they announce are kept.
    pub(super) fn restart(&mut self) {
        *self = Self { surprising: std::mem::take(&mut self.surprising), ..Self::new() };
    }

    /// Takes in a step that has happened.
    pub(super) fn push(&mut self, view: View<'_>, decided: Decided) {
        let footprint = self.footprint(view, &decided);
        let mut step = self.next_step(decided, footprint);
        for &object in Rc::clone(&step.footprint).objects() {
            self.join_conflicting(&mut step, object);
        }
        if step.footprint.is_everything() {
            let last = self.taken.iter().filter_map(|taken| taken.last());
            last.for_each(|&last| step.clock.join(&self.steps[last].clock));
        }
        step.clock.set(step.proc, step.number + 1);
        step.past = self.past(view, &step);
        self.name_objects(&step);
        self.register(view, step);
    }

    /// What is announced follows from what happened before the task's step, all else from what happened before and in it.
    pub(super) fn name_objects(&mut self, step: &Step) {
        for (place, access) in step.footprint.accesses().iter().enumerate() {
            let past = if place == 0 && step.pending.is_some() { step.announced } else { step.past };
            self.objects.meet(access.object, hash((past, place, false)));
            self.objects.meet(access.other, hash((past, place, true)));
        }
    }

    /// What has been announced and not happened, as if it were the next step.
    pub(super) fn announced(&self, view: View<'_>, task: TaskId) -> Step {
        let pending = *view.pending(task);
        let footprint = Footprint::of_pending(&pending, view.config());
        let (choices, events) = (SmallVec::new(), 0..0);
        self.next_step(Decided { task, pending: Some(pending), choices, forced: false, events }, footprint)
    }

    /// A task's next step, with what happens before it whatever it does.
    fn next_step(&self, decided: Decided, footprint: Footprint) -> Step {
        let Decided { task, pending, choices, forced, events } = decided;
        let proc = self.procs.of(task);
        let taken = self.taken_by(proc);
        let number = taken.len() as u32;
        let reason = taken.last().copied().or_else(|| (task != TaskId::MAIN).then(|| self.procs.made_by(task)));
        let announced = hash((proc, number, reason.map(|reason| self.steps[reason].past)));
        let mut before = reason.map_or_else(Clock::default, |reason| self.steps[reason].clock.clone());
        // What happened because nothing else could comes after everything, and before everything that follows.
        if let Some(&forced) = self.forced.last() {
            before.join(&self.steps[forced].clock);
        }
        Step {
            proc,
            task,
            number,
            pending,
            footprint: Rc::new(footprint),
            choices,
            clock: before.clone(),
            before,
            events,
            forced,
            announced,
            past: 0,
            tasks: self.procs.len(),
        }
    }

    /// What the step touched: what it announced and, beyond that, what its events say.
    fn footprint(&mut self, view: View<'_>, decided: &Decided) -> Footprint {
        if decided.forced {
            return Footprint::of_everything();
        }
        let announced = decided.pending.as_ref().map(|pending| Footprint::of_pending(pending, view.config()));
        let mut footprint = announced.unwrap_or_default();
        let announced = footprint.accesses().len();
        view.events()[decided.events.clone()].iter().for_each(|event| footprint.add(event));
        view.freed_after(decided.events.clone()).for_each(|object| footprint.add_free(object));
        if footprint.accesses().len() > announced
            && let Some(pending) = &decided.pending
        {
            self.is_surprised |= self.surprising.insert((pending.operation, pending.site));
        }
        footprint
    }

    /// The step's operation elsewhere, where it may come to something else; who has done more than it announces may do
    /// anything there.
    pub(super) fn attempted(&self, step: &Step, choices: Choices) -> Move {
        let may_surprise = |pending: Pending| self.surprising.contains(&(pending.operation, pending.site));
        let footprint = match step.pending.is_some_and(may_surprise) {
            true => Rc::new(Footprint::of_everything()),
            false => Rc::clone(&step.footprint),
        };
        Move { proc: step.proc, choices, alternatives: Choices::new(), footprint }
    }

    fn join_conflicting(&self, step: &mut Step, object: ObjectId) {
        let Some(touches) = self.touches(object) else { return };
        for &earlier in touches.steps().iter().rev().take(FEW) {
            self.join_if_conflicting(step, earlier);
            if self.steps[earlier].footprint.is_exclusive(object) {
                return;
            }
        }
        if touches.steps().len() > FEW {
            touches.groups(&self.steps).iter().for_each(|group| self.join_if_conflicting(step, group.last()));
        }
    }

    fn join_if_conflicting(&self, step: &mut Step, earlier: usize) {
        let earlier = &self.steps[earlier];
        if !earlier.is_before(&step.clock) && earlier.footprint.conflicts(&step.footprint) {
            step.clock.join(&earlier.clock);
        }
    }

    /// What touched the object; `None` if nothing did.
    pub(super) fn touches(&self, object: ObjectId) -> Option<&Touches> {
        self.touched.get(place(object)).filter(|_| object.is_some())
    }

    /// The steps that touched the object, in their order.
    pub(super) fn touching(&self, object: ObjectId) -> &[usize] {
        self.touches(object).map_or(&[], Touches::steps)
    }

    fn past(&self, view: View<'_>, step: &Step) -> u64 {
        let operation = view.events().get(step.events.start).map(|event| event.operation);
        let own = hash((step.proc, step.number, operation, &step.choices));
        step.clock.iter().fold(own, |past, (proc, steps)| {
            let taken = self.taken_by(proc);
            // Its own task's clock counts the step itself, which is not among the others yet.
            let last = taken[..taken.len().min(steps as usize)].last();
            last.map_or(past, |&last| past.wrapping_add(hash((proc, self.steps[last].past))))
        })
    }

    fn register(&mut self, view: View<'_>, step: Step) {
        let index = self.steps.len();
        for &object in step.footprint.objects() {
            if self.touched.len() <= place(object) {
                self.touched.resize_with(place(object) + 1, Touches::default);
            }
            self.touched[place(object)].push(index);
        }
        if self.taken.len() <= step.proc.index() {
            self.taken.resize_with(step.proc.index() + 1, Vec::new);
        }
        self.taken[step.proc.index()].push(index);
        if step.forced {
            self.forced.push(index);
        }
        self.steps.push(step);
        self.procs.meet(view, index);
    }

    /// The task's steps so far.
    fn taken_by(&self, proc: Proc) -> &[usize] {
        self.taken.get(proc.index()).map_or(&[], |taken| taken)
    }

    /// The task's last step.
    pub(super) fn last_of(&self, proc: Proc) -> Option<&Step> {
        self.taken_by(proc).last().map(|&last| &self.steps[last])
    }

    /// Whether the task has come to its end.
    pub(super) fn has_ended(&self, view: View<'_>, proc: Proc) -> bool {
        let ends = |step: &Step| view.events()[step.events.clone()].iter().any(|e| e.operation == Operation::End);
        self.last_of(proc).is_some_and(ends)
    }
}

impl Step {
    /// Whether it happened before what has that clock.
    pub(super) fn is_before(&self, clock: &Clock) -> bool {
        clock.get(self.proc) > self.number
    }

    /// Whether its operation was called there.
    pub(super) fn announces_at(&self, site: &'static Location<'static>) -> bool {
        self.pending.is_some_and(|pending| pending.site == site)
    }

    /// The same step elsewhere, with the same choices.
    pub(super) fn repeated(&self) -> Move {
        let (choices, alternatives) = self.choices.iter().copied().unzip();
        Move { proc: self.proc, choices, alternatives, footprint: Rc::clone(&self.footprint) }
    }
}

/// Where among the events of one decision another step begins: a timeout that fired because nothing else could happen.
pub(super) fn forced_step(events: &[Event]) -> Option<usize> {
    events.iter().skip(1).position(|event| event.outcome == Outcome::TimedOut).map(|place| place + 1)
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
