//! The heart of the native runtime: one call that announces and waits its turn, and the loop that lets tasks have theirs.
//!
//! The driver is asked in the running task's own context, so going on with the same task costs no switch. A task that is
//! not chosen is suspended, also while it unwinds, and the loop at the bottom resumes the one that was. When an execution is over before its end
//! the loop resumes what is left, youngest first, and each task unwinds from where it stands: children that borrow from a
//! parent's stack are gone before the parent's is.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use bohrbug_trace::TaskId;

use super::coroutine::Coroutines;
use crate::control::{Amount, Ctx, Inner, Main, Pending, Status, Turn, abort, run_task};
use crate::panic_count;
use crate::thread::Job;

/// How many tasks of a process may be [left behind](leave_behind).
const MOST_LEFT_BEHIND: u32 = 4096;

static LEFT_BEHIND: AtomicU32 = AtomicU32::new(0);

/// What the native runtime keeps for an execution's tasks.
pub(crate) struct Kernel {
    coroutines: Coroutines,
    /// Whom the loop resumes next; `None` when the execution is to stop, or has ended.
    next: Cell<Option<TaskId>>,
    /// Whether an execution is under way, or was left by a panic of the driver.
    running: Cell<bool>,
}

/// What comes to be a task.
pub(super) enum Work {
    /// The program under test, as the main task.
    Main(&'static dyn Fn()),
    Spawned(Rc<dyn Job>),
}

impl Work {
    /// Runs the task to its end, and decides who is next.
    pub(super) fn run(self, x: Ctx) {
        match self {
            Self::Main(f) => run_task(x, TaskId::MAIN, &mut Main(f)),
            Self::Spawned(job) => job.run(x),
        }
        if !x.stopping() {
            x.head().kernel.next.set(x.with(Inner::decide));
        }
    }
}

impl Kernel {
    pub(crate) const fn new(stack_size: usize) -> Self {
        Self { coroutines: Coroutines::new(stack_size), next: Cell::new(None), running: Cell::new(false) }
    }

    pub(super) const fn coroutines(&self) -> &Coroutines {
        &self.coroutines
    }

    /// An execution begins.
    fn begin(&self) {
        if self.running.replace(true) {
            // The last one did not end, and its workers are in the middle of something.
            self.coroutines.clear();
        }
    }
}

/// Runs `f` as the main task, and every task that it spawns, until none is left.
pub(crate) fn run(x: Ctx, f: &dyn Fn()) {
    // SAFETY: only the lifetime changes; every task has ended when this function returns.
    let f = unsafe { std::mem::transmute::<&dyn Fn(), &'static dyn Fn()>(f) };
    let head = x.head();
    let kernel = &head.kernel;
    kernel.begin();
    kernel.coroutines.assign(x, TaskId::MAIN, Work::Main(f));
    kernel.next.set(Some(TaskId::MAIN));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        while let Some(task) = kernel.next.take() {
            resume(x, task);
        }
    }));
    if let Err(fault) = ran {
        // Between two tasks only the driver can panic.
        x.with(|x| x.fail_with(fault));
    }
    // What has not ended unwinds from where it is suspended, and may spawn more.
    while let Some(task) = x.with(|x| x.youngest_unfinished()) {
        resume(x, task);
    }
    kernel.running.set(x.with(|x| x.has_failed()));
}

/// Has a job run as a task that has been announced.
pub(crate) fn spawn(x: Ctx, task: TaskId, job: Rc<dyn Job>) {
    job.enter(task);
    x.head().kernel.coroutines.assign(x, task, Work::Spawned(job));
}

