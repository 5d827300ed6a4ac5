//! Tasks as coroutines: each has a worker with a stack of its own, which serves one execution after another.

use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ptr;
use std::rc::Rc;

use bohrbug_events::TaskId;
use corosensei::{Coroutine, Yielder};

use super::kernel::{Kernel, Work};
use super::left_behind;
use super::stack::OffsetStack;
use super::workers::Workers;
use crate::ambient::outside;
use crate::control::{Ctx, StackPlace};

type Fiber = Coroutine<(), (), (), OffsetStack>;

/// The workers of one execution's tasks.
pub(super) struct Coroutines {
    /// One for each number of a task: one that runs may spawn another.
    workers: RefCell<Vec<Rc<Worker>>>,
    /// Where the worker that is running suspends itself.
    yielder: Cell<*const Yielder<(), ()>>,
    stack_size: usize,
    /// Which stacks are theirs, where stacks have places.
    place: OnceCell<StackPlace>,
}

/// A coroutine that runs the tasks of one number, execution after execution.
struct Worker {
    /// Dropped, unless its task was left behind: that cannot be unwound.
    fiber: ManuallyDrop<UnsafeCell<Fiber>>,
    desk: Rc<Desk>,
    /// Whether another may have its stack's memory when its task was left behind.
    is_placed: bool,
}

/// What a worker and whoever resumes it share.
struct Desk {
    /// What the worker is to run when it is resumed next; one that finds nothing here ends.
    work: Cell<Option<(Ctx, Work)>>,
    /// Whether it is running something, or suspended in the middle of it.
    busy: Cell<bool>,
    /// Whether what it was running was left behind.
    left: Cell<bool>,
    /// Where the worker suspends itself; null before it has begun.
    yielder: Cell<*const Yielder<(), ()>>,
}

impl Coroutines {
    pub(super) const fn new(stack_size: usize) -> Self {
        Self { workers: RefCell::new(Vec::new()), yielder: Cell::new(ptr::null()), stack_size, place: OnceCell::new() }
    }

    /// A worker of that number, which is no memory of the program's.
    #[cold]
    fn employ(&self, number: usize) -> Rc<Worker> {
        outside(|| Rc::new(Worker::new(self.stack_size, self.place.get_or_init(StackPlace::take), number)))
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
            let worker = self.employ(workers.len());
            outside(|| workers.push(worker));
        }
        let worker = &mut workers[task.index()];
        if worker.desk.left.get() {
            // Nobody is on its stack any more: this is another execution.
            *worker = self.employ(task.index());
        }
        worker.desk.work.set(Some((x, work)));
    }

    fn leave_behind(&self, task: TaskId) {
        let worker = &mut self.workers.borrow_mut()[task.index()];
        worker.desk.left.set(true);
        if !worker.is_placed {
            left_behind::count_one(Self::MOST_LEFT_BEHIND);
            let left = std::mem::replace(worker, self.employ(task.index()));
            // Its stack has to stay.
            std::mem::forget(left);
        }
    }

    #[inline(always)]
    fn resume(&self, task: TaskId) {
        let worker = Rc::as_ptr(&self.workers.borrow()[task.index()]);
        // SAFETY: a worker never moves, and none is dropped while a task runs.
        let worker = unsafe { &*worker };
        self.yielder.set(worker.desk.yielder.get());
        // SAFETY: the loop at the bottom alone resumes workers, so that none does so to itself.
        let _ = unsafe { &mut *worker.fiber.get() }.resume(());
    }

    #[inline(always)]
    fn suspend(&self) {
        // SAFETY: the task is running, so this is its worker's, and lives as long as the worker does.
        unsafe { &*self.yielder.get() }.suspend(());
    }
}

impl Worker {
    fn new(stack_size: usize, place: &StackPlace, number: usize) -> Self {
        let stack = OffsetStack::new(stack_size, place.number(), number)
            .unwrap_or_else(|error| panic!("no memory for the stack of one more task: {error}"));
        let is_placed = stack.is_placed();
        let desk = Rc::new(Desk {
            work: Cell::new(None),
            busy: Cell::new(false),
            left: Cell::new(false),
            yielder: Cell::new(ptr::null()),
        });
        let mine = desk.clone();
        let fiber = Fiber::with_stack(stack, move |yielder, ()| work(&mine, yielder));
        Self { fiber: ManuallyDrop::new(UnsafeCell::new(fiber)), desk, is_placed }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.desk.work.take();
        if self.desk.left.get() {
            return;
        }
        let fiber = self.fiber.get_mut();
        if !self.desk.busy.get() && !fiber.done() {
            // It finds nothing to run, and ends.
            let _ = fiber.resume(());
        }
        // SAFETY: nobody uses it after this.
        unsafe { ManuallyDrop::drop(&mut self.fiber) };
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
