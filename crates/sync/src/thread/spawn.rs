//! Spawning: the builder, and the way of a closure to a task.

use std::io;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_events::{ObjectId, Operation, TaskId};

use super::foreign;
use super::job::{Job, job};
use super::{Controlled, JoinHandle, Scope, ScopedJoinHandle};
use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime};
use crate::native;

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
    match ambient() {
        None => Builder::new().spawn_plain(f).expect("failed to spawn thread"),
        Some(x) => JoinHandle::controlled(start(x, None, f, Location::caller())),
    }
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
            Some(x) => Ok(JoinHandle::controlled(start(x, self.name, f, Location::caller()))),
        }
    }

    /// Spawns a thread that may borrow from its surroundings.
    ///
    /// # Safety
    ///
    /// As for [`std::thread::Builder::spawn_unchecked`]: what the closure borrows must outlive the thread, and the result what
    /// is done with it.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread to give.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        match ambient() {
            // SAFETY: the caller's promise.
            None => Ok(JoinHandle::plain(unsafe { self.plain().spawn_unchecked(f) }?)),
            Some(x) => Ok(JoinHandle::controlled(start(x, self.name, f, Location::caller()))),
        }
    }

    fn spawn_plain<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Ok(JoinHandle::plain(self.plain().spawn(f)?))
    }

    /// std's builder of the same thread.
    pub(crate) fn plain(self) -> std::thread::Builder {
        crate::control::plain_thread();
        let builder = self.name.into_iter().fold(std::thread::Builder::new(), std::thread::Builder::name);
        self.stack_size.into_iter().fold(builder, std::thread::Builder::stack_size)
    }

    pub(crate) fn into_name(self) -> Option<String> {
        self.name
    }

    /// Spawns a scoped thread; see [`scope`](super::scope).
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
    // SAFETY: a thread's closure is 'static; a scope does not end before its threads, and its handles do not outlive it.
    let (job, packet) = unsafe { job(x, name.clone(), f) };
    let task = launch(x, name, site, job);
    Controlled::new(task, packet)
}

/// Has the ambient runtime run a job as a new task when it is the current task's turn.
fn launch(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>, job: Rc<dyn Job>) -> TaskId {
    if x.runtime() != Runtime::Native {
        return foreign::launch(x, name, site, job);
    }
    x.turn(Pending::new(Operation::Spawn, ObjectId::NONE, site), |_| (), |_, ()| ());
    let task = x.add_task(name, x.current(), site);
    // First of all: were the driver to panic when it is told, the task has something to unwind.
    native::kernel::spawn(x, task, job);
    report(x, task, site);
    task
}

/// Enters a task that the current task has just spawned, and reports it.
pub(super) fn register(x: Ctx, name: Option<Arc<str>>, site: &'static Location<'static>) -> TaskId {
    let task = x.add_task(name, x.current(), site);
    report(x, task, site);
    task
}

/// Reports a task that the current task has just spawned.
fn report(x: Ctx, task: TaskId, site: &'static Location<'static>) {
    let spawned = Pending::new(Operation::Spawn, x.object_of(task), site);
    x.report_unawaited(&spawned);
}
