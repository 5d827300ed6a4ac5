//! The heart of the native runtime: one call that announces and waits its turn, and the loop that lets tasks have theirs.
//!
//! The driver is asked in the running task's own context, so going on with the same task costs no switch. A task that is
//! not chosen is suspended, also while it unwinds, and the loop at the bottom resumes the one that was. When an execution is over before its end
//! the loop resumes what is left, youngest first, and each task unwinds from where it stands: children that borrow from a
//! parent's stack are gone before the parent's is.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use bohrbug_events::TaskId;

use super::coroutine::Coroutines;
use super::os_thread::OsThreads;
use super::stepping::step;
use super::workers::Workers;
use crate::control::{Amount, Carrier, Config, Ctx, Inner, Main, Pending, Status, Turn, abort, run_task};
use crate::panic_count;
use crate::thread::Job;

/// What the native runtime keeps for an execution's tasks.
pub(crate) struct Kernel {
    coroutines: Coroutines,
    /// There if tasks are OS threads.
    os_threads: Option<Box<OsThreads>>,
    /// Whom the loop resumes next; `None` when the execution is to stop, or has ended.
    next: Cell<Option<TaskId>>,
    /// Whether an execution is under way, or was left by a panic of the driver.
    running: Cell<bool>,
}

/// As how many turns of a task that unwinds one in foreign frames counts: nobody there has more than a few before a primitive unwinds it.
const FOREIGN_WAIT: u32 = 100;

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
    pub(crate) fn new(config: &Config) -> Self {
        let os_threads = || Box::new(OsThreads::new(config.stack_size));
        Self {
            coroutines: Coroutines::new(config.stack_size),
            os_threads: (config.carrier == Carrier::Threads).then(os_threads),
            next: Cell::new(None),
            running: Cell::new(false),
        }
    }

    #[inline(always)]
    pub(super) const fn coroutines(&self) -> &Coroutines {
        &self.coroutines
    }

    pub(super) fn os_threads(&self) -> &OsThreads {
        match &self.os_threads {
            Some(os_threads) => os_threads,
            None => unreachable!("a bug in bohrbug-sync: the tasks are coroutines"),
        }
    }

    /// An execution begins.
    fn begin<W: Workers>(&self) {
        if self.running.replace(true) {
            // The last one did not end, and its workers are in the middle of something.
            W::of(self).clear();
        }
    }
}

/// Runs `f` as the main task, and every task that it spawns, until none is left.
pub(crate) fn run(x: Ctx, f: &dyn Fn()) {
    if x.on_coroutines() {
        run_on::<Coroutines>(x, f);
    } else {
        x.head().kernel.os_threads().told().set(0);
        run_on::<OsThreads>(x, f);
    }
}

fn run_on<W: Workers>(x: Ctx, f: &dyn Fn()) {
    // SAFETY: only the lifetime changes; every task has ended when this function returns, or will never go on.
    let f = unsafe { std::mem::transmute::<&dyn Fn(), &'static dyn Fn()>(f) };
    let kernel = &x.head().kernel;
    kernel.begin::<W>();
    W::of(kernel).assign(x, TaskId::MAIN, Work::Main(f));
    kernel.next.set(Some(TaskId::MAIN));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        while let Some(task) = kernel.next.take() {
            resume::<W>(x, task);
        }
    }));
    if let Err(fault) = ran {
        // Between two tasks only the driver can panic.
        x.with(|x| x.fail_with(fault));
    }
    // What has not ended unwinds from where it is suspended, and may spawn more.
    while let Some(task) = x.with(|x| x.youngest_unfinished()) {
        resume::<W>(x, task);
    }
    kernel.running.set(x.with(|x| x.has_failed()));
}

/// Has a job run as a task that has been announced.
pub(crate) fn spawn(x: Ctx, task: TaskId, job: Rc<dyn Job>) {
    job.enter(task);
    let kernel = &x.head().kernel;
    if x.on_coroutines() {
        kernel.coroutines().assign(x, task, Work::Spawned(job));
    } else {
        kernel.os_threads().assign(x, task, Work::Spawned(job));
    }
}

/// Announces `pending` and returns when the driver has chosen this task, a coroutine, to perform it.
///
/// # Safety
///
/// Nobody may have the execution's tables, as where its steps are ordinary.
#[inline(always)]
pub(crate) unsafe fn turn(x: Ctx, pending: Pending) -> Turn {
    let me = x.current();
    // SAFETY: nothing in there has a handle but the driver, and whoever asks that notes that the tables are lent; and the
    // caller's promise.
    let next = unsafe { x.unlent_tables() }.announce_and_decide(me, pending);
    if next == Some(me) { Turn::Taken } else { let_coroutine_go_on(x, me, next) }
}

/// As [`turn`], on native and where there is something to look after.
#[cold]
#[inline(never)]
pub(crate) fn turn_with_care(x: Ctx, pending: Pending) -> Turn {
    if x.on_coroutines() { careful_turn::<Coroutines>(x, pending) } else { careful_turn::<OsThreads>(x, pending) }
}

