//! A thread as others see it: whether it has ended, and its park token.

use bohrbug_events::{Operation, Outcome, TaskId};

use super::model::{Asked, Model, Tasks};
use crate::control::{Ctx, Event, Pending};

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
}

impl Model for Thread {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::of(self.task)
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        match asked.pending.operation {
            Operation::Park => asked.by_itself || self.token,
            _ => self.finished,
        }
    }

    fn apply(&mut self, event: &Event) {
        match event.operation {
            Operation::End => self.finish(),
            Operation::Unpark => self.token = true,
            Operation::Park => self.token = false,
            Operation::TakeToken => self.token &= event.value() != Some(1),
            _ => {}
        }
    }

    /// Who will unpark is not known.
    fn holders(&self, asked: &Asked<'_>) -> Tasks {
        match asked.pending.operation {
            Operation::Join => Tasks::from_slice(&[self.task]),
            _ => Tasks::new(),
        }
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}

/// A task's last event: from here on it can be joined.
pub(crate) fn end(x: Ctx, task: TaskId) {
    let (object, site) = x.task(task, |row| (row.object, row.site));
    let pending = Pending::new(Operation::End, object, site);
    x.turn(pending, |twin| twin.end(), |_, ()| ());
    // SAFETY: nothing in there has a handle.
    unsafe { x.report_after(&pending, Outcome::Done, |x| x.state(object).thread().finish()) };
}
