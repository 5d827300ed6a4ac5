//! When nothing can run, or some tasks wait for each other: the earliest timeout fires, or it is a deadlock.

use bohrbug_events::{ObjectId, Operation, TaskId};

use super::object::Object;
use super::{Blocked, Ctx, Incident, Inner, Pending, Reaction, Runtime, State, Status};
use crate::native::model::Tasks;

impl Ctx {
    /// Looks whether the current task, which wants to read, waits for itself if a writer that waits keeps it out.
    #[inline]
    pub(crate) fn queue_behind_writers(self, pending: &Pending) {
        if self.with(|x| x.objects[pending.object.index()].is_awaited_otherwise) {
            self.queue_where_others_wait(*pending);
        }
    }

    #[inline(never)]
    fn queue_where_others_wait(self, pending: Pending) {
        self.with(|x| x.queue_behind_writers(&pending));
    }
}

impl Inner {
    fn queue_behind_writers(&mut self, pending: &Pending) {
        let me = self.current();
        let is_ordinary = self.runtime() == Runtime::Native && self.status() == Status::Running;
        if !is_ordinary || std::thread::panicking() {
            return;
        }
        self.tasks[me.index()].pending = *pending;
        if self.queues_behind_writers(me) {
            self.look_for_cycle(me);
        }
    }

    /// No task can run. Returns the task whose timeout fires; `None` ends the execution.
    pub(crate) fn stuck(&mut self) -> Option<TaskId> {
        if let Some(task) = self.earliest_timeout() {
            self.expire(task);
            return Some(task);
        }
        if let Some(task) = self.held_back_for_nobody() {
            self.let_in(task);
            return Some(task);
        }
        // The program's end does not wait for threads that nobody joined; those that wait in a cycle were reported when
        // it closed.
        if !self.tasks[TaskId::MAIN.index()].finished {
            let blocked = self.waiting_tasks().map(|task| self.blocked(task)).collect();
            self.incident(&Incident::Deadlock { blocked, cycle: 0 });
        } else {
            self.left_waiting = self.waiting_tasks().map(|task| self.blocked(task)).collect();
        }
        None
    }

    /// A reader that is held back although no writer has come that would be the reason.
    fn held_back_for_nobody(&self) -> Option<TaskId> {
        self.waiting_tasks().find(|&task| {
            let object = self.tasks[task.index()].pending.object;
            let is_held_back = object.is_some()
                && matches!(&self.objects[object.index()].state, State::RwLock(rwlock) if rwlock.holds_back(task));
            is_held_back && self.waiting_writers(object).next().is_none()
        })
    }

    fn let_in(&mut self, reader: TaskId) {
        let lock = self.tasks[reader.index()].pending.object;
        if let State::RwLock(rwlock) = &mut self.objects[lock.index()].state {
            rwlock.let_in(reader);
        }
        self.ready.set(reader, true);
    }

    /// The tasks that wait to write.
    fn waiting_writers(&self, lock: ObjectId) -> impl Iterator<Item = TaskId> {
        let waits = move |task: &TaskId| {
            let pending = &self.tasks[task.index()].pending;
            pending.operation == Operation::WriteLock && pending.object == lock && !self.is_ready(*task)
        };
        self.waiting_tasks().filter(waits)
    }

    /// Whether a writer waits for what the task wants to read, so that the task may have to wait for the writer.
    fn queues_behind_writers(&self, task: TaskId) -> bool {
        let pending = &self.tasks[task.index()].pending;
        pending.operation == Operation::ReadLock && self.waiting_writers(pending.object).next().is_some()
    }

    /// Looks whether `task`, which cannot go on, closes a cycle of tasks that wait for each other, and reports it.
    pub(crate) fn look_for_cycle(&mut self, task: TaskId) {
        // Nearly always somebody whom it waits for can go on, and then there is no cycle yet.
        if !self.waits_for_a_waiting_task(task) {
            return;
        }
        let mut path = Tasks::from_slice(&[task]);
        if !self.closes_cycle(&mut path) {
            return;
        }
        let cycle = path.len();
        let blocked: Vec<Blocked> = path.into_iter().map(|task| self.blocked(task)).collect();
        if self.incident(&Incident::Deadlock { blocked, cycle }) == Reaction::Stop {
            self.stop_now();
        }
    }

