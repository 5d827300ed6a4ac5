//! Threads, as [`std::thread`].
//!
//! When nothing is exploring these are std's threads. In an execution they are its tasks: coroutines on native, shuttle's
//! and loom's threads on those. A thread's result lies in a packet that its handle shares; a panic is in there, too, if
//! the panic monitor lets the execution go on.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime, Turn, Twin, catch, run_task};
use crate::native;

pub use crate::local::{AccessError, LocalKey};
pub use crate::scope::{Scope, ScopedJoinHandle, scope};
pub use std::thread::{Result, available_parallelism, panicking};

/// What a thread returns, on its way to whoever joins it: one end is the task's, the other the handle's.
///
/// It is not counted atomically: while an execution is under way only its own OS thread may touch it.
struct Packet<T>(ManuallyDrop<Rc<Cell<Option<Result<T>>>>>, u64);

impl<T> Packet<T> {
    /// Both ends, for an execution of that epoch.
    fn pair(epoch: u64) -> (Self, Self) {
        let result = Rc::new(Cell::new(None));
        (Self(ManuallyDrop::new(result.clone()), epoch), Self(ManuallyDrop::new(result), epoch))
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        let here = ambient().map(Ctx::epoch) == Some(self.1);
        // A handle that was carried to a thread outside of the execution must not count there while the task may: then
        // it is forgotten.
        if here || !crate::live::is_live(self.1) {
            // SAFETY: dropped here only.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

/// A handle to a thread; [`JoinHandle::join`] waits for its end.
pub struct JoinHandle<T>(Inner<T>);

enum Inner<T> {
    Plain(std::thread::JoinHandle<T>, Thread),
    Controlled(Controlled<T>),
}

/// The handle of a task of an execution.
pub(crate) struct Controlled<T> {
    x: Ctx,
    epoch: u64,
    task: TaskId,
    packet: Packet<T>,
    thread: Thread,
}

// SAFETY: as std's; a controlled handle refers to an execution that only its own OS thread can reach, and is checked
// against the ambient one before it is used.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for JoinHandle<T> {}

/// Spawns a thread.
///
/// # Panics
///
/// If the operating system has no thread to give.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// Configures a thread before it is spawned.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// No name, and the usual stack.
    pub const fn new() -> Self {
        Self { name: None, stack_size: None }
    }

    /// Names the thread; traces then speak of it by that name.
    #[must_use]
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the size of the thread's stack in bytes, outside executions; inside, all stacks are of one size.
    #[must_use]
    pub const fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Spawns the thread.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread to give.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match ambient() {
            None => self.spawn_plain(f),
            Some(x) => Ok(JoinHandle(Inner::Controlled(start(x, self.name, f, Location::caller())))),
        }
    }

    fn spawn_plain<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let handle = self.plain().spawn(f)?;
        let thread = Thread::plain(handle.thread().clone());
        Ok(JoinHandle(Inner::Plain(handle, thread)))
    }

    /// std's builder of the same thread.
    pub(crate) fn plain(self) -> std::thread::Builder {
        let builder = self.name.into_iter().fold(std::thread::Builder::new(), std::thread::Builder::name);
        self.stack_size.into_iter().fold(builder, std::thread::Builder::stack_size)
    }

    pub(crate) fn into_name(self) -> Option<String> {
        self.name
    }

    /// Spawns a scoped thread; see [`scope`].
    ///
    /// # Errors
    ///
    /// If the operating system has no thread to give.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        scope.spawn_as(self, f, Location::caller())
    }
}

/// Spawns a task that runs `f`, whose borrows the caller vouches for.
pub(crate) fn start<'a, F, T>(x: Ctx, name: Option<String>, f: F, site: &'static Location<'static>) -> Controlled<T>
where
    F: FnOnce() -> T + 'a,
    T: 'a,
{
    let name: Option<Arc<str>> = name.map(Into::into);
    let (packet, own) = Packet::pair(x.epoch());
    let body = move || {
        let result = catch(x, f);
        let completed = result.is_ok();
        own.0.set(Some(result));
        completed
    };
    // SAFETY: a thread's closure is 'static; a scope does not end before its threads.
    let task = unsafe { launch(x, name.clone(), site, body) };
    let thread = Thread(Identity::Controlled { x, epoch: x.epoch(), task, name });
    Controlled { x, epoch: x.epoch(), task, packet, thread }
}

