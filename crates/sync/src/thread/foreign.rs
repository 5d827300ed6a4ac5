//! The making of threads on shuttle and loom, which must be closures that could go to another thread.

use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_events::{ObjectId, Operation, TaskId};

use super::Job;
use super::spawn::register;
use crate::control::{Ctx, Pending, Runtime, Twin};

/// Has the foreign runtime in charge run a job as a new task when it is the current task's turn.
pub(super) fn launch(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>, job: Rc<dyn Job>) -> TaskId {
    let job = OneThread(job);
    if x.runtime() == Runtime::Shuttle {
        launch_on_shuttle(x, name, site, job)
    } else {
        launch_on_loom(x, name, site, job)
    }
}

/// shuttle lets others run first and then makes the thread, so the task is entered when the thread is there: its number
/// is shuttle's. If the execution was stopped meanwhile it is not entered at all, and the thread has nothing to run.
fn launch_on_shuttle(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>, job: OneThread) -> TaskId {
    let stack_size = x.stack_size();
    let spawn = || {
        let job = job.clone();
        crate::shuttle::spawn(stack_size, move || job.into_inner().run(x))
    };
    // A scope must not end before the thread has dropped what it borrows.
    let (_, handle) = x.turn(announced(site), |_| spawn(), |_, handle| drop(handle.join()));
    let handle = handle.unwrap_or_else(|| {
        // The current task is unwinding and must not be switched out.
        x.stay();
        spawn()
    });
    let task = register(x, name, site);
    job.0.enter(task);
    if let Twin::Shuttle(twin) = x.twin(x.object_of(task)) {
        twin.thread().set_handle(handle);
    }
    task
}

fn launch_on_loom(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>, job: OneThread) -> TaskId {
    let stack_size = x.stack_size();
    x.turn(announced(site), |_| (), |_, ()| ());
    let task = register(x, name, site);
    if task.index() >= crate::loom::MAX_THREADS {
        x.give_up(format!("loom runs at most {} threads with main; use another strategy", crate::loom::MAX_THREADS));
    }
    job.0.enter(task);
    let parent = x.current();
    let main = move || {
        enter_thread(x, task);
        job.into_inner().run(x);
    };
    if let Twin::Loom(twin) = x.twin(x.object_of(task)) {
        twin.thread().spawn(x, stack_size, main);
    }
    x.set_current(parent);
    task
}

/// Something for another thread that is none: shuttle and loom run all of theirs on the calling OS thread.
#[derive(Clone)]
struct OneThread(Rc<dyn Job>);

// SAFETY: see the type.
unsafe impl Send for OneThread {}

impl OneThread {
    fn into_inner(self) -> Rc<dyn Job> {
        self.0
    }
}

/// A spawn, as it is announced: there is no object yet.
const fn announced(site: &'static Location<'static>) -> Pending {
    Pending::new(Operation::Spawn, ObjectId::NONE, site)
}

/// Tells loom's twin of a task which of loom's threads is running it.
pub(crate) fn enter_thread(x: Ctx, task: TaskId) {
    match x.twin(x.object_of(task)) {
        Twin::Loom(twin) => twin.thread().enter(),
        Twin::Shuttle(_) | Twin::Native => {}
    }
}
