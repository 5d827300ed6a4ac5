//! shuttle's locks of `()`, each with the guards that are out.

use std::cell::{Cell, RefCell};

use ::shuttle::sync as theirs;
use bohrbug_events::{Operation, TaskId};

use crate::ambient::ambient;
use crate::control::Ctx;

/// A guard whose lock is in the same box, which outlives it: see the safety comments.
type MutexGuard = theirs::MutexGuard<'static, ()>;
type ReadGuard = theirs::RwLockReadGuard<'static, ()>;
type WriteGuard = theirs::RwLockWriteGuard<'static, ()>;

pub(crate) struct Mutex {
    // Declared before the lock, so that it is dropped before it.
    held: Cell<Option<MutexGuard>>,
    lock: theirs::Mutex<()>,
}

impl Default for Mutex {
    fn default() -> Self {
        Self { held: Cell::new(None), lock: theirs::Mutex::new(()) }
    }
}

impl Mutex {
    #[inline]
    pub(crate) fn lock(&self) {
        let guard = self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: only the lifetime changes. The twin is boxed and never moves, and drops `held` before `lock`.
        self.held.set(Some(unsafe { std::mem::transmute::<theirs::MutexGuard<'_, ()>, MutexGuard>(guard) }));
    }

    pub(crate) fn try_lock(&self) -> bool {
        match self.lock.try_lock() {
            Ok(guard) => {
                // SAFETY: as in `lock`.
                let guard = unsafe { std::mem::transmute::<theirs::MutexGuard<'_, ()>, MutexGuard>(guard) };
                self.held.set(Some(guard));
                true
            }
            Err(_) => false,
        }
    }

    #[inline]
    pub(crate) fn unlock(&self) {
        drop(self.held.take());
    }

    /// Takes the guard out, to wait on a condition variable with it.
    pub(crate) fn take(&self) -> Option<MutexGuard> {
        self.held.take()
    }

    /// Puts the guard back after the wait.
    pub(crate) fn put(&self, guard: MutexGuard) {
        self.held.set(Some(guard));
    }
}

#[derive(Default)]
pub(crate) struct RwLock {
    // Declared before the lock, so that they are dropped before it.
    //
    // shuttle takes a second read by one task for a deadlock; std and the other runtimes let it in while no writer holds
    // the lock, so a task's second and later reads have no guard of shuttle's.
    readers: RefCell<Vec<(TaskId, Option<ReadGuard>)>>,
    writer: Cell<Option<WriteGuard>>,
    lock: theirs::RwLock<()>,
}

impl RwLock {
    pub(crate) fn acquire(&self, operation: Operation) {
        if operation == Operation::ReadLock && self.reads() {
            let me = me();
            super::pause();
            self.readers.borrow_mut().push((me, None));
        } else if operation == Operation::ReadLock {
            // Others may run until the lock is there.
            let me = me();
            let guard = self.lock.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.keep_reader(me, guard);
        } else {
            let guard = self.lock.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.keep_writer(guard);
        }
    }

    pub(crate) fn try_acquire(&self, operation: Operation) -> bool {
        if operation == Operation::TryReadLock && self.reads() {
            let me = me();
            super::pause();
            self.readers.borrow_mut().push((me, None));
            true
        } else if operation == Operation::TryReadLock {
            let me = me();
            self.lock.try_read().map(|guard| self.keep_reader(me, guard)).is_ok()
        } else {
            self.lock.try_write().map(|guard| self.keep_writer(guard)).is_ok()
        }
    }

    pub(crate) fn release(&self, operation: Operation) {
        if operation == Operation::ReadUnlock {
            // Dropping a guard lets others run, who may want the list.
            let mine = take_last(&mut self.readers.borrow_mut());
            if matches!(mine, Some(None)) {
                super::pause();
            }
            drop(mine);
        } else {
            drop(self.writer.take());
        }
    }

    fn keep_reader(&self, me: TaskId, guard: theirs::RwLockReadGuard<'_, ()>) {
        // SAFETY: only the lifetime changes. The twin is boxed and never moves, and drops the guards before `lock`.
        let guard = unsafe { std::mem::transmute::<theirs::RwLockReadGuard<'_, ()>, ReadGuard>(guard) };
        self.readers.borrow_mut().push((me, Some(guard)));
    }

    /// Releases what a task has leaked.
    pub(crate) fn free(&self, task: TaskId) {
        let leaked: Vec<_> = self.readers.borrow_mut().extract_if(.., |(reader, _)| *reader == task).collect();
        drop(leaked);
        drop(self.writer.take());
    }

    /// Whether the current task reads already.
    fn reads(&self) -> bool {
        let me = me();
        self.readers.borrow().iter().any(|(reader, _)| *reader == me)
    }

    fn keep_writer(&self, guard: theirs::RwLockWriteGuard<'_, ()>) {
        // SAFETY: as in `keep_reader`.
        let guard = unsafe { std::mem::transmute::<theirs::RwLockWriteGuard<'_, ()>, WriteGuard>(guard) };
        self.writer.set(Some(guard));
    }
}

/// Takes the current task's latest entry out, so that its guard of shuttle's, the first, goes last.
fn take_last(readers: &mut Vec<(TaskId, Option<ReadGuard>)>) -> Option<Option<ReadGuard>> {
    let me = me();
    let place = readers.iter().rposition(|(reader, _)| *reader == me)?;
    Some(readers.remove(place).1)
}

fn me() -> TaskId {
    ambient().map_or(TaskId::MAIN, Ctx::current)
}

// A guard that is still out when the execution has ended was leaked by the code under test. Dropping it would ask for a
// scheduling point of an execution that is no more.
impl Drop for Mutex {
    fn drop(&mut self) {
        std::mem::forget(self.held.take());
    }
}

impl Drop for RwLock {
    fn drop(&mut self) {
        // The guards only: the list itself is ours, and is there without a leak, too.
        self.readers.take().into_iter().for_each(std::mem::forget);
        std::mem::forget(self.writer.take());
    }
}

impl std::fmt::Debug for Mutex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("shuttle Mutex")
    }
}

impl std::fmt::Debug for RwLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("shuttle RwLock")
    }
}