/// Announces `pending` and returns when the driver has chosen this task to perform it.
#[inline(always)]
pub(crate) fn turn(x: Ctx, pending: Pending) -> Turn {
    if x.stopping() {
        return over(x);
    }
    let me = x.current();
    // SAFETY: nothing in there has a handle but the driver, and whoever asks that notes that the tables are lent.
    let tables = unsafe { x.tables() };
    if !tables.announce(me, pending) {
        tables.look_for_cycle(me);
    }
    let (next, guards_memory) = (tables.decide(), tables.guards_memory());
    let turn = if next == Some(me) { Turn::Taken } else { let_go_on(x, me, next) };
    if guards_memory {
        x.guard_object(&pending);
    }
    turn
}

/// As [`turn`], for a caller whose frames cannot be unwound: in an execution that is over it returns, too.
pub(crate) fn turn_in_foreign_frames(x: Ctx, pending: Pending) -> Turn {
    let me = x.current();
    if !x.stopping() {
        let next = x.with(|x| {
            x.announce(me, pending);
            x.decide()
        });
        if next == Some(me) {
            return Turn::Taken;
        }
        x.borrow().take_interest(me);
        x.head().kernel.next.set(next);
        suspend(x, me);
        if !x.stopping() {
            return Turn::Taken;
        }
    }
    if x.with(Inner::is_endless) {
        leave_behind(x);
    }
    Turn::Unwinding
}

/// Lets another task go on, or ends the execution. What the others do is of interest for the one that waits.
fn let_go_on(x: Ctx, me: TaskId, next: Option<TaskId>) -> Turn {
    // SAFETY: nothing in there has a handle.
    unsafe { x.tables() }.take_interest(me);
    x.head().kernel.next.set(next);
    suspend(x, me);
    if x.stopping() { over(x) } else { Turn::Taken }
}

/// Leaves the calling task for good: the execution is stopping.
pub(crate) fn abandon(x: Ctx) -> ! {
    if std::thread::panicking() {
        leave_behind(x);
    }
    suspend(x, x.current());
    abort()
}

/// Suspends the calling task. One that unwinds takes its panics along.
#[inline(always)]
fn suspend(x: Ctx, me: TaskId) {
    if std::thread::panicking() {
        let panics = panic_count::lift();
        x.head().kernel.coroutines.suspend();
        panic_count::lower(panics);
    } else {
        x.head().kernel.coroutines.suspend();
    }
    x.set_current(me);
}

/// The execution is over: the calling task unwinds, or goes on doing so.
#[cold]
fn over(x: Ctx) -> Turn {
    if !std::thread::panicking() {
        abort();
    }
    if x.with(Inner::is_endless) {
        leave_behind(x);
    }
    Turn::Unwinding
}

/// Leaves a task that unwinds where it is: it does not come to an end, and cannot be unwound a second time. Its stack, and
/// what lies there, is lost.
#[cold]
fn leave_behind(x: Ctx) -> ! {
    if LEFT_BEHIND.fetch_add(1, Ordering::Relaxed) >= MOST_LEFT_BEHIND {
        eprintln!(
            "bohrbug-sync: {MOST_LEFT_BEHIND} tasks of this process were left behind in destructors that do not end when an \
             execution is over, and each keeps its stack, so the process ends here; let a destructor that waits in a loop \
             give up if std::thread::panicking()"
        );
        std::process::abort();
    }
    let me = x.current();
    x.with(|x| x.retire(me));
    x.head().kernel.coroutines.leave_behind(me);
    loop {
        suspend(x, me);
    }
}

/// Lets a task run until it suspends itself, or has ended.
#[inline(always)]
fn resume(x: Ctx, task: TaskId) {
    x.set_current(task);
    x.head().kernel.coroutines.resume(task);
}

impl Inner {
    /// Who runs next, which is for the driver to say where there is a choice; `None` ends the execution.
    #[inline]
    fn decide(&mut self) -> Option<TaskId> {
        if !self.is_ordinary() {
            return self.decide_with_care();
        }
        match self.ready().amount() {
            Amount::None => self.decide_with_care(),
            Amount::One(task) if self.skips_forced_steps() => Some(task),
            Amount::One(_) | Amount::Many => self.ask_driver(),
        }
    }

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
