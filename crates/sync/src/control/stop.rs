//! The end of an execution before its end: who has to be woken, so that every task unwinds.

use std::any::Any;
use std::panic::resume_unwind;

use bohrbug_events::{ObjectId, TaskId};

use super::{Ctx, Incident, Reaction, Runtime};
use crate::native;

/// The payload with which tasks unwind when their execution is over before its end; no panic hook sees it.
#[derive(Debug)]
pub(crate) struct Abort;

impl Ctx {
    /// Ends the execution because the code under test did what cannot be followed, and unwinds the calling task.
    pub(crate) fn give_up(self, message: String) -> ! {
        self.incident(&Incident::Runtime { message });
        self.stop_now();
        if self.runtime() == Runtime::Native { native::kernel::abandon(self) } else { self.abandon() }
    }

    /// A panic that nothing caught has ended the current task's closure.
    pub(crate) fn panicked(self, payload: &(dyn Any + Send)) {
        if self.stopping() {
            return;
        }
        let (message, site) = crate::panics::describe(self, payload);
        let incident = Incident::Panic { task: self.current(), message, site };
        if self.incident(&incident) == Reaction::Stop {
            self.stop();
        }
    }

    /// Stops the execution; the caller goes on to its own end.
    pub(super) fn stop(self) {
        self.stop_now();
        if self.runtime() != Runtime::Native {
            self.wake_everybody();
        }
    }

    /// Stops a foreign execution from inside a task and unwinds the task.
    pub(super) fn abandon(self) -> ! {
        self.wake_everybody();
        abort()
    }

    /// Lets every task that waits in the foreign runtime come back, to find that the execution is over.
    pub(super) fn wake_everybody(self) {
        let me = self.current();
        self.free_leaked_locks();
        if self.runtime() == Runtime::Loom {
            crate::loom::unpark_ready(self, |_| true);
            return;
        }
        for task in 0..self.task_count() as u32 {
            let task = TaskId(task);
            if task != me && !self.has_finished(task) {
                self.rescue(task);
            }
        }
    }

    /// Releases the foreign locks of guards that were leaked by tasks that have ended: nobody else will, and who waits for
    /// them could not come back.
    fn free_leaked_locks(self) {
        let me = self.current();
        for object in 0..self.with(|x| x.objects.len()) as u32 {
            let object = ObjectId(object);
            let owners = self.state(object, |state| state.owners());
            for task in owners.into_iter().filter(|&task| self.has_finished(task)) {
                self.twin(object).free(task);
                self.set_current(me);
            }
        }
    }

    /// Wakes a task that waits inside a foreign primitive.
    fn rescue(self, task: TaskId) {
        let me = self.current();
        if task == me {
            return;
        }
        if self.runtime() == Runtime::Loom {
            crate::loom::unpark_ready(self, |other| other == task);
            return;
        }
        let pending = self.pending(task);
        if pending.operation.can_block() {
            self.twin(pending.object).rescue(pending.operation);
            self.set_current(me);
        }
    }

    /// Nothing can run: lets the earliest timeout fire, or calls it a deadlock.
    pub(super) fn resolve_stuck(self) {
        match self.with(|x| x.stuck()) {
            Some(expired) => self.rescue(expired),
            None => self.stop_now(),
        }
    }
}

/// Unwinds the calling task.
pub(crate) fn abort() -> ! {
    resume_unwind(Box::new(Abort))
}
