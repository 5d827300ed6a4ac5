//! A primitive's handle to the execution that it is used in.
//!
//! There are two ways in. What is asked at every step (which task runs, whether the execution is stopping) lies in the cells
//! of [`Head`]. Everything else is behind [`Ctx::borrow`], which refuses to lend the execution's tables twice at once. Nothing in here
//! hands out a reference that outlives its borrow, so nothing can dangle when a table grows while other tasks run. The
//! two functions that every step goes through, and those that read or change one lock's state, save themselves the flag:
//! see [`Ctx::tables`].

use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

use bohrbug_events::{ObjectId, ObjectKind, StepIdx, TaskId};

use super::head::Head;
use super::inner::Inner;
use super::object::{State, Twin};
use super::pending::Pending;
use super::task::Task;
use super::{Origin, Runtime, Status};
use crate::lazy;

/// A primitive's handle to the execution it is used in.
///
/// Invariant: it is made of the ambient pointer or of a live `Execution`, and is used only by the task that is running, or
/// by whoever runs it; never after the execution's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx(NonNull<Head>);

// SAFETY: shuttle and loom want closures that could go to another thread, and run them on this one; of the native
// runtime's OS threads one runs at a time, and each has seen what those before it did.
unsafe impl Send for Ctx {}

/// The tables of an execution, borrowed; as a `RefMut` of std's, but for where the flag lies.
pub(crate) struct Borrow<'a>(&'a Head);

impl Deref for Borrow<'_> {
    type Target = Inner;

    #[inline(always)]
    fn deref(&self) -> &Inner {
        // SAFETY: the tables live as long as the head, and the flag says that nobody else has them.
        unsafe { &*self.0.inner() }
    }
}

impl DerefMut for Borrow<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Inner {
        // SAFETY: as above.
        unsafe { &mut *self.0.inner() }
    }
}

/// In a panic, too.
impl Drop for Borrow<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.take_back();
    }
}

#[cold]
#[inline(never)]
fn borrowed_twice() -> ! {
    panic!(
        "an execution was used while its strategy or a monitor was being asked, usually because that uses a primitive of \
         bohrbug_sync; use std's there"
    )
}

impl Ctx {
    /// The handle of the execution whose head that is. It must stay where it is as long as the handle is used.
    pub(crate) const fn new(head: NonNull<Head>) -> Self {
        Self(head)
    }

    #[inline(always)]
    pub(crate) fn head(&self) -> &Head {
        // SAFETY: the invariant of the type. The borrow is that of this handle, which is no longer than the execution.
        unsafe { self.0.as_ref() }
    }

