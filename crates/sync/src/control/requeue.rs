//! Moving tasks that wait at one word of memory to another: the one event that changes two objects at once, and what tasks wait for.
//!
//! A task that is moved returns from where it has come to: its pending operation is about the second word from then on. So
//! a wake at that word conflicts with its return, and one at the first no longer does.

use std::ops::Range;

use bohrbug_events::{ObjectId, Operation, Outcome, StepIdx, TaskId};

use super::object::State;
use super::{Ctx, Event, Inner, Pending, Status, View};
use crate::native::futex::{Futexes, requeue};

impl Ctx {
    /// The requeue happens, with that value.
    pub(crate) fn requeue(self, pending: &Pending, value: u64) {
        let event = Event::new(self.current(), pending, Outcome::Done, Some(value));
        self.with(|x| x.requeue(&event));
        self.report(pending, Outcome::Done, Some(value));
    }
}

impl Inner {
    fn requeue(&mut self, event: &Event) {
        if !event.other.is_some() {
            return self.apply(event);
        }
        self.has_requeued = true;
        let mut from = std::mem::take(self.state(event.object).futex());
        let moved = requeue(&mut from, self.state(event.other).futex(), event);
        *self.state(event.object) = State::Futex(from);
        let step = StepIdx(self.next_step());
        for task in moved {
            self.withdraw(task);
            self.tasks[task.index()].pending.object = event.other;
            self.take_interest(task);
            if self.status() == Status::Running {
                self.moves.push((step, task));
            }
        }
    }

    /// Whether it is a wait of which it takes all words to say whether it ends: some were changed together.
    pub(super) fn is_at_many_words(&self, pending: &Pending) -> bool {
        pending.operation == Operation::FutexReturn && self.has_requeued
    }
}

/// Whether the task has been woken at any word after just those events.
pub(super) fn is_woken_after<'e>(task: TaskId, events: impl Iterator<Item = &'e Event>) -> bool {
    let mut futexes = Futexes::default();
    events.for_each(|event| futexes.apply(event));
    futexes.has_woken(task)
}

impl<'a> View<'a> {
    /// The word from which one of those events, by their places in the execution, has moved the task to another.
    pub fn moved_from(self, task: TaskId, events: Range<usize>) -> Option<ObjectId> {
        let of_task = |&&(step, moved): &&(StepIdx, TaskId)| moved == task && events.contains(&(step.0 as usize));
        self.0.moves.iter().find(of_task).map(|(step, _)| self.0.log[step.0 as usize].object)
    }

    /// The objects besides its own that decide whether what was announced can happen: where tasks were moved from one futex to
    /// another, a wait is about all of them.
    pub fn also_decide(self, pending: &Pending) -> impl Iterator<Item = ObjectId> + use<'a> {
        let own = pending.object;
        let objects = if self.0.is_at_many_words(pending) { self.0.objects.len() } else { 0 };
        let all = (0..objects as u32).map(ObjectId);
        all.filter(move |&object| object != own && matches!(self.0.objects[object.index()].state, State::Futex(_)))
    }
}
