//! Who can go on: the one rule of enabledness, who is told when it may have changed, and who asks.

use bohrbug_events::{ObjectId, Operation, TaskId};

use super::object::{Object, State};
use super::task::Task;
use super::{Inner, Pending, Runtime, TaskSet};
use crate::native::model::Asked;

impl Inner {
    /// Notes what a task will do; whether it could do it now.
    #[inline(always)]
    pub(crate) fn announce(&mut self, task: TaskId, pending: Pending) -> bool {
        let entry = &mut self.tasks[task.index()];
        entry.pending.become_that(&pending);
        // A timeout that fired while its wait ended in another way says nothing about this one.
        entry.expired = false;
        // A task that runs is one of those that can go on.
        debug_assert!(self.ready.contains(task), "{task} runs and is not ready");
        let enabled = !pending.operation.can_block() || self.can_happen(task, &pending);
        if !enabled {
            self.ready.remove(task);
        }
        enabled
    }

    /// [`Inner::enabled`], and in line where it is simple.
    #[inline(always)]
    fn can_happen(&self, task: TaskId, pending: &Pending) -> bool {
        if Object::is_awaited_alike(pending.operation) {
            self.objects[pending.object.index()].is_open()
        } else {
            self.enabled(task)
        }
    }

    /// As [`Inner::announce`] on a foreign runtime, which schedules by itself: there a task is looked at when somebody
    /// asks. The answer is whether it could go on now.
    #[inline(always)]
    pub(super) fn announce_foreign(&mut self, task: TaskId, pending: Pending) -> bool {
        let entry = &mut self.tasks[task.index()];
        entry.pending.become_that(&pending);
        entry.expired = false;
        entry.interested = pending.operation.can_block();
        !entry.interested || self.can_happen(task, &pending)
    }

    /// Has the task told when what it has announced can happen, or no longer can.
    ///
    /// It need not be when it goes on at once: nobody else can change anything meanwhile.
    #[inline]
    pub(crate) fn take_interest(&mut self, task: TaskId) {
        let Task { pending, interested, .. } = &mut self.tasks[task.index()];
        let &mut Pending { operation, object, other, .. } = pending;
        if !operation.can_block() {
            return;
        }
        *interested = true;
        self.objects[object.index()].enlist(operation, task);
        if other.is_some() {
            self.take_other_interest(task, operation, other);
        }
    }

    #[cold]
    fn take_other_interest(&mut self, task: TaskId, operation: Operation, other: ObjectId) {
        self.objects[other.index()].enlist(operation, task);
    }

    /// Takes that back.
    pub(super) fn withdraw(&mut self, task: TaskId) {
        let &Pending { operation, object, other, .. } = &self.tasks[task.index()].pending;
        if object.is_some() {
            self.objects[object.index()].strike(operation, task);
        }
        if other.is_some() {
            self.objects[other.index()].strike(operation, task);
        }
    }

    /// Decides anew who of the tasks that wait for an object can go on.
    #[inline(always)]
    pub(crate) fn refresh(&mut self, object: ObjectId) {
        if !object.is_some() {
            return;
        }
        let Self { objects, ready, .. } = self;
        let entry = &objects[object.index()];
        if entry.is_awaited_alike {
            ready.set_all(&entry.waiting, entry.is_open());
        }
        if entry.is_awaited_otherwise {
            self.refresh_interested(object);
        }
    }

    #[inline(never)]
    fn refresh_interested(&mut self, object: ObjectId) {
        let interested = &self.objects[object.index()].interested;
        let Some(mut few) = interested.as_word() else { return self.refresh_many(object) };
        while few != 0 {
            self.reconsider(TaskId(few.trailing_zeros()));
            few &= few - 1;
        }
    }

    #[cold]
    fn refresh_many(&mut self, object: ObjectId) {
        let interested = std::mem::take(&mut self.objects[object.index()].interested);
        interested.iter().for_each(|task| self.reconsider(task));
        self.objects[object.index()].interested = interested;
    }

    /// Decides anew whether a task can go on.
    #[inline]
    fn reconsider(&mut self, task: TaskId) {
        let enabled = self.enabled(task);
        self.ready.set(task, enabled);
    }

    /// Decides anew who of the other tasks can go on: a bound that they counted on is used up.
    pub(super) fn reconsider_others(&mut self) {
        for task in (0..self.tasks.len() as u32).map(TaskId) {
            let waits = !self.tasks[task.index()].finished && self.tasks[task.index()].pending.operation.can_block();
            if task != self.current() && waits {
                self.reconsider(task);
            }
        }
    }

    /// Whether what the task has announced can happen now.
    pub(crate) fn enabled(&self, task: TaskId) -> bool {
        let (state, asked) = self.asked(task);
        state.admits(&asked)
    }

    /// What the task has announced, and the state of the object that it is to happen to.
    #[inline(always)]
    pub(super) fn asked(&self, task: TaskId) -> (&State, Asked<'_>) {
        let pending = &self.tasks[task.index()].pending;
        let other = pending.other.is_some().then(|| &self.objects[pending.other.index()].state);
        let asked = Asked { task, pending, other, by_itself: self.wakes_by_itself(task) };
        (&self.objects[pending.object.index()].state, asked)
    }

    /// Whether a waiting task may come back without having been woken.
    pub(crate) fn wakes_by_itself(&self, task: TaskId) -> bool {
        let task = &self.tasks[task.index()];
        task.expired
            || task.pending.deadline().is_some() && self.timeouts_left > 0
            || task.pending.operation.may_wake_for_no_reason() && self.spurious_left > 0
    }

    #[inline]
    pub(crate) fn is_ready(&self, task: TaskId) -> bool {
        if self.runtime() == Runtime::Native { self.ready.contains(task) } else { self.is_ready_now(task) }
    }

    /// The tasks that can go on, on native.
    #[inline]
    pub(crate) const fn ready(&self) -> &TaskSet {
        &self.ready
    }

    #[inline]
    pub(crate) fn nobody_is_ready(&self) -> bool {
        if self.runtime() == Runtime::Native {
            return self.ready.is_empty();
        }
        self.nobody_is_ready_now()
    }

    fn nobody_is_ready_now(&self) -> bool {
        !(0..self.tasks.len() as u32).any(|task| self.is_ready_now(TaskId(task)))
    }

    /// Whether a task of a foreign runtime, of which no set is kept up to date, can go on.
    fn is_ready_now(&self, task: TaskId) -> bool {
        let entry = &self.tasks[task.index()];
        !entry.finished && (!entry.interested || self.can_happen(task, &entry.pending))
    }

    /// The ready task whose turn comes after that of the one that ran last: everybody gets turns.
    pub(crate) fn next_in_turn(&self) -> TaskId {
        let current = self.current();
        let after = |task: &TaskId| (*task <= current, *task);
        self.ready.iter().min_by_key(after).unwrap_or(TaskId::MAIN)
    }
}
