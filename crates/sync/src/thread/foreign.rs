//! The making of threads on shuttle and loom, which must be closures that could go to another thread.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_trace::TaskId;

use super::spawn::register;
use crate::control::{Ctx, Pending, Runtime, Twin, run_task};

/// Has the foreign runtime in charge run `body` as a new task when it is the current task's turn.
///
/// # Safety
///
/// What `body` borrows must outlive the task.
pub(super) unsafe fn launch<'a>(
    x: Ctx,
    name: Option<Arc<str>>,
    pending: Pending,
    body: impl FnOnce() -> bool + 'a,
) -> TaskId {
    let launch: Rc<dyn Launch + 'a> = Rc::new(Launched { task: Cell::new(None), body: Cell::new(Some(body)) });
    // SAFETY: only the lifetime changes, for which the caller vouches.
    let launch = OneThread(unsafe { std::mem::transmute::<Rc<dyn Launch + 'a>, Rc<dyn Launch>>(launch) });
    if x.runtime() == Runtime::Shuttle {
        launch_on_shuttle(x, name, pending, launch)
    } else {
        launch_on_loom(x, name, pending, launch)
    }
}

/// What a foreign runtime's thread is given to run.
trait Launch {
    /// Says which task it is.
    fn enter(&self, task: TaskId);

    /// Runs the task, if it has been entered.
    fn run(&self, x: Ctx);
}

struct Launched<F> {
    task: Cell<Option<TaskId>>,
    body: Cell<Option<F>>,
}

impl<F: FnOnce() -> bool> Launch for Launched<F> {
    fn enter(&self, task: TaskId) {
        self.task.set(Some(task));
    }

    fn run(&self, x: Ctx) {
        let body = self.body.take();
        if let (Some(task), Some(body)) = (self.task.get(), body) {
            run_task(x, task, body);
        }
    }
}

/// shuttle lets others run first and then makes the thread, so the task is entered when the thread is there: its number
/// is shuttle's. If the execution was stopped meanwhile it is not entered at all, and the thread has nothing to run.
fn launch_on_shuttle(x: Ctx, name: Option<Arc<str>>, pending: Pending, launch: OneThread) -> TaskId {
    let stack_size = x.execution().config().stack_size;
    let spawn = || {
        let launch = launch.clone();
        crate::shuttle::spawn(stack_size, move || launch.into_inner().run(x))
    };
    // A scope must not end before the thread has dropped what it borrows.
    let (_, handle) = x.turn(pending, |_| spawn(), |_, handle| drop(handle.join()));
    let handle = handle.unwrap_or_else(|| {
        // The current task is unwinding and must not be switched out.
        x.execution().stay();
        spawn()
    });
    let task = register(x, name, pending.site);
    launch.0.enter(task);
    // SAFETY: objects live until the execution's end, and what is behind the twin's box never moves.
    if let Twin::Shuttle(twin) = unsafe { &*x.twin(x.task(task).object) } {
        twin.thread().set_handle(handle);
    }
    task
}

fn launch_on_loom(x: Ctx, name: Option<Arc<str>>, pending: Pending, launch: OneThread) -> TaskId {
    let stack_size = x.execution().config().stack_size;
    x.turn(pending, |_| (), |_, ()| ());
    let task = register(x, name, pending.site);
    if task.index() >= ::loom::MAX_THREADS {
        x.give_up(format!("loom runs at most {} threads with main; use another strategy", ::loom::MAX_THREADS));
    }
    launch.0.enter(task);
    let parent = x.current();
    let main = move || {
        enter_thread(x, task);
        launch.into_inner().run(x);
    };
    // SAFETY: objects live until the execution's end, and what is behind the twin's box never moves.
    if let Twin::Loom(twin) = unsafe { &*x.twin(x.task(task).object) } {
        twin.thread().spawn(x, stack_size, main);
    }
    x.set_current(parent);
    task
}

/// Something for another thread that is none: shuttle and loom run all of theirs on the calling OS thread.
#[derive(Clone)]
struct OneThread(Rc<dyn Launch>);

// SAFETY: see the type.
unsafe impl Send for OneThread {}

impl OneThread {
    fn into_inner(self) -> Rc<dyn Launch> {
        self.0
    }
}

/// Tells loom's twin of a task which of loom's threads is running it.
pub(crate) fn enter_thread(x: Ctx, task: TaskId) {
    // SAFETY: as in `launch`.
    match unsafe { &*x.twin(x.task(task).object) } {
        Twin::Loom(twin) => twin.thread().enter(),
        Twin::Shuttle(_) | Twin::Native => {}
    }
}
