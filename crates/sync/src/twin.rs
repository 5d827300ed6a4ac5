//! What the foreign runtimes must do for us, and who does it: one line a primitive and runtime.

use std::rc::Rc;

use bohrbug_events::{Operation, TaskId};

use crate::control::{Ctx, Runtime, State, Twin};
use crate::{loom, shuttle};

/// Sends a call to the twin of whichever foreign runtime is in charge; native has none and is never asked.
macro_rules! foreign {
    ($twin:expr, $inner:ident => $call:expr) => {
        match $twin {
            Twin::Shuttle($inner) => $call,
            Twin::Loom($inner) => $call,
            Twin::Native => unreachable!("a bug in bohrbug-sync: the native runtime has no twins"),
        }
    };
}

impl Twin {
    /// Makes this, which has been [retired](Twin::retire), the twin of an object in that state.
    #[inline]
    pub(crate) fn renew(&mut self, runtime: Runtime, state: &State) {
        if runtime != Runtime::Native {
            self.renew_foreign(runtime, state);
        }
    }

    fn renew_foreign(&mut self, runtime: Runtime, state: &State) {
        if let Self::Shuttle(twin) = self
            && let Some(twin) = Rc::get_mut(twin)
        {
            return twin.renew(state);
        }
        match runtime {
            Runtime::Native => {}
            Runtime::Shuttle => *self = Self::Shuttle(Rc::new(shuttle::Twin::new(state))),
            Runtime::Loom => *self = Self::Loom(Rc::new(loom::Twin::new(state))),
        }
    }

    /// Lets go of the foreign primitive; the memory of ours serves again.
    pub(crate) fn retire(&mut self) {
        match self {
            Self::Native => {}
            Self::Shuttle(twin) => match Rc::get_mut(twin) {
                Some(twin) => twin.retire(),
                // A task that was left behind has it.
                None => *self = Self::Native,
            },
            Self::Loom(_) => *self = Self::Native,
        }
    }

    /// Acquires a lock in the mode that the operation names.
    #[inline]
    pub(crate) fn acquire(&self, operation: Operation) {
        foreign!(self, twin => twin.acquire(operation))
    }

    /// Acquires a lock if it is free; whether it was.
    pub(crate) fn try_acquire(&self, operation: Operation) -> bool {
        foreign!(self, twin => twin.try_acquire(operation))
    }

    /// Releases a lock that this task holds.
    #[inline]
    pub(crate) fn release(&self, operation: Operation) {
        foreign!(self, twin => twin.release(operation))
    }

    /// Releases a lock that `task` has not released and never will.
    pub(crate) fn free(&self, task: TaskId) {
        match self {
            Self::Native => {}
            Self::Shuttle(twin) => twin.free(task),
            Self::Loom(twin) => twin.free(task),
        }
    }

    /// A scheduling point of the foreign runtime's, and nothing else.
    pub(crate) fn pause(&self) {
        match self {
            Self::Native => {}
            Self::Shuttle(_) => shuttle::pause(),
            Self::Loom(twin) => twin.touch(),
        }
    }

    /// The scheduling point before a thread's last step. shuttle has none there: who joins the thread could have come
    /// later instead.
    pub(crate) fn end(&self) {
        if !matches!(self, Self::Shuttle(_)) {
            self.pause();
        }
    }

    /// Waits, where there is no primitive to wait in, until what the current task has announced can happen.
    pub(crate) fn meet(&self, x: Ctx) {
        match self {
            Self::Native => {}
            Self::Shuttle(twin) => twin.meeting().wait(x),
            Self::Loom(twin) => twin.meeting().wait(x, |me| x.enabled(me)),
        }
    }

    /// Tells those who wait here that the object has changed; on loom the report of the change does.
    pub(crate) fn call(&self) {
        if let Self::Shuttle(twin) = self {
            twin.meeting().call();
        }
    }

    /// Wakes the tasks that wait in this object in any way but for a lock or for a thread's end: those two end by
    /// themselves when other tasks unwind.
    pub(crate) fn rescue(&self, operation: Operation) {
        match self {
            Self::Native => {}
            Self::Shuttle(twin) => twin.rescue(operation),
            Self::Loom(twin) => twin.rescue(operation),
        }
    }
}
