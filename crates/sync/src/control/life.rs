//! The life of a task, on every runtime: its code, its thread-locals, its first event and its last.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bohrbug_events::TaskId;

use super::Ctx;
use super::own_process::is_incident;
use super::stop::Abort;
use super::{Inner, Runtime, Status};
use crate::local::Locals;
use crate::native;

/// What a task runs: a piece of the code under test.
pub(crate) trait Body {
    /// Runs it to its end.
    fn run(&mut self);

    /// A panic has ended it.
    fn panicked(&mut self, payload: Box<dyn Any + Send>);

    /// It will not be run: the execution is over.
    fn drop_unrun(&mut self);
}

/// The program under test, as the main task.
pub(crate) struct Main<'a>(pub(crate) &'a dyn Fn());

impl Body for Main<'_> {
    fn run(&mut self) {
        (self.0)();
    }

    fn panicked(&mut self, _: Box<dyn Any + Send>) {}

    fn drop_unrun(&mut self) {}
}

/// Runs a task from its first event to its last.
pub(crate) fn run_task(x: Ctx, task: TaskId, body: &mut dyn Body) {
    x.set_current(task);
    let mut life = Life { x, task, body, has_returned: false };
    let life = &mut life;
    let lived = catch_unwind(AssertUnwindSafe(|| life.live()));
    x.set_current(task);
    if let Err(payload) = lived {
        life.wind_up(payload);
    }
    x.flush_deferred();
    retire(x, task);
}

struct Life<'a> {
    x: Ctx,
    task: TaskId,
    body: &'a mut dyn Body,
    /// Whether the code under test has come to its end, in whatever way.
    has_returned: bool,
}

impl Life<'_> {
    fn live(&mut self) {
        if self.x.stopping() {
            return self.body.drop_unrun();
        }
        let begin = self.x.pending(self.task);
        self.x.report_unawaited(&begin);
        self.body.run();
        self.has_returned = true;
        self.end();
    }

    /// What a task does when its code has ended.
    fn end(&self) {
        self.x.set_current(self.task);
        self.x.flush_deferred();
        crate::local::run_destructors(self.x, self.task);
        native::thread::end(self.x, self.task);
    }

    /// A panic, or the end of the execution, came in between.
    #[cold]
    fn wind_up(&mut self, mut payload: Box<dyn Any + Send>) {
        if self.x.driver_panics() && self.x.runtime() == Runtime::Native {
            let fault = std::mem::replace(&mut payload, Box::new(Abort));
            self.x.with(|x| x.fail_with(fault));
        }
        if !self.has_returned {
            self.has_returned = true;
            let ended = catch_unwind(AssertUnwindSafe(|| {
                self.x.set_current(self.task);
                if !payload.is::<Abort>() {
                    self.x.flush_deferred();
                    if is_incident(self.task) {
                        self.x.panicked(&*payload);
                    } else {
                        crate::panics::pass(self.x, self.task, &*payload);
                    }
                }
                self.body.panicked(payload);
                self.end();
            }));
            self.x.set_current(self.task);
            if ended.is_ok() {
                return;
            }
        }
        let locals = self.x.task(self.task, |row| row.locals.take());
        locals.into_iter().for_each(Locals::drop_outside);
    }
}

/// The task is over, in whatever way: nobody will see it run again.
fn retire(x: Ctx, task: TaskId) {
    if x.with(|x| x.retire(task)) {
        x.resolve_stuck();
        if x.stopping() {
            x.wake_everybody();
        }
    }
}

impl Inner {
    /// Takes note that the task is over; whether a foreign execution is stuck without it.
    pub(crate) fn retire(&mut self, task: TaskId) -> bool {
        let row = &mut self.tasks[task.index()];
        row.finished = true;
        let object = row.object;
        self.ready.remove(task);
        self.unfinished -= 1;
        let thread = self.objects[object.index()].state.thread();
        if !thread.has_finished() {
            // It came to no last event.
            thread.finish();
            self.refresh(object);
        }
        let others = self.runtime() != Runtime::Native && self.unfinished > 0;
        others && self.status() == Status::Running && self.nobody_is_ready()
    }
}
