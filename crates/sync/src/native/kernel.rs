//! The heart of the native runtime: tasks as coroutines, and one call that announces and waits its turn.
//!
//! The driver is asked in the running task's own context, so going on with the same task costs no switch. A task that is
//! not chosen is suspended, and the loop at the bottom of the stack resumes the one that was. When an execution is over
//! before its end the loop resumes what is left, youngest first, and each task unwinds from where it stands: children
//! that borrow from a parent's stack are gone before the parent's is.

use std::ptr;

use bohrbug_trace::TaskId;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::control::{Ctx, Execution, Pending, Status};
use crate::control::{abort, catch, run_task};

type Fiber = Coroutine<(), (), ()>;

/// What the native runtime keeps for an execution's tasks.
#[derive(Default)]
pub(crate) struct Kernel {
    /// One place a task, never moved: a task that runs may spawn another. They outlive their executions.
    #[expect(clippy::vec_box, reason = "the table grows while a task runs")]
    fibers: Vec<Box<Option<Fiber>>>,
    /// Where each task suspends itself; null before it has begun.
    yielders: Vec<*const Yielder<(), ()>>,
    /// Whom the loop resumes next; `None` when the execution is to stop, or has ended.
    next: Option<TaskId>,
    /// Stacks of tasks that ended, for tasks to come.
    stacks: Vec<DefaultStack>,
    stack_size: usize,
}

impl Kernel {
    pub(crate) fn new(stack_size: usize) -> Self {
        Self { stack_size, ..Self::default() }
    }

    fn stack(&mut self) -> DefaultStack {
        self.stacks.pop().unwrap_or_else(|| {
            DefaultStack::new(self.stack_size)
                .unwrap_or_else(|error| panic!("no memory for the stack of one more task: {error}"))
        })
    }
}

/// Runs `f` as the main task, and every task that it spawns, until none is left.
pub(crate) fn run(x: Ctx, f: &dyn Fn()) {
    x.kernel().yielders.clear();
    // SAFETY: every fiber has ended when this function returns.
    unsafe { spawn_unchecked(x, TaskId::MAIN, || catch(x, f).is_ok()) };
    x.kernel().next = Some(TaskId::MAIN);
    while let Some(task) = x.kernel().next.take() {
        resume(x, task);
    }
    drain(x);
}

/// Makes the fiber of a task that has been announced.
///
/// # Safety
///
/// What `body` borrows must outlive the task.
pub(crate) unsafe fn spawn_unchecked(x: Ctx, task: TaskId, body: impl FnOnce() -> bool) {
    let stack = x.kernel().stack();
    let main = move |yielder: &Yielder<(), ()>, ()| {
        x.kernel().yielders[task.index()] = yielder;
        run_task(x, task, body);
        if !x.stopping() {
            x.kernel().next = x.decide();
        }
    };
    // SAFETY: the caller's.
    let fiber = unsafe { Fiber::with_stack_unchecked(stack, main) };
    let kernel = x.kernel();
    kernel.yielders.push(ptr::null());
    match kernel.fibers.get_mut(task.index()) {
        Some(place) => **place = Some(fiber),
        None => kernel.fibers.push(Box::new(Some(fiber))),
    }
}

/// Announces `pending` and returns when the driver has chosen this task to perform it.
#[inline(always)]
pub(crate) fn turn(x: Ctx, pending: Pending) {
    if x.stopping() {
        abort();
    }
    let me = x.current();
    x.announce(me, pending);
    let next = decide_about(x, me);
    if next != Some(me) {
        x.kernel().next = next;
        suspend(x, me);
    }
}

/// Who goes on; whoever does not go on at once has an interest in what the others do.
#[inline]
fn decide_about(x: Ctx, me: TaskId) -> Option<TaskId> {
    let next = x.decide();
    if next != Some(me) {
        x.execution().take_interest(me);
    }
    next
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
    let yielder = x.kernel().yielders[me.index()];
    // SAFETY: the task is running, so its fiber has stored its yielder, which lives as long as the fiber does.
    unsafe { &*yielder }.suspend(());
    x.set_current(me);
    if x.stopping() {
        abort();
    }
}

fn resume(x: Ctx, task: TaskId) {
    let place: *mut Option<Fiber> = &raw mut *x.kernel().fibers[task.index()];
    // SAFETY: the box of a place lasts as long as the kernel, and only this function and `spawn_unchecked`, before the
    // task first runs, touch what is in it.
    let place = unsafe { &mut *place };
    let Some(fiber) = place else {
        return;
    };
    x.set_current(task);
    match fiber.resume(()) {
        CoroutineResult::Yield(()) => {}
        CoroutineResult::Return(()) => {
            let ended = place.take();
            x.kernel().stacks.extend(ended.map(Fiber::into_stack));
        }
    }
}

/// Ends what has not ended: every task unwinds from where it is suspended.
fn drain(x: Ctx) {
    let mut left = x.kernel().fibers.len();
    while left > 0 {
        left -= 1;
        while x.kernel().fibers[left].is_some() {
            resume(x, TaskId(left as u32));
        }
        left = left.max(newest_unfinished(x));
    }
}

/// One past the youngest task whose fiber has not ended: tasks that unwind may have spawned others.
fn newest_unfinished(x: Ctx) -> usize {
    x.kernel().fibers.iter().rposition(|fiber| fiber.is_some()).map_or(0, |place| place + 1)
}

impl Ctx {
    #[inline(always)]
    fn announce(self, task: TaskId, pending: Pending) {
        if !self.execution().announce(task, pending) {
            self.execution().look_for_cycle(task);
        }
    }

    /// Asks the driver who runs next; `None` ends the execution.
    #[inline]
    fn decide(self) -> Option<TaskId> {
        let x = self.execution();
        x.check_step_bound();
        if x.status() != Status::Running {
            return None;
        }
        if x.nobody_is_ready() {
            return x.next_when_stuck();
        }
        x.ask_driver()
    }
}

impl Execution {
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
        if self.was_cut() {
            return Some(self.next_in_turn());
        }
        let chosen = self.next_task();
        match chosen {
            Some(task) => assert!(self.is_ready(task), "the strategy chose {task}, which cannot go on"),
            None => self.stop_now(),
        }
        chosen
    }
}
