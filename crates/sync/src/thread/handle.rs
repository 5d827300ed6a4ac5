//! Handles to threads: waiting for their end, and what they returned.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::thread::Result;

use bohrbug_events::{Operation, Outcome, TaskId};

use super::Thread;
use super::job::Packet;
use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime, Twin};

/// A handle to a thread; [`JoinHandle::join`] waits for its end.
pub struct JoinHandle<T>(Inner<T>);

// As std's.
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

enum Inner<T> {
    Plain(Box<Plain<T>>),
    Controlled(Controlled<T>),
}

/// std's handle; boxed, since its size would be everybody's.
struct Plain<T> {
    handle: std::thread::JoinHandle<T>,
    thread: Thread,
}

/// The handle of a task of an execution.
pub(crate) struct Controlled<T> {
    packet: Packet<T>,
    task: TaskId,
}

// SAFETY: as std's; a controlled handle refers to an execution that only its own OS thread can reach, and is checked
// against the ambient one before it is used.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> Controlled<T> {
    pub(super) const fn new(task: TaskId, packet: Packet<T>) -> Self {
        Self { packet, task }
    }

    pub(crate) fn thread(&self) -> &Thread {
        self.packet.thread()
    }

    pub(crate) fn is_finished(&self, site: &'static Location<'static>) -> bool {
        let x = self.execution();
        let object = x.object_of(self.task);
        let pending = Pending::new(Operation::IsFinished, object, site);
        x.turn(pending, |twin| twin.pause(), |_, ()| ());
        let finished = x.thread(object, |thread| thread.has_finished());
        x.report(&pending, Outcome::Done, Some(finished.into()));
        finished
    }

    pub(crate) const fn task(&self) -> TaskId {
        self.task
    }

    /// Waits for the task's end.
    pub(crate) fn wait(&self, site: &'static Location<'static>) {
        wait_for(self.execution(), self.task, site);
    }

    pub(crate) fn take_result(self) -> Result<T> {
        let result = self.packet.take_result();
        result.unwrap_or_else(|| Err(Box::new("the thread had not ended when its result was asked for")))
    }

    /// The execution that the task belongs to, which has to be the one that uses the handle.
    fn execution(&self) -> Ctx {
        match ambient() {
            Some(x) if x.epoch() == self.packet.epoch() => x,
            _ => panic!("a thread's handle was carried out of the execution that made it"),
        }
    }
}

/// Waits for a task's end.
fn wait_for(x: Ctx, task: TaskId, site: &'static Location<'static>) {
    wait_as(x, Pending::new(Operation::Join, x.object_of(task), site));
}

/// As [`wait_for`], for the end of a scope, which parks; what was announced.
pub(crate) fn park_for(x: Ctx, task: TaskId, site: &'static Location<'static>) -> Pending {
    wait_as(x, Pending::new(Operation::Join, x.object_of(task), site).parking(true))
}

fn wait_as(x: Ctx, pending: Pending) -> Pending {
    x.turn(pending, |twin| join_foreign(x, twin), |_, ()| ());
    x.report(&pending, Outcome::Done, None);
    pending
}

/// Waits until a task of a stopping execution has unwound; on native the younger ones unwind first.
pub(crate) fn wait_until_gone(x: Ctx, task: TaskId) {
    while x.stopping() && x.runtime() != Runtime::Native && !x.has_finished(task) {
        match x.twin(x.object_of(task)) {
            // Not a pause alone, again and again: an exhaustive search may never let anybody else go on.
            Twin::Shuttle(twin) => {
                twin.thread().join();
                crate::shuttle::pause();
            }
            _ => crate::loom::yield_now(),
        }
    }
}

/// Waits for a thread's end with the foreign runtime's means.
fn join_foreign(x: Ctx, twin: &Twin) {
    match twin {
        Twin::Shuttle(twin) => twin.thread().join(),
        Twin::Loom(twin) => twin.meeting().wait(x, |me| x.enabled(me)),
        Twin::Native => {}
    }
}

impl<T> JoinHandle<T> {
    pub(super) fn plain(handle: std::thread::JoinHandle<T>) -> Self {
        let thread = Thread::plain(handle.thread().clone());
        Self(Inner::Plain(Box::new(Plain { handle, thread })))
    }

    pub(super) const fn controlled(handle: Controlled<T>) -> Self {
        Self(Inner::Controlled(handle))
    }

    /// std's handle of a thread that is no task.
    #[cfg(unix)]
    pub(super) fn plain_handle(&self) -> Option<&std::thread::JoinHandle<T>> {
        match &self.0 {
            Inner::Plain(plain) => Some(&plain.handle),
            Inner::Controlled(_) => None,
        }
    }

    /// As [`plain_handle`](Self::plain_handle), and lets go of the thread.
    #[cfg(unix)]
    pub(super) fn into_plain_handle(self) -> Option<std::thread::JoinHandle<T>> {
        match self.0 {
            Inner::Plain(plain) => Some(plain.handle),
            Inner::Controlled(_) => None,
        }
    }

    /// Waits for the thread's end and returns what it returned.
    ///
    /// # Errors
    ///
    /// The payload of the panic that ended it.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.0 {
            Inner::Plain(plain) => plain.handle.join(),
            Inner::Controlled(handle) => {
                handle.wait(Location::caller());
                handle.take_result()
            }
        }
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Inner::Plain(plain) => &plain.thread,
            Inner::Controlled(handle) => handle.thread(),
        }
    }

    /// Whether the thread has ended.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Inner::Plain(plain) => plain.handle.is_finished(),
            Inner::Controlled(handle) => handle.is_finished(Location::caller()),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
