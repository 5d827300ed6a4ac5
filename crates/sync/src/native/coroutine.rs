//! Tasks as coroutines: each has a worker with a stack of its own, which serves one execution after another.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;

use bohrbug_trace::TaskId;
use corosensei::{Coroutine, Yielder};

use super::kernel::{Kernel, Work};
use super::stack::OffsetStack;
use super::workers::Workers;
use crate::control::Ctx;

type Fiber = Coroutine<(), (), (), OffsetStack>;

/// The workers of one execution's tasks.
pub(super) struct Coroutines {
    /// One for each number of a task: one that runs may spawn another.
    workers: RefCell<Vec<Rc<Worker>>>,
    /// Where the worker that is running suspends itself.
    yielder: Cell<*const Yielder<(), ()>>,
    stack_size: usize,
}

/// A coroutine that runs the tasks of one number, execution after execution.
struct Worker {
    fiber: RefCell<Fiber>,
    desk: Rc<Desk>,
}

/// What a worker and whoever resumes it share.
struct Desk {
    /// What the worker is to run when it is resumed next; one that finds nothing here ends.
    work: Cell<Option<(Ctx, Work)>>,
    /// Whether it is running something, or suspended in the middle of it.
    busy: Cell<bool>,
    /// Where the worker suspends itself; null before it has begun.
    yielder: Cell<*const Yielder<(), ()>>,
}

impl Coroutines {
    pub(super) const fn new(stack_size: usize) -> Self {
        Self { workers: RefCell::new(Vec::new()), yielder: Cell::new(ptr::null()), stack_size }
    }
}

impl Workers for Coroutines {
    const SHARE_A_THREAD: bool = true;
    const MOST_LEFT_BEHIND: u32 = 4096;

    #[inline(always)]
    fn of(kernel: &Kernel) -> &Self {
        kernel.coroutines()
    }

    fn clear(&self) {
        let workers = self.workers.take();
        drop(workers);
    }

    #[inline(always)]
    fn assign(&self, x: Ctx, task: TaskId, work: Work) {
        let mut workers = self.workers.borrow_mut();
        while workers.len() <= task.index() {
            let number = workers.len();
            workers.push(Rc::new(Worker::new(self.stack_size, number)));
        }
        workers[task.index()].desk.work.set(Some((x, work)));
    }

    fn leave_behind(&self, task: TaskId) {
        let new = Rc::new(Worker::new(self.stack_size, task.index()));
        let left = std::mem::replace(&mut self.workers.borrow_mut()[task.index()], new);
        std::mem::forget(left);
    }

    #[inline(always)]
    fn resume(&self, task: TaskId) {
        let worker = Rc::as_ptr(&self.workers.borrow()[task.index()]);
        // SAFETY: a worker never moves, and none is dropped while a task runs.
        let worker = unsafe { &*worker };
        self.yielder.set(worker.desk.yielder.get());
        let _ = worker.fiber.borrow_mut().resume(());
    }

    #[inline(always)]
    fn suspend(&self) {
        // SAFETY: the task is running, so this is its worker's, and lives as long as the worker does.
        unsafe { &*self.yielder.get() }.suspend(());
    }
}

impl Worker {
    fn new(stack_size: usize, number: usize) -> Self {
        let stack = OffsetStack::new(stack_size, number)
            .unwrap_or_else(|error| panic!("no memory for the stack of one more task: {error}"));
        let desk = Rc::new(Desk { work: Cell::new(None), busy: Cell::new(false), yielder: Cell::new(ptr::null()) });
        let mine = desk.clone();
        Self { fiber: RefCell::new(Fiber::with_stack(stack, move |yielder, ()| work(&mine, yielder))), desk }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.desk.work.take();
        let fiber = self.fiber.get_mut();
        if !self.desk.busy.get() && !fiber.done() {
            // It finds nothing to run, and ends.
            let _ = fiber.resume(());
        }
    }
}

/// The life of a worker.
fn work(desk: &Desk, yielder: &Yielder<(), ()>) {
    desk.yielder.set(yielder);
    while let Some((x, work)) = desk.work.take() {
        desk.busy.set(true);
        x.head().kernel.coroutines().yielder.set(yielder);
        work.run(x);
        desk.busy.set(false);
        yielder.suspend(());
    }
}
