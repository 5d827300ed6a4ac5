//! A condition variable: who waits, and which notifications each waiter may still consume.
//!
//! `notify_one` does not choose whom it wakes; the schedule does, when a waiter takes the notification. Each
//! notification is for those who waited when it came, and is used up by the first of them to run, as in shuttle.

use bohrbug_trace::TaskId;
use smallvec::SmallVec;

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
    pub(crate) fn begin_wait(&mut self, task: TaskId) {
        self.waiters.push(Waiter { task, offered: SmallVec::new(), released: false });
    }

    /// Whether a notification has come that the task may take.
    pub(crate) fn has_woken(&self, task: TaskId) -> bool {
        self.waiters.iter().any(|waiter| waiter.task == task && (waiter.released || !waiter.offered.is_empty()))
    }

    /// The task stops waiting and takes its notification, if it has one; the answer says so.
    pub(crate) fn end_wait(&mut self, task: TaskId) -> bool {
        let Some(place) = self.waiters.iter().position(|waiter| waiter.task == task) else {
            return false;
        };
        let waiter = self.waiters.remove(place);
        if waiter.released {
            return true;
        }
        let Some(&taken) = waiter.offered.first() else {
            return false;
        };
        for other in &mut self.waiters {
            other.offered.retain(|offered| *offered != taken);
        }
        true
    }

    pub(crate) fn notify_one(&mut self) {
        for waiter in self.waiters.iter_mut().filter(|waiter| !waiter.released) {
            waiter.offered.push(self.notifications);
        }
        self.notifications += 1;
    }

    pub(crate) fn notify_all(&mut self) {
        for waiter in &mut self.waiters {
            waiter.released = true;
        }
    }
}
