//! Tasks as OS threads, of which one runs at a time: each has a worker with a thread of its own.
//!
//! The loop and the workers hand a baton to each other, so that a task runs only while the loop waits for it, and has seen
//! all that ran before. A task has its own count of panics, real thread-locals, and a stack that debuggers and valgrind
//! know. While they hand over they are in no execution: what stands in the operating system's place must not take the gates
//! for the program's. A worker serves one execution after another as long as the tasks of its number have the same name, which is also
//! its thread's.
//!
//! Limits: a `thread_local!` of std's belongs to the worker, and keeps its value from one execution to the next. A task that
//! is left behind keeps its thread, which waits until the process ends.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use bohrbug_events::TaskId;

use super::kernel::{Kernel, Work};
use super::left_behind;
use super::stepping::step;
use super::workers::Workers;
use crate::ambient::{self, outside};
use crate::control::Ctx;
use crate::luggage::{self, Luggage};
use crate::panic_count::unwatched;

/// The workers of one execution's tasks, as OS threads.
pub(crate) struct OsThreads {
    workers: RefCell<Vec<Worker>>,
    /// The desk of the worker that is running.
    running: Cell<*const Desk>,
    /// How many events of the execution have been told of before they happened.
    told: Cell<u32>,
    stack_size: usize,
}

/// A thread that runs the tasks of one number and name, execution after execution.
struct Worker {
    name: String,
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// What a worker and whoever resumes it share; only the one that has the baton looks at what is in cells.
struct Desk {
    /// What the worker is to run when it is resumed next; one that finds nothing here ends.
    work: Cell<Option<(Ctx, Work)>>,
    /// Whether it is running something, or suspended in the middle of it.
    busy: Cell<bool>,
    /// What came out of its work, which is a bug of ours.
    fault: Cell<Option<Box<dyn Any + Send>>>,
    /// What goes along with the baton.
    luggage: Cell<Option<Luggage>>,
    /// The worker may go on.
    go: Gate,
    /// Whoever resumed it may go on.
    back: Gate,
}

// SAFETY: the cells are looked at by the one that has the baton, which goes through the gates, and what is handed over in
// them is used by one thread at a time.
unsafe impl Send for Desk {}
// SAFETY: as above.
unsafe impl Sync for Desk {}

/// A gate that lets one pass each time it is opened.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    const fn new() -> Self {
        Self { open: Mutex::new(false), opened: Condvar::new() }
    }

    fn open(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_one();
    }

    fn pass(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = self.opened.wait_while(open, |open| !*open).unwrap_or_else(PoisonError::into_inner);
        *open = false;
    }
}

impl OsThreads {
    pub(super) const fn new(stack_size: usize) -> Self {
        Self { workers: RefCell::new(Vec::new()), running: Cell::new(ptr::null()), told: Cell::new(0), stack_size }
    }

    pub(super) const fn told(&self) -> &Cell<u32> {
        &self.told
    }

    /// Sees to it that there is a worker of that number and name.
    fn employ(&self, number: usize, name: &str) {
        let mut workers = self.workers.borrow_mut();
        while workers.len() < number {
            // The thread of an earlier task could not be had.
            workers.push(Worker::new(self.stack_size, ""));
        }
        if workers.len() == number {
            workers.push(Worker::new(self.stack_size, name));
        } else if workers[number].name != name {
            workers[number] = Worker::new(self.stack_size, name);
        }
    }
}

impl Workers for OsThreads {
    const SHARE_A_THREAD: bool = false;
    const MOST_LEFT_BEHIND: u32 = 256;

    fn of(kernel: &Kernel) -> &Self {
        kernel.os_threads()
    }

    fn clear(&self) {
        let workers = self.workers.take();
        drop(workers);
    }

    fn assign(&self, x: Ctx, task: TaskId, work: Work) {
        let name = name(x, task);
        // What it takes to have a thread is no memory of the program's.
        unwatched(|| outside(|| self.employ(task.index(), &name)));
        self.workers.borrow()[task.index()].desk.work.set(Some((x, work)));
    }

    fn leave_behind(&self, task: TaskId) {
        left_behind::count_one(Self::MOST_LEFT_BEHIND);
        unwatched(|| {
            let worker = &mut self.workers.borrow_mut()[task.index()];
            let new = Worker::new(self.stack_size, &worker.name);
            let left = std::mem::replace(worker, new);
            std::mem::forget(left);
        });
    }

    fn resume(&self, task: TaskId) {
        let desk = self.workers.borrow()[task.index()].desk.clone();
        self.running.set(Arc::as_ptr(&desk));
        desk.hand_over();
    }

    fn suspend(&self) {
        // SAFETY: the task is running, so this is its worker's, which lives as long as the worker does.
        unsafe { &*self.running.get() }.hand_back();
    }
}

/// The name of a task's thread: the one that the code gave it, or else its number.
fn name(x: Ctx, task: TaskId) -> String {
    let given = x.task(task, |row| row.name.clone());
    match given {
        Some(name) => name.replace('\0', ""),
        None if task == TaskId::MAIN => "main".to_owned(),
        None => task.to_string(),
    }
}

impl Desk {
    const fn new() -> Self {
        Self {
            work: Cell::new(None),
            busy: Cell::new(false),
            fault: Cell::new(None),
            luggage: Cell::new(None),
            go: Gate::new(),
            back: Gate::new(),
        }
    }

    /// Lets the worker go on, and waits until it hands back.
    fn hand_over(&self) {
        let work = self.work.take();
        assert!(work.is_some() || self.busy.get(), "a task cannot run, since its thread could not be had");
        self.work.set(work);
        self.luggage.set(luggage::pack());
        outside(|| {
            self.go.open();
            self.back.pass();
        });
        luggage::unpack(self.luggage.take());
        if let Some(fault) = self.fault.take() {
            resume_unwind(fault);
        }
    }

    /// Lets whoever resumed the worker go on, and waits until that hands over again.
    fn hand_back(&self) {
        self.luggage.set(luggage::pack());
        outside(|| self.back.open());
        self.wait();
    }

    /// Waits until the worker may go on.
    fn wait(&self) {
        outside(|| self.go.pass());
        luggage::unpack(self.luggage.take());
    }

    /// The life of a worker.
    fn serve(&self) {
        self.wait();
        while let Some((x, work)) = self.work.take() {
            self.busy.set(true);
            ambient::replace(Some(x));
            let ran = catch_unwind(AssertUnwindSafe(|| {
                step(x);
                work.run(x);
            }));
            ambient::replace(None);
            self.fault.set(ran.err());
            self.busy.set(false);
            self.hand_back();
        }
    }
}

impl Worker {
    fn new(stack_size: usize, name: &str) -> Self {
        let desk = Arc::new(Desk::new());
        let mine = desk.clone();
        let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(stack_size);
        let thread = builder
            .spawn(move || mine.serve())
            .unwrap_or_else(|error| panic!("no OS thread for one more task: {error}"));
        Self { name: name.to_owned(), desk, thread: Some(thread) }
    }
}

/// Ends the thread, unless it is in the middle of something: then it waits until the process ends.
impl Drop for Worker {
    fn drop(&mut self) {
        self.desk.work.take();
        if self.desk.busy.get() {
            return;
        }
        self.desk.go.open();
        if let Some(thread) = self.thread.take() {
            // A destructor of a thread-local that panics ends the process, so that this is no error.
            let _ = thread.join();
        }
    }
}
