//! The steps of the current execution, with what happened before each.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::Location;

use bohrbug_memory::Clock;
use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Event, Pending, View};
use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::footprint::{Announced, Care, Footprint, place};
use super::node::{Choices, Head, Planned};
use super::procs::{Proc, Procs};
use super::touches::{FEW, Touches};
use super::waiting::{self, Loop};
use crate::behaviour::mix;

/// What one task did from one decision to the next.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) task: TaskId,
    /// Which event it is, whatever it chooses.
    pub(super) head: Head,
    /// What was announced; nothing before the main task's start.
    pub(super) pending: Option<Pending>,
    pub(super) footprint: Footprint,
    /// What the atomic held before that it announces an operation on.
    found: Option<u64>,
    /// Whether it is a compare-exchange that does not find what it expects.
    fails: bool,
    /// What it chose, each out of how many.
    pub(super) choices: Chosen,
    /// What happened before, whatever it does.
    pub(super) before: Clock,
    /// What happened before, itself included.
    pub(super) clock: Clock,
    /// Its events.
    pub(super) events: Range<usize>,
    /// Whether nobody can tell that it happened.
    pub(super) only_reads: bool,
    /// What it has read, if it only reads.
    pub(super) seen: u64,
    /// How many idle turns of a loop its task had behind it when it came.
    pub(super) idle_turns: u32,
    /// The number of its task's step with which a turn began, if it waits for something to change that was read since.
    pub(super) turn: Option<usize>,
    /// Whether it happened because nothing else could.
    pub(super) forced: bool,
    /// Whether it was its task's last.
    ends: bool,
    /// Tells what happened before, itself and what it chose from everything else.
    past: u64,
    /// The tasks that there were before.
    tasks: usize,
}

/// Numbers that were chosen, each out of how many.
pub(super) type Chosen = SmallVec<[(u32, u32); 2]>;

/// A step that has been taken or announced, as far as the strategy knows it by itself.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) task: TaskId,
    pub(super) pending: Option<Pending>,
    /// What the atomic held before that it announces an operation on.
    pub(super) found: Option<u64>,
    pub(super) choices: Chosen,
    pub(super) forced: bool,
    pub(super) events: Range<usize>,
}

/// The steps so far.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) steps: Vec<Step>,
    pub(super) procs: Procs,
    /// For each object, the steps that touched it.
    touched: Vec<Touches>,
    /// For each task, its steps.
    taken: Vec<Vec<usize>>,
    /// The steps that happened because nothing else could.
    forced: Vec<usize>,
    /// The calls that do more than they announce, where that was seen to matter.
    surprising: SortedSet<Call>,
    /// The places where loops begin their turns, and what is known of them.
    pub(super) loops: SortedMap<Place, Loop>,
    /// Whether the search has to begin anew, since it knows more.
    pub(super) is_surprised: bool,
}

/// An operation and the place in the code where it is called.
type Call = (Operation, &'static Location<'static>);

/// A task, and a call of it.
pub(super) type Place = (Proc, Operation, &'static Location<'static>);

impl History {
    pub(super) fn new() -> Self {
        Self {
            steps: Vec::new(),
            procs: Procs::new(),
            touched: Vec::new(),
            taken: Vec::new(),
            forced: Vec::new(),
            surprising: SortedSet::new(),
            loops: SortedMap::new(),
            is_surprised: false,
        }
    }

    /// Nothing has happened; which calls are surprising, which loops wait, and who is who, is kept.
    pub(super) fn restart(&mut self) {
        self.truncate(0);
        let (surprising, loops) = (std::mem::take(&mut self.surprising), std::mem::take(&mut self.loops));
        let procs = std::mem::replace(&mut self.procs, Procs::new());
        *self = Self { surprising, loops, procs, ..Self::new() };
    }

    /// Notes that a step has done more than it announced, and that it matters.
    pub(super) fn surprise(&mut self, step: usize) {
        let step = &self.steps[step];
        if let Some(pending) = step.pending.filter(|_| step.footprint.does_more()) {
            self.is_surprised |= self.surprising.insert((pending.operation, pending.site));
        }
    }

