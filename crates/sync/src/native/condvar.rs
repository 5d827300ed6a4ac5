//! A condition variable: who waits, and which notifications each waiter may still consume.
//!
//! `notify_one` does not choose whom it wakes; the schedule does, when a waiter takes the notification. Each
//! notification is for those who waited when it came, and is used up by the first of them to run, as in shuttle.

use bohrbug_events::{Operation, Outcome, TaskId};
use smallvec::SmallVec;

use super::model::{Asked, Model, Tasks};
use crate::control::{Event, State};

#[derive(Debug, Default)]
pub(crate) struct Condvar {
    waiters: Vec<Waiter>,
    notifications: u32,
}

#[derive(Debug)]
struct Waiter {
    task: TaskId,
    /// The notifications to one that it may consume, the earliest first.
    offered: SmallVec<[u32; 4]>,
    /// Whether a notification to all has come.
    released: bool,
}

impl Condvar {
    fn begin_wait(&mut self, task: TaskId) {
        self.waiters.push(Waiter { task, offered: SmallVec::new(), released: false });
    }

    /// Whether a notification has come that the task may take.
    pub(crate) fn has_woken(&self, task: TaskId) -> bool {
        self.waiters.iter().any(|waiter| waiter.task == task && (waiter.released || !waiter.offered.is_empty()))
    }

    /// The task stops waiting and takes its notification, if it has one.
    fn end_wait(&mut self, task: TaskId) {
        let Some(place) = self.waiters.iter().position(|waiter| waiter.task == task) else { return };
        let waiter = self.waiters.remove(place);
        if let (false, Some(&taken)) = (waiter.released, waiter.offered.first()) {
            for other in &mut self.waiters {
                other.offered.retain(|offered| *offered != taken);
            }
        }
    }

    fn notify_one(&mut self) {
        for waiter in self.waiters.iter_mut().filter(|waiter| !waiter.released) {
            waiter.offered.push(self.notifications);
        }
        self.notifications += 1;
    }

    fn notify_all(&mut self) {
        for waiter in &mut self.waiters {
            waiter.released = true;
        }
    }
}

impl Model for Condvar {
    fn at_first(&self, _: &mut dyn Iterator<Item = &Event>) -> Self {
        Self::default()
    }

    fn admits(&self, asked: &Asked<'_>) -> bool {
        let is_free = |other: &State| !matches!(other, State::Mutex(mutex) if !mutex.is_free());
        (asked.by_itself || self.has_woken(asked.task)) && asked.other.is_none_or(is_free)
    }

    fn apply(&mut self, event: &Event) {
        match (event.operation, event.outcome) {
            // It keeps its mutex, and does not wait.
            (Operation::Wait | Operation::Wake, Outcome::Unwinding) => {}
            (Operation::Wait, _) => self.begin_wait(event.task),
            (Operation::Wake, _) => self.end_wait(event.task),
            (Operation::NotifyOne, _) => self.notify_one(),
            (Operation::NotifyAll, _) => self.notify_all(),
            _ => {}
        }
    }

    /// Whoever has the mutex that a woken task needs. Who will notify is not known.
    fn holders(&self, asked: &Asked<'_>) -> Tasks {
        match asked.other {
            Some(State::Mutex(mutex)) if self.has_woken(asked.task) => mutex.owners(),
            _ => Tasks::new(),
        }
    }

    fn owners(&self) -> Tasks {
        Tasks::new()
    }
}
