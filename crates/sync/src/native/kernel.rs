//! The heart of the native runtime: tasks as coroutines, and one call that announces and waits its turn.
//!
//! The driver is asked in the running task's own context, so going on with the same task costs no switch. A task that is
//! not chosen is suspended, and the loop at the bottom of the stack resumes the one that was. When an execution is over
//! before its end the loop resumes what is left, youngest first, and each task unwinds from where it stands: children
//! that borrow from a parent's stack are gone before the parent's is.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use bohrbug_trace::TaskId;
use corosensei::{Coroutine, Yielder};

use super::stack::OffsetStack;
use crate::control::{Amount, Ctx, Execution, Pending, Status};
use crate::control::{Main, abort, run_task};
use crate::thread::Job;

type Fiber = Coroutine<(), (), (), OffsetStack>;

/// What the native runtime keeps for an execution's tasks.
pub(crate) struct Kernel {
    /// One worker for each number of a task, never moved: a task that runs may spawn another.
    #[expect(clippy::vec_box, reason = "the table grows while a task runs")]
    workers: Vec<Box<Worker>>,
    /// Where the worker that is running suspends itself.
    yielder: *const Yielder<(), ()>,
    /// Whom the loop resumes next; `None` when the execution is to stop, or has ended.
    next: Option<TaskId>,
    /// Whether an execution is under way, or was left by a panic of the driver.
    running: bool,
    stack_size: usize,
}

/// A coroutine that runs the tasks of one number, execution after execution.
struct Worker {
    fiber: Fiber,
    desk: Rc<Desk>,
}

/// What a worker and the kernel share.
struct Desk {
    /// What the worker is to run when it is resumed next; one that finds nothing here ends.
    work: Cell<Option<(Ctx, Work)>>,
    /// Whether it is running something, or suspended in the middle of it.
    busy: Cell<bool>,
    /// Where the worker suspends itself; null before it has begun.
    yielder: Cell<*const Yielder<(), ()>>,
}

/// What comes to be a task.
enum Work {
    /// The program under test, as the main task.
    Main(&'static dyn Fn()),
    Spawned(Rc<dyn Job>),
}

impl Kernel {
    pub(crate) const fn new(stack_size: usize) -> Self {
        Self { workers: Vec::new(), yielder: ptr::null(), next: None, running: false, stack_size }
    }

    /// An execution begins.
    fn begin(&mut self) {
        if std::mem::replace(&mut self.running, true) {
            // The last one did not end, and its workers are in the middle of something.
            self.workers.clear();
        }
    }

    /// Gives the worker of that task something to run.
    #[inline(always)]
    fn assign(&mut self, x: Ctx, task: TaskId, work: Work) {
        while self.workers.len() <= task.index() {
            self.workers.push(Box::new(Worker::new(self.stack_size, self.workers.len())));
        }
        self.workers[task.index()].desk.work.set(Some((x, work)));
    }
}

impl Worker {
    fn new(stack_size: usize, number: usize) -> Self {
        let stack = OffsetStack::new(stack_size, number)
            .unwrap_or_else(|error| panic!("no memory for the stack of one more task: {error}"));
        let desk = Rc::new(Desk { work: Cell::new(None), busy: Cell::new(false), yielder: Cell::new(ptr::null()) });
        let mine = desk.clone();
        Self { fiber: Fiber::with_stack(stack, move |yielder, ()| work(&mine, yielder)), desk }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.desk.work.take();
        if !self.desk.busy.get() && !self.fiber.done() {
            // It finds nothing to run, and ends.
            let _ = self.fiber.resume(());
        }
    }
}

/// The life of a worker.
fn work(desk: &Desk, yielder: &Yielder<(), ()>) {
    desk.yielder.set(yielder);
    while let Some((x, work)) = desk.work.take() {
        desk.busy.set(true);
        x.kernel().yielder = yielder;
        match work {
            Work::Main(f) => run_task(x, TaskId::MAIN, &mut Main(f)),
            Work::Spawned(job) => job.run(x),
        }
        if !x.stopping() {
            x.kernel().next = x.decide();
        }
        desk.busy.set(false);
        yielder.suspend(());
    }
}

/// Runs `f` as the main task, and every task that it spawns, until none is left.
pub(crate) fn run(x: Ctx, f: &dyn Fn()) {
    // SAFETY: only the lifetime changes; every task has ended when this function returns.
    let f = unsafe { std::mem::transmute::<&dyn Fn(), &'static dyn Fn()>(f) };
    x.kernel().begin();
    x.kernel().assign(x, TaskId::MAIN, Work::Main(f));
    x.kernel().next = Some(TaskId::MAIN);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        while let Some(task) = x.kernel().next.take() {
            resume(x, task);
        }
    }));
    if let Err(fault) = ran {
        // Between two tasks only the driver can panic.
        x.execution().fail_with(fault);
    }
    // What has not ended unwinds from where it is suspended, and may spawn more.
    while let Some(task) = x.execution().youngest_unfinished() {
        resume(x, task);
    }
    x.kernel().running = x.execution().has_failed();
}

