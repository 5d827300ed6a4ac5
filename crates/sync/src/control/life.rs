//! The life of a task, on every runtime.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bohrbug_trace::{Outcome, TaskId};

use super::Ctx;
use super::stop::Abort;
use super::{Runtime, Status};
use crate::native;

/// The life of a task, on every runtime: `body` returns whether it came to its end.
pub(crate) fn run_task(x: Ctx, task: TaskId, body: impl FnOnce() -> bool) {
    x.set_current(task);
    let end = catch_unwind(AssertUnwindSafe(|| {
        if x.stopping() {
            return;
        }
        let begin = x.task(task).pending;
        x.report(&begin, Outcome::Done, None);
        body();
        x.flush_deferred();
        crate::local::run_destructors(x, task);
        native::thread::end(x, task);
    }));
    x.set_current(task);
    x.flush_deferred();
    if end.is_err() {
        x.task(task).locals.drop_all();
    }
    retire(x, task);
}

/// The task is over, in whatever way: nobody will see it run again.
fn retire(x: Ctx, task: TaskId) {
    x.task(task).finished = true;
    x.state(x.task(task).object).thread().finish();
    let object = x.task(task).object;
    let execution = x.get();
    execution.ready.set(task, false);
    execution.unfinished -= 1;
    execution.refresh(object);
    let others = execution.runtime != Runtime::Native && execution.unfinished > 0;
    if others && execution.status == Status::Running && execution.nobody_is_ready() {
        x.resolve_stuck();
        if x.stopping() {
            x.wake_everybody();
        }
    }
}

/// Runs a piece of the code under test; a panic that nothing caught is reported, and given back.
pub(crate) fn catch<T>(x: Ctx, f: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let me = x.current();
    let result = catch_unwind(AssertUnwindSafe(f));
    x.set_current(me);
    if let Err(payload) = &result
        && !payload.is::<Abort>()
    {
        x.flush_deferred();
        x.panicked(&**payload);
    }
    result
}
