//! loom's threads, and the meeting point at which tasks wait for what loom has no primitive for.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

use ::loom::sync::Mutex;
use ::loom::thread as theirs;
use bohrbug_events::{Operation, TaskId};

use crate::control::{Ctx, Pending, Twin};

/// A lock that every operation on one object takes for a moment: loom's search sees that they depend on each other.
///
/// It is made at the first use, inside the execution: loom has no constants. It is no atomic, since loom wants every
/// use of an atomic to happen after its making, which first uses by different tasks do not.
#[derive(Default)]
pub(crate) struct Meeting {
    turn: RefCell<Option<Rc<Mutex<()>>>>,
}

impl Meeting {
    /// A scheduling point that loom knows to be one on this object.
    pub(crate) fn touch(&self) {
        let turn = self.turn.borrow_mut().get_or_insert_with(|| Rc::new(Mutex::new(()))).clone();
        drop(turn.lock());
    }

    /// Waits until `may_go_on` is true of the current task.
    pub(crate) fn wait(&self, x: Ctx, may_go_on: impl Fn(TaskId) -> bool) {
        let me = x.current();
        loop {
            self.touch();
            x.set_current(me);
            if may_go_on(me) || x.stopping() {
                return;
            }
            own(x, me).parked.set(true);
            while own(x, me).parked.get() {
                theirs::park();
                x.set_current(me);
            }
        }
    }
}

impl Meeting {
    /// Waits until `may_go_on` is true of the current task, and takes the lock with it; whether it has.
    ///
    /// It comes back without the lock when the execution is stopping.
    pub(crate) fn wait_with(&self, x: Ctx, lock: &super::Mutex, may_go_on: impl Fn(TaskId) -> bool) -> bool {
        let me = x.current();
        loop {
            self.wait(x, &may_go_on);
            if x.stopping() {
                return false;
            }
            lock.lock();
            x.set_current(me);
            if may_go_on(me) {
                return true;
            }
            // Somebody else took the notification while this task waited for the lock.
            lock.unlock();
        }
    }
}

/// A thread as others join and unpark it.
#[derive(Default)]
pub(crate) struct Thread {
    meeting: Meeting,
    /// Of the main task only: atomics for the objects that tasks will first use later.
    pub(super) reserve: super::atomic::Reserve,
    thread: RefCell<Option<theirs::Thread>>,
    /// Whether it waits at a meeting point.
    parked: Cell<bool>,
}

impl Thread {
    /// Spawns a loom thread that runs `body`.
    pub(crate) fn spawn(&self, x: Ctx, stack_size: usize, body: impl FnOnce() + Send + 'static) {
        own(x, TaskId::MAIN).reserve.fill();
        let builder = theirs::Builder::new().stack_size(stack_size);
        let handle = builder.spawn(body).unwrap_or_else(|error| panic!("loom could not spawn a thread: {error}"));
        *self.thread.borrow_mut() = Some(handle.thread().clone());
    }

    /// The calling thread is this one.
    pub(crate) fn enter(&self) {
        self.thread.borrow_mut().get_or_insert_with(theirs::current);
    }

    pub(crate) fn meeting(&self) -> &Meeting {
        &self.meeting
    }

    fn unpark(&self) {
        // loom would take an unpark for the end of any other wait, too.
        if self.parked.replace(false) {
            self.set_runnable();
        }
    }

    /// Ends whatever the thread is waiting for.
    fn set_runnable(&self) {
        let thread = self.thread.borrow().clone();
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}

/// Wakes those whom the event that `pending` announced lets go on.
pub(crate) fn reported(x: Ctx, pending: &Pending) {
    unpark_ready(x, |task| x.enabled(task));
    revive_tries(x, pending);
}

/// Whoever takes a lock in loom blocks all who are about to, even those who would only try. They would sleep until it is
/// released, and for ever if the holder waits for them: lets them find it held.
fn revive_tries(x: Ctx, pending: &Pending) {
    use Operation::{Lock, ReadLock, TryLock, TryReadLock, TryWriteLock, Wake, WriteLock};
    let lock = match pending.operation {
        Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock => pending.object,
        Wake => pending.other,
        _ => return,
    };
    for task in (0..x.task_count() as u32).map(TaskId).filter(|&task| task != x.current()) {
        let theirs = x.pending(task);
        if theirs.object == lock && matches!(theirs.operation, TryLock | TryReadLock | TryWriteLock) {
            own(x, task).set_runnable();
        }
    }
}

/// Wakes the tasks that wait at a meeting point and can now go on: all of them, when the execution is stopping.
pub(crate) fn unpark_ready(x: Ctx, mut can_go_on: impl FnMut(TaskId) -> bool) {
    for task in 0..x.task_count() as u32 {
        let task = TaskId(task);
        if own(x, task).parked.get() && can_go_on(task) {
            own(x, task).unpark();
        }
    }
}

/// The loom thread of a task.
pub(super) fn own(x: Ctx, task: TaskId) -> Own {
    match x.twin(x.object_of(task)) {
        Twin::Loom(twin) => Own(twin),
        _ => unreachable!("a bug in bohrbug-sync: a task of a loom execution has no loom thread"),
    }
}

/// A share in the twin of a task.
pub(super) struct Own(Rc<super::Twin>);

impl Deref for Own {
    type Target = Thread;

    fn deref(&self) -> &Thread {
        self.0.thread()
    }
}