/// Has the ambient runtime run `body` as a new task when it is the current task's turn.
///
/// # Safety
///
/// What `body` borrows must outlive the task.
unsafe fn launch<'a>(
    x: Ctx,
    name: Option<Arc<str>>,
    site: &'static Location<'static>,
    body: impl FnOnce() -> bool + 'a,
) -> TaskId {
    let pending = Pending::new(Operation::Spawn, ObjectId::NONE, site);
    if x.runtime() == Runtime::Native {
        x.turn(pending, |_| (), |_, ()| ());
        let task = register(x, name, site);
        // SAFETY: the caller's.
        unsafe { native::kernel::spawn_unchecked(x, task, body) };
        return task;
    }
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

/// Enters a task that the current task has just spawned, and reports it.
fn register(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>) -> TaskId {
    let task = x.add_task(name, x.current(), site);
    let spawned = Pending::new(Operation::Spawn, x.task(task).object, site);
    x.report(&spawned, Outcome::Done, None);
    task
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

impl<T> Controlled<T> {
    pub(crate) fn thread(&self) -> &Thread {
        &self.thread
    }

    pub(crate) fn is_finished(&self, site: &'static Location<'static>) -> bool {
        let object = self.x.task(self.task).object;
        let pending = Pending::new(Operation::IsFinished, object, site);
        self.x.turn(pending, |twin| twin.pause(), |_, ()| ());
        let finished = self.x.state(object).thread().has_finished();
        self.x.report(&pending, Outcome::Done, Some(finished.into()));
        finished
    }

    pub(crate) const fn task(&self) -> TaskId {
        self.task
    }

    /// Waits for the task's end.
    pub(crate) fn wait(&self, site: &'static Location<'static>) {
        self.assert_current();
        wait_for(self.x, self.task, site);
    }

    pub(crate) fn take_result(self) -> Result<T> {
        let result = self.packet.0.take();
        result.unwrap_or_else(|| Err(Box::new("the thread had not ended when its result was asked for")))
    }

    fn assert_current(&self) {
        let here = ambient().map(Ctx::epoch);
        assert!(here == Some(self.epoch), "a thread's handle was carried out of the execution that made it");
    }
}

/// Waits for a task's end.
pub(crate) fn wait_for(x: Ctx, task: TaskId, site: &'static Location<'static>) {
    let object = x.task(task).object;
    let pending = Pending::new(Operation::Join, object, site);
    x.turn(pending, |twin| join_foreign(x, twin), |_, ()| ());
    x.report(&pending, Outcome::Done, None);
}

/// Waits until a task of a stopping execution has unwound; on native the younger ones unwind first.
pub(crate) fn wait_until_gone(x: Ctx, task: TaskId) {
    while x.stopping() && x.runtime() != Runtime::Native && !x.task(task).finished {
        // SAFETY: objects live until the execution's end, and what is behind the twin's box never moves.
        match unsafe { &*x.twin(x.task(task).object) } {
            // Not a pause alone, again and again: an exhaustive search may never let anybody else go on.
            Twin::Shuttle(twin) => {
                twin.thread().join();
                crate::shuttle::pause();
            }
            _ => ::loom::thread::yield_now(),
        }
    }
}

/// Waits for a thread's end with the foreign runtime's means.
fn join_foreign(x: Ctx, twin: &Twin) {
    match twin {
        Twin::Shuttle(twin) => twin.thread().join(),
        Twin::Loom(twin) => twin.meeting().wait(x, |me| x.execution().enabled(me)),
        Twin::Native => {}
    }
}

impl<T> JoinHandle<T> {
    /// Waits for the thread's end and returns what it returned.
    ///
    /// # Errors
    ///
    /// The payload of the panic that ended it.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Inner::Plain(handle, _) => handle.join(),
            Inner::Controlled(handle) => {
                handle.wait(Location::caller());
                handle.take_result()
            }
        }
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Inner::Plain(_, thread) => thread,
            Inner::Controlled(handle) => handle.thread(),
        }
    }

    /// Whether the thread has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Plain(handle, _) => handle.is_finished(),
            Inner::Controlled(handle) => handle.is_finished(Location::caller()),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A thread, as others see it.
#[derive(Clone)]
pub struct Thread(Identity);

#[derive(Clone)]
enum Identity {
    Plain(std::thread::Thread),
    Controlled { x: Ctx, epoch: u64, task: TaskId, name: Option<Arc<str>> },
}

// SAFETY: as for `JoinHandle`.
unsafe impl Send for Thread {}
// SAFETY: as for `JoinHandle`.
unsafe impl Sync for Thread {}

/// The name of a thread in its own process or execution; never recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(IdInner);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum IdInner {
    Plain(std::thread::ThreadId),
    Controlled(u64, u32),
}

impl Thread {
    pub(crate) const fn plain(thread: std::thread::Thread) -> Self {
        Self(Identity::Plain(thread))
    }