    /// Whether one of those who hold up a task waits, too.
    fn waits_for_a_waiting_task(&self, task: TaskId) -> bool {
        let pending = &self.tasks[task.index()].pending;
        if Object::is_awaited_alike(pending.operation) {
            let keeper = self.objects[pending.object.index()].keeper();
            return keeper.is_some_and(|keeper| keeper == task || !self.is_ready(keeper));
        }
        self.holders(task).into_iter().any(|holder| holder == task || !self.may_go_on(holder))
    }

    /// Whether the task can go on, and does not have to wait for a writer all the same.
    fn may_go_on(&self, task: TaskId) -> bool {
        self.is_ready(task) && !self.queues_behind_writers(task)
    }

    /// Extends `path`, a chain of tasks each waiting for the next, until it comes back to its first.
    fn closes_cycle(&self, path: &mut Tasks) -> bool {
        let last = path[path.len() - 1];
        for holder in self.holders(last) {
            if holder == path[0] {
                return true;
            }
            if path.contains(&holder) || self.may_go_on(holder) || !self.waits_for_good(holder) {
                continue;
            }
            path.push(holder);
            if self.closes_cycle(path) {
                return true;
            }
            path.pop();
        }
        false
    }

    /// Whether the task waits, and no timeout will end it.
    fn waits_for_good(&self, task: TaskId) -> bool {
        let task = &self.tasks[task.index()];
        !task.finished && task.pending.operation.can_block() && task.pending.deadline().is_none()
    }

    fn waiting_tasks(&self) -> impl Iterator<Item = TaskId> {
        (0..self.tasks.len() as u32).map(TaskId).filter(|task| !self.tasks[task.index()].finished)
    }

    fn blocked(&self, task: TaskId) -> Blocked {
        Blocked { task, object: self.tasks[task.index()].pending.object, holders: self.holders(task).into_vec() }
    }

    /// Who has to act before the task's operation can happen, where that is known.
    fn holders(&self, task: TaskId) -> Tasks {
        let pending = &self.tasks[task.index()].pending;
        if !pending.operation.can_block() {
            return Tasks::new();
        }
        let (state, asked) = self.asked(task);
        let holders = state.holders(&asked);
        // Writers that wait keep readers out; the lock does not know of them.
        if holders.is_empty() && pending.operation == Operation::ReadLock {
            return self.waiting_writers(pending.object).collect();
        }
        holders
    }

    /// The current task is about to yield. Where all who can go on do nothing else again and again, time passes for those who
    /// wait for it: one of them may be whom the others wait for.
    pub(crate) fn idle(&mut self) {
        /// More than those yield who look a few times before they wait.
        const OFTEN: u32 = 64;
        let me = self.current();
        let yields = |task: TaskId| self.tasks[task.index()].pending.operation == Operation::Yield;
        let all_yield = self.ready().iter().all(|task| task == me || yields(task));
        self.idle_yields = if all_yield { self.idle_yields + 1 } else { 0 };
        if self.idle_yields > OFTEN
            && let Some(task) = self.earliest_timeout()
        {
            self.idle_yields = 0;
            self.expire(task);
        }
    }

    /// The waiting task with the earliest deadline of those that a timeout would set free.
    fn earliest_timeout(&mut self) -> Option<TaskId> {
        let mut timed: Vec<(u64, TaskId)> = self
            .waiting_tasks()
            .filter(|task| !self.tasks[task.index()].expired)
            .filter_map(|task| Some((self.tasks[task.index()].pending.deadline()?, task)))
            .collect();
        timed.sort_unstable();
        timed.into_iter().map(|(_, task)| task).find(|&task| self.would_be_freed(task))
    }

    fn would_be_freed(&mut self, task: TaskId) -> bool {
        self.tasks[task.index()].expired = true;
        let freed = self.enabled(task);
        self.tasks[task.index()].expired = false;
        freed
    }

    fn expire(&mut self, task: TaskId) {
        self.tasks[task.index()].expired = true;
        self.clock = self.clock.max(self.tasks[task.index()].pending.deadline().unwrap_or(0));
        self.ready.set(task, true);
    }
}