/// Has a job run as a task that has been announced.
pub(crate) fn spawn(x: Ctx, task: TaskId, job: Rc<dyn Job>) {
    job.enter(task);
    x.kernel().assign(x, task, Work::Spawned(job));
}

/// Announces `pending` and returns when the driver has chosen this task to perform it.
#[inline(always)]
pub(crate) fn turn(x: Ctx, pending: Pending) {
    if x.stopping() {
        abort();
    }
    let me = x.current();
    x.announce(me, pending);
    let next = x.decide();
    if next != Some(me) {
        let_go_on(x, me, next);
    }
}

/// Lets another task go on, or ends the execution. What the others do is of interest for the one that waits.
fn let_go_on(x: Ctx, me: TaskId, next: Option<TaskId>) {
    x.execution().take_interest(me);
    x.kernel().next = next;
    suspend(x, me);
}

/// Leaves the calling task for good: the execution is stopping.
pub(crate) fn abandon(x: Ctx) -> ! {
    if std::thread::panicking() {
        // It is on its way out already, and a second panic would end the process.
        std::process::abort();
    }
    suspend(x, x.current());
    abort()
}

fn suspend(x: Ctx, me: TaskId) {
    let yielder = x.kernel().yielder;
    // SAFETY: the task is running, so this is its worker's, and lives as long as the worker does.
    unsafe { &*yielder }.suspend(());
    x.set_current(me);
    if x.stopping() {
        abort();
    }
}

/// Lets a task run until it suspends itself, or has ended.
fn resume(x: Ctx, task: TaskId) {
    x.set_current(task);
    let kernel = x.kernel();
    let worker: *mut Worker = &raw mut *kernel.workers[task.index()];
    // SAFETY: a worker never moves and lasts as long as the kernel, and its fiber is used here only, and never by itself.
    let worker = unsafe { &mut *worker };
    kernel.yielder = worker.desk.yielder.get();
    let _ = worker.fiber.resume(());
}

impl Ctx {
    #[inline(always)]
    fn announce(self, task: TaskId, pending: Pending) {
        if !self.execution().announce(task, pending) {
            self.execution().look_for_cycle(task);
        }
    }

    /// Who runs next, which is for the driver to say where there is a choice; `None` ends the execution.
    #[inline]
    fn decide(self) -> Option<TaskId> {
        let x = self.execution();
        if !x.is_ordinary() {
            return x.decide_with_care();
        }
        match x.ready().amount() {
            Amount::None => x.decide_with_care(),
            Amount::One(task) if x.skips_forced_steps() => Some(task),
            Amount::One(_) | Amount::Many => x.ask_driver(),
        }
    }
}

impl Execution {
    /// Who runs next when it may not be the driver's to say.
    #[cold]
    fn decide_with_care(&mut self) -> Option<TaskId> {
        self.check_step_bound();
        if self.status() != Status::Running {
            return None;
        }
        if self.nobody_is_ready() {
            return self.next_when_stuck();
        }
        if self.was_cut() {
            return Some(self.next_in_turn());
        }
        self.ask_driver()
    }

    /// Nobody can go on: all have ended, a timeout fires, or it is a deadlock.
    fn next_when_stuck(&mut self) -> Option<TaskId> {
        if self.all_finished() {
            return None;
        }
        let expired = self.stuck();
        if expired.is_none() {
            self.stop_now();
        }
        expired
    }

    #[inline]
    fn ask_driver(&mut self) -> Option<TaskId> {
        let chosen = self.next_task();
        match chosen {
            Some(task) if self.ready().contains(task) => {}
            Some(task) => self.cannot_go_on(task),
            None => self.stop_now(),
        }
        chosen
    }
}