fn careful_turn<W: Workers>(x: Ctx, pending: Pending) -> Turn {
    if x.stopping() {
        return over::<W>(x);
    }
    let me = x.current();
    // SAFETY: as in `turn`; and it is looked whether somebody has them.
    let next = unsafe { x.tables() }.announce_and_decide(me, pending);
    let turn = if next == Some(me) { Turn::Taken } else { let_go_on::<W>(x, me, next) };
    if turn == Turn::Taken && !W::SHARE_A_THREAD {
        step(x);
    }
    x.guard_announced();
    turn
}

/// As [`turn`], for a caller whose frames cannot be unwound: in an execution that is over it returns, too.
pub(crate) fn turn_in_foreign_frames(x: Ctx, pending: Pending) -> Turn {
    if x.on_coroutines() {
        foreign_frames_turn::<Coroutines>(x, pending)
    } else {
        let turn = foreign_frames_turn::<OsThreads>(x, pending);
        if turn == Turn::Taken {
            step(x);
        }
        turn
    }
}

fn foreign_frames_turn<W: Workers>(x: Ctx, pending: Pending) -> Turn {
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
        suspend::<W>(x, me);
        if !x.stopping() {
            return Turn::Taken;
        }
    }
    if x.with(|x| x.is_endless(FOREIGN_WAIT)) {
        leave_behind::<W>(x);
    }
    Turn::Unwinding
}

/// Not generic, so that it is compiled here, once.
fn let_coroutine_go_on(x: Ctx, me: TaskId, next: Option<TaskId>) -> Turn {
    let_go_on::<Coroutines>(x, me, next)
}

/// Lets another task go on, or ends the execution. What the others do is of interest for the one that waits.
#[inline(always)]
fn let_go_on<W: Workers>(x: Ctx, me: TaskId, next: Option<TaskId>) -> Turn {
    // SAFETY: nothing in there has a handle.
    unsafe { x.tables() }.take_interest(me);
    x.head().kernel.next.set(next);
    suspend::<W>(x, me);
    if x.stopping() { over::<W>(x) } else { Turn::Taken }
}

/// Leaves the calling task for good: the execution is stopping.
pub(crate) fn abandon(x: Ctx) -> ! {
    if x.on_coroutines() { abandon_on::<Coroutines>(x) } else { abandon_on::<OsThreads>(x) }
}

fn abandon_on<W: Workers>(x: Ctx) -> ! {
    if std::thread::panicking() {
        leave_behind::<W>(x);
    }
    suspend::<W>(x, x.current());
    abort()
}

/// Suspends the calling task. One that unwinds takes its panics along, where others would seem to panic, too.
#[inline(always)]
fn suspend<W: Workers>(x: Ctx, me: TaskId) {
    let workers = W::of(&x.head().kernel);
    if W::SHARE_A_THREAD && std::thread::panicking() {
        let panics = panic_count::lift();
        workers.suspend();
        panic_count::lower(panics);
    } else {
        workers.suspend();
    }
    x.set_current(me);
}

/// The execution is over: the calling task unwinds, or goes on doing so.
#[cold]
fn over<W: Workers>(x: Ctx) -> Turn {
    if !std::thread::panicking() {
        abort();
    }
    if x.with(|x| x.is_endless(1)) {
        leave_behind::<W>(x);
    }
    Turn::Unwinding
}

/// Leaves a task that unwinds where it is: it does not come to an end, and cannot be unwound a second time. Its stack, and
/// what lies there, is lost, and so is its OS thread if it has one of its own.
#[cold]
fn leave_behind<W: Workers>(x: Ctx) -> ! {
    let me = x.current();
    x.with(|x| x.retire(me));
    W::of(&x.head().kernel).leave_behind(me);
    loop {
        suspend::<W>(x, me);
    }
}

/// Leaves the calling task where it is, for good, if its execution is over and it can be left.
#[cold]
pub(crate) fn stay(x: Ctx) {
    if !x.stopping() || super::left_behind::gives_up() {
        return;
    }
    leave(x)
}

/// As [`leave_behind`], for a task whose frames cannot be unwound.
pub(crate) fn leave(x: Ctx) -> ! {
    if x.on_coroutines() { leave_behind::<Coroutines>(x) } else { leave_behind::<OsThreads>(x) }
}

/// Lets a task run until it suspends itself, or has ended.
#[inline(always)]
fn resume<W: Workers>(x: Ctx, task: TaskId) {
    x.set_current(task);
    W::of(&x.head().kernel).resume(task);
}

impl Inner {
    /// Announces what the task wants to do, and decides who goes on.
    #[inline(always)]
    fn announce_and_decide(&mut self, me: TaskId, pending: Pending) -> Option<TaskId> {
        if !self.announce(me, pending) {
            self.look_for_cycle(me);
        }
        self.decide()
    }

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