    fn care(&self, pending: Option<&Pending>) -> Care {
        match pending {
            _ if self.surprising.is_empty() => Care::Off,
            Some(pending) if self.surprising.contains(&(pending.operation, pending.site)) => Care::Surprising,
            _ => Care::Ordinary,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.steps.len()
    }

    /// The number of the first event that belongs to no step yet.
    pub(super) fn events(&self) -> usize {
        self.steps.last().map_or(0, |step| step.events.end)
    }

    /// Forgets all but the first steps; another will come in the place after them.
    pub(super) fn truncate(&mut self, steps: usize) {
        while self.steps.len() > steps {
            let last = self.steps.len() - 1;
            let step = &self.steps[last];
            for &object in step.footprint.objects() {
                self.touched[place(object)].pop();
            }
            self.taken[step.head.proc.index()].pop();
            self.procs.truncate(step.tasks);
            if step.forced {
                self.forced.pop();
            }
            self.steps.truncate(last);
        }
    }

    /// Takes in a step that has happened.
    pub(super) fn push(&mut self, view: View<'_>, decided: Decided) {
        let events = &view.events()[decided.events.clone()];
        let mut step = self.next_step(decided);
        step.footprint = match (&step.pending, step.forced) {
            (_, true) => Footprint::of_everything(),
            (Some(pending), false) => {
                let announced = self.known_of(view, step.task, pending, step.fails);
                let awaited = self.awaited(step.head.proc, step.turn);
                Footprint::of_step(Some(&announced), events, view.config(), &awaited)
            }
            (None, false) => Footprint::of_step(None, events, view.config(), &[]),
        };
        view.freed_after(step.events.clone()).for_each(|object| step.footprint.add_free(object));
        step.ends = events.iter().any(|event| event.operation == Operation::End);
        step.only_reads = !step.forced && waiting::only_reads(events);
        if let Some(pending) = step.pending.filter(|_| step.only_reads) {
            step.seen = waiting::seen(events);
            step.idle_turns = self.idle_turns(step.head.proc, &pending);
        }
        self.join_conflicting(&mut step);
        step.past = with_choices(step.head.identity, &step.choices);
        step.clock.reach(step.head.proc.index(), step.head.number + 1);
        self.register(&step);
        self.steps.push(step);
        self.procs.meet(view, self.steps.len() - 1);
    }

    /// What has been announced and not happened, as if it were the next step.
    pub(super) fn announced(&self, view: View<'_>, task: TaskId) -> Step {
        let pending = *view.pending(task);
        let (found, choices, events) = (view.word(pending.object), Chosen::new(), 0..0);
        let decided = Decided { task, pending: Some(pending), found, choices, forced: false, events };
        let mut step = self.next_step(decided);
        step.footprint = self.footprint_of(view, &step, &pending, step.fails);
        self.join_conflicting(&mut step);
        step
    }

    fn known_of<'p>(&self, view: View<'_>, task: TaskId, pending: &'p Pending, fails: bool) -> Announced<'p> {
        Announced { pending, care: self.care(Some(pending)), fails, thread: view.task_object(task) }
    }

    /// What a step touches that has not happened.
    fn footprint_of(&self, view: View<'_>, step: &Step, pending: &Pending, fails: bool) -> Footprint {
        let awaited = self.awaited(step.head.proc, step.turn);
        Footprint::of_pending(&self.known_of(view, step.task, pending, fails), view.config(), &awaited)
    }

    /// A task's next step, with what happens before it whatever it does, and without what it touches.
    fn next_step(&self, decided: Decided) -> Step {
        let Decided { task, pending, found, choices, forced, events } = decided;
        let proc = self.procs.of(task);
        let taken = self.taken_by(proc);
        let number = taken.len() as u32;
        let reason = taken.last().copied().or_else(|| (task != TaskId::MAIN).then(|| self.procs.made_by(task)));
        let mut before = reason.map_or_else(Clock::default, |reason| self.steps[reason].clock.clone());
        // What happened because nothing else could comes after everything, and before everything that follows.
        if let Some(&forced) = self.forced.last() {
            before.join(&self.steps[forced].clock);
        }
        Step {
            task,
            head: Head { proc, number, identity: 0 },
            pending,
            footprint: Footprint::default(),
            only_reads: false,
            seen: 0,
            idle_turns: 0,
            turn: pending.and_then(|pending| self.turn_to_wait_after(proc, &pending)),
            found,
            fails: pending.is_some_and(|pending| fails(&pending, found)),
            choices,
            clock: before.clone(),
            before,
            events,
            forced,
            ends: false,
            past: 0,
            tasks: self.procs.len(),
        }
    }

    /// What a step touches if it comes before an earlier one that races with it: a compare-exchange that writes here may only
    /// read there, or the other way round; a task that the earlier step has moved to another futex waits where it was.
    pub(super) fn footprint_before<'s>(&self, view: View<'_>, step: &'s Step, earlier: usize) -> Cow<'s, Footprint> {
        let earlier = &self.steps[earlier];
        if let Some((pending, from)) = step.pending.zip(view.moved_from(step.task, earlier.events.clone())) {
            return Cow::Owned(self.footprint_of(view, step, &pending.on(from), step.fails));
        }
        let of_one = |pending: &&Pending| earlier.pending.is_some_and(|earlier| earlier.object == pending.object);
        let Some(pending) = step.pending.as_ref().filter(of_one) else { return Cow::Borrowed(&step.footprint) };
        let fails = fails(pending, earlier.found);
        if fails == step.fails {
            return Cow::Borrowed(&step.footprint);
        }
        Cow::Owned(self.footprint_of(view, step, pending, fails))
    }

    /// Adds to what happened before a step what it conflicts with, and says which event that makes it.
    fn join_conflicting(&self, step: &mut Step) {
        for place in 0..step.footprint.objects().len() {
            self.join_conflicting_on(step, step.footprint.objects()[place]);
        }
        if step.footprint.is_everything() {
            let last = self.taken.iter().filter_map(|taken| taken.last());
            last.for_each(|&last| step.clock.join(&self.steps[last].clock));
        }
        step.head.identity = self.identity(step, &step.clock);
    }

    fn join_conflicting_on(&self, step: &mut Step, object: ObjectId) {
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

    /// Tells the step, if what has that clock happened before it, from every other event: the last step of each task says
    /// what all the others were, whichever order those came in that commute.
    pub(super) fn identity(&self, step: &Step, before: &Clock) -> u64 {
        let mut identity = own_identity(step);
        for (proc, steps) in before.prefixes() {
            let last = self.taken_by(Proc(proc as u32))[steps as usize - 1];
            identity = identity.wrapping_add(mix(proc as u64 + 1, self.steps[last].past));
        }
        identity
    }

    /// Notes who took the next step, and what it touched.
    fn register(&mut self, step: &Step) {
        let index = self.steps.len();
        for &object in step.footprint.objects() {
            if self.touched.len() <= place(object) {
                self.touched.resize_with(place(object) + 1, Touches::default);
            }
            self.touched[place(object)].push(index);
        }
        let proc = step.head.proc.index();
        if self.taken.len() <= proc {
            self.taken.resize_with(proc + 1, Vec::new);
        }
        self.taken[proc].push(index);
        if step.forced {
            self.forced.push(index);
        }
    }

    /// The task's steps so far.
    pub(super) fn taken_by(&self, proc: Proc) -> &[usize] {
        self.taken.get(proc.index()).map_or(&[], |taken| taken)
    }

    /// The steps that happened because nothing else could, in their order.
    pub(super) fn forced(&self) -> &[usize] {
        &self.forced
    }

    /// The steps from that one on of which the clock knows, in their order.
    pub(super) fn known_to(&self, clock: &Clock, from: usize) -> SmallVec<[usize; 8]> {
        let mut known = SmallVec::new();
        for (proc, steps) in clock.prefixes() {
            let taken = &self.taken_by(Proc(proc as u32))[..steps as usize];
            known.extend(taken.iter().rev().copied().take_while(|&step| step >= from));
        }
        known.sort_unstable();
        known
    }

    /// Whether the task has come to its end.
    pub(super) fn has_ended(&self, proc: Proc) -> bool {
        self.taken_by(proc).last().is_some_and(|&last| self.steps[last].ends)
    }
}

impl Step {
    /// Whether it happened before what has that clock.
    pub(super) fn is_before(&self, clock: &Clock) -> bool {
        clock.get(self.head.proc.index()) > self.head.number
    }

    /// What is announced when it is taken once more. Where it finds an address, that may be another one now.
    pub(super) fn again(&mut self, view: View<'_>) -> Option<&Pending> {
        if self.found.is_some() {
            self.found = self.pending.and_then(|pending| view.word(pending.object));
        }
        self.pending.as_ref()
    }

    /// Whether its operation was called there.
    pub(super) fn announces_at(&self, site: &'static Location<'static>) -> bool {
        self.pending.is_some_and(|pending| pending.site == site)
    }

    /// The same step elsewhere, with the same choices.
    pub(super) fn repeated(&self) -> Planned {
        let choices = self.choices.iter().map(|&(chosen, _)| chosen).collect();
        Planned { proc: self.head.proc, choices }
    }

    /// The same step elsewhere, where it may come to something else.
    pub(super) fn attempted(&self) -> Planned {
        Planned { proc: self.head.proc, choices: Choices::new() }
    }
}

/// Whether it is a compare-exchange that does not find what it expects, as far as is known what it finds.
fn fails(pending: &Pending, found: Option<u64>) -> bool {
    pending.expected().zip(found).is_some_and(|(expected, found)| expected != found)
}

fn own_identity(step: &Step) -> u64 {
    let operation = step.pending.map_or(u64::MAX, |pending| pending.operation as u64);
    mix(u64::from(step.head.proc.0) << 32 | u64::from(step.head.number), operation)
}

fn with_choices(identity: u64, choices: &Chosen) -> u64 {
    choices.iter().fold(identity, |past, &(chosen, _)| mix(past, u64::from(chosen) + 1))
}

/// Where among the events of one decision another step begins: a timeout that fired because nothing else could happen.
pub(super) fn forced_step(events: &[Event]) -> Option<usize> {
    events.iter().skip(1).position(|event| event.outcome == Outcome::TimedOut).map(|place| place + 1)
}
