//! A closure on its way to a task, and what it returns on its way to whoever joins it.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::thread::Result;

use bohrbug_trace::TaskId;

use crate::ambient::ambient;
use crate::control::{Ctx, catch, run_task};

/// What a runtime is given to run as a task.
pub(crate) trait Job {
    /// Says which task it is.
    fn enter(&self, task: TaskId);

    /// Runs the task, if it has been entered.
    fn run(self: Rc<Self>, x: Ctx);
}

/// What the handle of a task takes the result from.
trait Outcome<T> {
    fn take(&self) -> Option<Result<T>>;
}

/// A closure and its result, counted twice: by the runtime, until the task has run it, and by the handle.
struct Started<F, T> {
    task: Cell<Option<TaskId>>,
    body: Cell<Option<F>>,
    result: Cell<Option<Result<T>>>,
}

impl<F: FnOnce() -> T, T> Job for Started<F, T> {
    fn enter(&self, task: TaskId) {
        self.task.set(Some(task));
    }

    fn run(self: Rc<Self>, x: Ctx) {
        let body = self.body.take();
        if let (Some(task), Some(body)) = (self.task.get(), body) {
            run_task(x, task, move || {
                let result = catch(x, body);
                let completed = result.is_ok();
                // If the handle is gone nobody else will drop this, and it is dropped in the task, before its end.
                self.result.set(Some(result));
                drop(self);
                completed
            });
        }
    }
}

impl<F, T> Outcome<T> for Started<F, T> {
    fn take(&self) -> Option<Result<T>> {
        self.result.take()
    }
}

/// The handle's end of a task.
///
/// It is not counted atomically: while an execution is under way only its own OS thread may touch it.
pub(super) struct Packet<T>(ManuallyDrop<Rc<dyn Outcome<T>>>, u64);

/// A job for the execution `x`, and the handle's end of it.
///
/// # Safety
///
/// What `body` borrows must outlive the task, and the packet.
pub(super) unsafe fn job<'a, F, T>(x: Ctx, body: F) -> (Rc<dyn Job>, Packet<T>)
where
    F: FnOnce() -> T + 'a,
    T: 'a,
{
    let started = Rc::new(Started { task: Cell::new(None), body: Cell::new(Some(body)), result: Cell::new(None) });
    let (job, outcome): (Rc<dyn Job + 'a>, Rc<dyn Outcome<T> + 'a>) = (started.clone(), started);
    // SAFETY: only the lifetimes change, for which the caller vouches.
    let job = unsafe { std::mem::transmute::<Rc<dyn Job + 'a>, Rc<dyn Job>>(job) };
    // SAFETY: as above.
    let outcome = unsafe { std::mem::transmute::<Rc<dyn Outcome<T> + 'a>, Rc<dyn Outcome<T>>>(outcome) };
    (job, Packet(ManuallyDrop::new(outcome), x.epoch()))
}

impl<T> Packet<T> {
    /// The execution that the task belongs to.
    pub(super) const fn epoch(&self) -> u64 {
        self.1
    }

    /// Takes the result, if it is there.
    pub(super) fn take(&self) -> Option<Result<T>> {
        self.0.take()
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
