//! A thread as others see it: whether it has ended, and its park token.

use bohrbug_trace::{Operation, Outcome, TaskId};

use crate::control::{Ctx, Pending};

#[derive(Debug)]
pub(crate) struct Thread {
    task: TaskId,
    finished: bool,
    token: bool,
}

impl Thread {
    pub(crate) const fn of(task: TaskId) -> Self {
        Self { task, finished: false, token: false }
    }

    pub(crate) const fn task(&self) -> TaskId {
        self.task
    }

    pub(crate) const fn has_finished(&self) -> bool {
        self.finished
    }

    pub(crate) const fn finish(&mut self) {
        self.finished = true;
    }

    pub(crate) const fn has_token(&self) -> bool {
        self.token
    }

    pub(crate) const fn unpark(&mut self) {
        self.token = true;
    }

    /// Takes the token; whether there was one.
    pub(crate) const fn take_token(&mut self) -> bool {
        std::mem::replace(&mut self.token, false)
    }
}

/// A task's last event: from here on it can be joined.
pub(crate) fn end(x: Ctx, task: TaskId) {
    let (object, site) = x.task(task, |row| (row.object, row.site));
    let pending = Pending::new(Operation::End, object, site);
    x.turn(pending, |twin| twin.end(), |_, ()| ());
    x.thread(object, Thread::finish);
    x.report(&pending, Outcome::Done, None);
}
