//! A closure on its way to a task, and what it returns on its way to whoever joins it.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::Result;

use bohrbug_events::TaskId;

use super::Thread;
use crate::ambient::ambient;
use crate::control::{Body, Ctx, run_task};

/// What a runtime is given to run as a task.
pub(crate) trait Job {
    /// Says which task it is.
    fn enter(&self, task: TaskId);

    /// Runs the task, if it has been entered.
    fn run(self: Rc<Self>, x: Ctx);
}

/// What the handle of a task wants of it.
trait Handled<T> {
    fn take_result(&self) -> Option<Result<T>>;

    fn thread(&self) -> &Thread;
}

/// A closure and its result, counted twice: by the runtime, until the task has run it, and by the handle.
struct Started<F, T> {
    epoch: u64,
    task: Cell<Option<TaskId>>,
    name: Option<Arc<str>>,
    /// Made when it is asked for; boxed, since this is copied to where it stays.
    thread: OnceCell<Box<Thread>>,
    body: Cell<Option<F>>,
    result: Cell<Option<Result<T>>>,
}

impl<F: FnOnce() -> T, T> Job for Started<F, T> {
    fn enter(&self, task: TaskId) {
        self.task.set(Some(task));
    }

    fn run(self: Rc<Self>, x: Ctx) {
        if let Some(task) = self.task.get() {
            run_task(x, task, &mut Running(Some(self)));
        }
    }
}

impl<F, T> Handled<T> for Started<F, T> {
    fn take_result(&self) -> Option<Result<T>> {
        self.result.take()
    }

    fn thread(&self) -> &Thread {
        let task = self.task.get().unwrap_or(TaskId::MAIN);
        self.thread.get_or_init(|| Box::new(Thread::of_task(self.epoch, task, self.name.clone())))
    }
}

/// The runtime's end of a task that is running. It lets go when the code has ended: if the handle is gone by then nobody
/// else will drop the result, and it is dropped in the task, before the task's last event.
struct Running<F, T>(Option<Rc<Started<F, T>>>);

impl<F: FnOnce() -> T, T> Body for Running<F, T> {
    fn run(&mut self) {
        let Some(started) = &self.0 else { return };
        let Some(body) = started.body.take() else { return };
        started.result.set(Some(Ok(body())));
        self.0 = None;
    }

    fn panicked(&mut self, payload: Box<dyn Any + Send>) {
        if let Some(started) = self.0.take() {
            started.result.set(Some(Err(payload)));
        }
    }

    fn drop_unrun(&mut self) {
        if let Some(started) = self.0.take() {
            drop(started.body.take());
        }
    }
}

/// The handle's end of a task.
///
/// It is not counted atomically: while an execution is under way only its own OS thread may touch it.
pub(super) struct Packet<T>(ManuallyDrop<Rc<dyn Handled<T>>>, u64);

/// A job for the execution `x`, and the handle's end of it.
///
/// # Safety
///
/// What `body` borrows must outlive the task, and the packet.
pub(super) unsafe fn job<'a, F, T>(x: Ctx, name: Option<Arc<str>>, body: F) -> (Rc<dyn Job>, Packet<T>)
where
    F: FnOnce() -> T + 'a,
    T: 'a,
{
    let epoch = x.epoch();
    let started = Rc::new(Started {
        epoch,
        task: Cell::new(None),
        name,
        thread: OnceCell::new(),
        body: Cell::new(Some(body)),
        result: Cell::new(None),
    });
    let (job, handled): (Rc<dyn Job + 'a>, Rc<dyn Handled<T> + 'a>) = (started.clone(), started);
    // SAFETY: only the lifetimes change, for which the caller vouches.
    let job = unsafe { std::mem::transmute::<Rc<dyn Job + 'a>, Rc<dyn Job>>(job) };
    // SAFETY: as above.
    let handled = unsafe { std::mem::transmute::<Rc<dyn Handled<T> + 'a>, Rc<dyn Handled<T>>>(handled) };
    (job, Packet(ManuallyDrop::new(handled), epoch))
}

impl<T> Packet<T> {
    /// The execution that the task belongs to.
    pub(super) const fn epoch(&self) -> u64 {
        self.1
    }

    /// Takes the result, if it is there.
    pub(super) fn take_result(&self) -> Option<Result<T>> {
        self.0.take_result()
    }

    /// The task as a thread.
    pub(super) fn thread(&self) -> &Thread {
        self.0.thread()
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