    /// Borrows the tables of the execution. Nothing that runs code under test, or a foreign runtime, may happen meanwhile.
    ///
    /// # Panics
    ///
    /// If they are borrowed already.
    #[inline(always)]
    pub(crate) fn borrow(&self) -> Borrow<'_> {
        let head = self.head();
        if !head.try_lend() {
            borrowed_twice();
        }
        Borrow(head)
    }

    /// The tables of the execution, for the few lines that every step goes through: that they are lent is not noted, which
    /// costs a tenth of a step.
    ///
    /// # Safety
    ///
    /// As long as the reference is used nothing else may use the execution. So what is called meanwhile must not have a
    /// handle; [`Inner::ask`] alone calls out of this crate, and notes that the tables are lent.
    ///
    /// # Panics
    ///
    /// If they are borrowed already.
    #[expect(
        clippy::mut_from_ref,
        reason = "a handle is a pointer; that nobody else has the tables is the caller's to see to"
    )]
    #[inline(always)]
    pub(crate) unsafe fn tables(&self) -> &mut Inner {
        let head = self.head();
        if head.is_lent() {
            borrowed_twice();
        }
        // SAFETY: nobody has borrowed them, and the caller's promise.
        unsafe { self.unlent_tables() }
    }

    /// As [`Ctx::tables`], where nobody has borrowed them.
    ///
    /// # Safety
    ///
    /// As there, and that is so.
    #[expect(clippy::mut_from_ref, reason = "as above")]
    #[inline(always)]
    pub(crate) unsafe fn unlent_tables(&self) -> &mut Inner {
        // SAFETY: the tables live as long as the head, and the caller's promise.
        unsafe { &mut *self.head().inner() }
    }

    /// As [`Ctx::borrow`]; `None` if they are borrowed already.
    pub(crate) fn try_borrow(&self) -> Option<Borrow<'_>> {
        let head = self.head();
        head.try_lend().then(|| Borrow(head))
    }

    /// Borrows the tables of the execution for the time of `f`; as [`Ctx::borrow`].
    #[inline(always)]
    pub(crate) fn with<R>(self, f: impl FnOnce(&mut Inner) -> R) -> R {
        f(&mut self.borrow())
    }

    #[inline(always)]
    pub(crate) fn epoch(self) -> u64 {
        self.head().epoch()
    }

    #[inline(always)]
    pub(crate) fn runtime(self) -> Runtime {
        self.head().runtime()
    }

    /// Whether the runtime is native, and tasks are coroutines.
    #[inline(always)]
    pub(crate) fn on_coroutines(self) -> bool {
        self.head().on_coroutines()
    }

    #[inline(always)]
    pub(crate) fn current(self) -> TaskId {
        self.head().current()
    }

    #[inline(always)]
    pub(crate) fn set_current(self, task: TaskId) {
        self.head().set_current(task);
    }

    #[inline(always)]
    pub(crate) fn stopping(self) -> bool {
        self.head().status() == Status::Stopping
    }

    /// The execution is over: every task unwinds from where it is.
    pub(crate) fn stop_now(self) {
        self.head().set_status(Status::Stopping);
    }

    /// Whether somebody has the tables, as the driver has while it is asked.
    #[inline]
    pub(crate) fn is_lent(self) -> bool {
        self.head().is_lent()
    }

    /// Whether the panic that is under way, or has just been caught, is the driver's.
    pub(crate) fn driver_panics(self) -> bool {
        self.head().is_asking()
    }

    /// Makes the foreign scheduler go on with the current task at its next decision.
    pub(crate) fn stay(self) {
        self.head().stay().set(true);
    }

    /// Takes that back; whether it was still to come.
    #[cfg_attr(not(feature = "shuttle"), expect(dead_code, reason = "shuttle's condition variable alone asks"))]
    pub(crate) fn take_stay(self) -> bool {
        self.head().stay().take()
    }

    /// The row of a task.
    #[inline(always)]
    pub(crate) fn task<R>(self, task: TaskId, f: impl FnOnce(&mut Task) -> R) -> R {
        f(&mut self.borrow().tasks[task.index()])
    }

    /// The task as what others join, park and unpark.
    #[inline]
    pub(crate) fn object_of(self, task: TaskId) -> ObjectId {
        self.task(task, |row| row.object)
    }

    /// What the task has announced.
    #[inline]
    pub(crate) fn pending(self, task: TaskId) -> Pending {
        self.task(task, |row| row.pending)
    }

    #[inline]
    pub(crate) fn has_finished(self, task: TaskId) -> bool {
        self.task(task, |row| row.finished)
    }

    pub(crate) fn task_count(self) -> usize {
        self.with(|x| x.tasks.len())
    }

    /// Whether what the task has announced can happen now.
    pub(crate) fn enabled(self, task: TaskId) -> bool {
        self.with(|x| x.enabled(task))
    }

    /// Whether a waiting task may come back without having been woken.
    pub(crate) fn wakes_by_itself(self, task: TaskId) -> bool {
        self.with(|x| x.wakes_by_itself(task))
    }

    /// The size of a task's stack in bytes.
    pub(crate) fn stack_size(self) -> usize {
        self.with(|x| x.config.stack_size)
    }

    /// The state of an object.
    #[inline(always)]
    pub(crate) fn state<R>(self, object: ObjectId, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.borrow().objects[object.index()].state)
    }

    /// The twin behind an object; events without one have the native nothing.
    #[inline]
    pub(crate) fn twin(self, object: ObjectId) -> Twin {
        if object.is_some() { self.with(|x| x.objects[object.index()].twin.clone()) } else { Twin::Native }
    }

    /// Where the value of a lazily initialised object is, as the type that it was put in with.
    pub(crate) fn lazy<T>(self, object: ObjectId) -> Option<NonNull<T>> {
        self.with(|x| x.lazies.get(object))
    }

    /// Keeps a value of a lazily initialised object, if there is none yet; else it is dropped.
    pub(crate) fn put_lazy<T>(self, object: ObjectId, value: T) {
        let value = lazy::Value::new(object, value);
        let refused = self.with(|x| x.lazies.put(value));
        drop(refused);
    }

    /// Takes the value of a lazily initialised object out, as the type that it was put in with.
    pub(crate) fn take_lazy<T>(self, object: ObjectId) -> Option<Box<T>> {
        self.with(|x| x.lazies.take(object))
    }

    #[inline(always)]
    pub(crate) fn add_object(self, origin: Origin, state: State) -> ObjectId {
        self.with(|x| x.add_object(origin, |old| *old = state))
    }

    /// The object at an address, for what keeps std's size and so has no slot.
    #[inline]
    pub(crate) fn object_at(self, address: usize, kind: ObjectKind, site: &'static Location<'static>) -> ObjectId {
        self.guard(address, kind);
        self.with(|x| {
            if let Some(&object) = x.addresses.get(&(address, kind)) {
                return object;
            }
            let origin = Origin { kind, site, name: None, carried: false, holds_pointer: false };
            let object = x.add_object(origin, |state| *state = State::Stateless);
            x.addresses.insert((address, kind), object);
            x.located.push((object, address));
            x.remember(address, object);
            object
        })
    }

    /// Notes that the atomic holds a pointer.
    #[inline]
    pub(crate) fn mark_pointer(self, atomic: ObjectId) {
        self.with(|x| x.objects[atomic.index()].origin.holds_pointer = true);
    }

    /// The atomic at an address.
    #[inline]
    pub(crate) fn atomic_at(self, address: usize, size: usize, site: &'static Location<'static>) -> ObjectId {
        if self.with(|x| x.addresses.contains_key(&(address, ObjectKind::Atomic))) {
            return self.object_at(address, ObjectKind::Atomic, site);
        }
        self.keep_static(address, size);
        self.object_at(address, ObjectKind::Atomic, site)
    }

    /// The futex at an address. To wake those who wait in memory that has been freed is allowed: nobody does.
    pub(crate) fn futex_at(self, address: usize, site: &'static Location<'static>) -> ObjectId {
        let kind = ObjectKind::Futex;
        self.with(|x| {
            if let Some(&object) = x.addresses.get(&(address, kind)) {
                return object;
            }
            let origin = Origin { kind, site, name: None, carried: false, holds_pointer: false };
            let object = x.add_object(origin, |state| *state = State::Futex(crate::native::futex::Futex::default()));
            x.addresses.insert((address, kind), object);
            object
        })
    }

    /// Notes what an atomic holds, if the driver wants to know.
    #[inline]
    pub(crate) fn keep_word(self, atomic: ObjectId, word: impl FnOnce() -> u64) {
        if self.head().keeps_words() {
            let word = word();
            self.with(|x| x.keep_word(atomic, word));
        }
    }

    /// The choice that is known by that name, or by the place of its call.
    pub(crate) fn choice_at(self, name: Option<&'static str>, site: &'static Location<'static>) -> ObjectId {
        let key = name.map_or_else(|| (site.file(), site.line(), site.column()), |name| (name, 0, 0));
        self.with(|x| {
            if let Some(&object) = x.choices.get(&key) {
                return object;
            }
            let name = name.map(Into::into);
            let origin = Origin { kind: ObjectKind::Choice, site, name, carried: false, holds_pointer: false };
            let object = x.add_object(origin, |state| *state = State::Stateless);
            x.choices.insert(key, object);
            object
        })
    }

    /// Notes that the event to be reported next reads what was written before the last `age` writes.
    #[inline]
    pub(crate) fn note_age(self, age: u32) {
        if age > 0 {
            self.with(|x| x.ages.push((StepIdx(x.log.len() as u32), age)));
        }
    }

    /// The memory of a cell is one no more: what is there next is another object. Returns the one that was there.
    #[inline]
    pub(crate) fn forget_object_at(self, address: usize, kind: ObjectKind) -> Option<ObjectId> {
        self.with(|x| x.addresses.remove(&(address, kind)))
    }

    /// Whether anybody wants to know of accesses to cells.
    #[inline]
    pub(crate) fn cells_watched(self) -> bool {
        self.with(|x| x.cells_watched)
    }

    /// Whether accesses to cells are scheduling points.
    #[inline]
    pub(crate) fn cell_points(self) -> bool {
        self.with(|x| x.config.cell_points)
    }

    pub(crate) fn name_object(self, object: ObjectId, name: String) {
        self.with(|x| x.objects[object.index()].origin.name = Some(name.into()));
    }

    pub(crate) fn add_task(self, name: Option<Arc<str>>, parent: TaskId, site: &'static Location<'static>) -> TaskId {
        self.with(|x| x.add_task(name, parent, site))
    }
}