    /// The thread's name.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Identity::Plain(thread) => thread.name(),
            Identity::Controlled { task: TaskId::MAIN, .. } => Some("main"),
            Identity::Controlled { name, .. } => name.as_deref(),
        }
    }

    /// What tells the thread from others.
    #[expect(clippy::disallowed_methods, reason = "outside executions this is std's; it is never recorded")]
    pub fn id(&self) -> ThreadId {
        match &self.0 {
            Identity::Plain(thread) => ThreadId(IdInner::Plain(thread.id())),
            Identity::Controlled { epoch, task, .. } => ThreadId(IdInner::Controlled(*epoch, task.0)),
        }
    }

    /// Makes the thread's token available: it need not wait at its next [`park`].
    #[track_caller]
    pub fn unpark(&self) {
        match &self.0 {
            Identity::Plain(thread) => thread.unpark(),
            Identity::Controlled { x, epoch, task, .. } => {
                assert!(
                    ambient().map(Ctx::epoch) == Some(*epoch),
                    "a thread was unparked from outside the execution that it belongs to"
                );
                unpark(*x, *task, Location::caller());
            }
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn unpark(x: Ctx, task: TaskId, site: &'static Location<'static>) {
    let object = x.task(task).object;
    let pending = Pending::new(Operation::Unpark, object, site);
    x.turn(
        pending,
        |twin| match twin {
            Twin::Shuttle(twin) => {
                crate::shuttle::pause();
                twin.thread().parked().call();
            }
            other => other.pause(),
        },
        |_, ()| (),
    );
    x.state(object).thread().unpark();
    x.report(&pending, Outcome::Done, None);
}

/// The calling thread.
pub fn current() -> Thread {
    match ambient() {
        None => Thread::plain(std::thread::current()),
        Some(x) => {
            let task = x.current();
            Thread(Identity::Controlled { x, epoch: x.epoch(), task, name: x.task(task).name.clone() })
        }
    }
}

/// Waits until this thread's token is available, and takes it.
#[track_caller]
pub fn park() {
    match ambient() {
        None => std::thread::park(),
        Some(x) => park_until(x, None, Location::caller()),
    }
}

/// As [`park`], but no longer than `timeout`.
#[track_caller]
pub fn park_timeout(timeout: Duration) {
    match ambient() {
        None => std::thread::park_timeout(timeout),
        Some(x) => park_until(x, Some(timeout), Location::caller()),
    }
}

fn park_until(x: Ctx, timeout: Option<Duration>, site: &'static Location<'static>) {
    let me = x.current();
    let object = x.task(me).object;
    let deadline = timeout.map(|timeout| crate::time::after(x, timeout));
    let pending = Pending::new(Operation::Park, object, site).until(deadline);
    let (turn, _) = x.turn(
        pending,
        |twin| match twin {
            Twin::Shuttle(twin) => twin.thread().parked().wait(x),
            Twin::Loom(twin) => twin.meeting().wait(x, |me| x.execution().enabled(me)),
            Twin::Native => {}
        },
        |_, ()| (),
    );
    let outcome = match (turn, x.state(object).thread().take_token()) {
        (Turn::Unwinding, _) => Outcome::Unwinding,
        (Turn::Taken, true) => Outcome::Done,
        (Turn::Taken, false) => x.wake_reason(&pending),
    };
    x.report(&pending, outcome, None);
}

/// Gives other threads a turn.
#[track_caller]
pub fn yield_now() {
    match ambient() {
        None => std::thread::yield_now(),
        Some(x) => pause(x, Operation::Yield, Location::caller()),
    }
}

/// Lets at least `duration` pass: in an execution the clock of [`crate::time`], and nobody waits.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "outside executions this is std's")]
pub fn sleep(duration: Duration) {
    match ambient() {
        None => std::thread::sleep(duration),
        Some(x) => {
            let end = crate::time::after(x, duration);
            pause(x, Operation::Sleep, Location::caller());
            x.advance_clock(end);
        }
    }
}

pub(crate) fn pause(x: Ctx, operation: Operation, site: &'static Location<'static>) {
    let pending = Pending::new(operation, ObjectId::NONE, site);
    let runtime = x.runtime();
    x.turn(
        pending,
        |_| match runtime {
            Runtime::Shuttle if operation == Operation::Yield => ::shuttle::thread::yield_now(),
            Runtime::Shuttle => crate::shuttle::pause(),
            _ => ::loom::thread::yield_now(),
        },
        |_, ()| (),
    );
    x.report(&pending, Outcome::Done, None);
}
