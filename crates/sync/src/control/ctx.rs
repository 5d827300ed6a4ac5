//! A primitive's handle to the execution that it is used in.

use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

use bohrbug_trace::{ObjectId, ObjectKind, StepIdx, TaskId};

use super::object::{State, Twin};
use super::task::Task;
use super::{Execution, Origin, Runtime, Status};
use crate::lazy;
use crate::native::kernel::Kernel;

/// A primitive's handle to the execution it is used in.
///
/// Invariant: it is only made from the ambient pointer or from a live `&mut Execution`, and is used on that OS thread
/// only. Each method borrows the execution for its own duration and never while code under test or a foreign runtime
/// runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx(pub(super) NonNull<Execution>);

// SAFETY: shuttle and loom want closures that could go to another thread, and run them on this one.
unsafe impl Send for Ctx {}

impl Ctx {
    pub(crate) const fn new(execution: NonNull<Execution>) -> Self {
        Self(execution)
    }

    /// The execution itself, for the kernel.
    #[inline]
    pub(crate) fn execution<'a>(self) -> &'a mut Execution {
        self.get()
    }

    #[inline]
    pub(super) fn get<'a>(&self) -> &'a mut Execution {
        // SAFETY: the invariant of the type.
        unsafe { &mut *self.0.as_ptr() }
    }

    #[inline]
    pub(crate) fn epoch(self) -> u64 {
        self.get().epoch
    }

    #[inline]
    pub(crate) fn runtime(self) -> Runtime {
        self.get().runtime
    }

    #[inline]
    pub(crate) fn current(self) -> TaskId {
        self.get().current
    }

    #[inline]
    pub(crate) fn set_current(self, task: TaskId) {
        self.get().current = task;
    }

    #[inline]
    pub(crate) fn stopping(self) -> bool {
        self.get().status == Status::Stopping
    }

    pub(crate) fn kernel<'a>(self) -> &'a mut Kernel {
        &mut self.get().kernel
    }

    pub(crate) fn lazies<'a>(self) -> &'a mut lazy::Values {
        &mut self.get().lazies
    }

    pub(crate) fn task<'a>(self, task: TaskId) -> &'a mut Task {
        &mut self.get().tasks[task.index()]
    }

    #[inline]
    pub(crate) fn state<'a>(self, object: ObjectId) -> &'a mut State {
        &mut self.get().objects[object.index()].state
    }

    #[inline]
    pub(crate) fn twin(self, object: ObjectId) -> *const Twin {
        &raw const self.get().objects[object.index()].twin
    }

    #[inline(always)]
    pub(crate) fn add_object(self, origin: Origin, state: State) -> ObjectId {
        self.get().add_object(origin, |old| *old = state)
    }

    /// The object at an address, for what keeps std's size and so has no slot.
    #[inline]
    pub(crate) fn object_at(self, address: usize, kind: ObjectKind, site: &'static Location<'static>) -> ObjectId {
        if let Some(&object) = self.get().addresses.get(&(address, kind)) {
            return object;
        }
        let object = self.add_object(Origin { kind, site, name: None, carried: false }, State::Stateless);
        self.get().addresses.insert((address, kind), object);
        object
    }

    /// The atomic at an address.
    #[inline]
    pub(crate) fn atomic_at(self, address: usize, size: usize, site: &'static Location<'static>) -> ObjectId {
        if let Some(&object) = self.get().addresses.get(&(address, ObjectKind::Atomic)) {
            return object;
        }
        self.keep_static(address, size);
        self.object_at(address, ObjectKind::Atomic, site)
    }

    /// The choice that is known by that name, or by the place of its call.
    pub(crate) fn choice_at(self, name: Option<&'static str>, site: &'static Location<'static>) -> ObjectId {
        let key = name.map_or_else(|| (site.file(), site.line(), site.column()), |name| (name, 0, 0));
        if let Some(&object) = self.get().choices.get(&key) {
            return object;
        }
        let origin = Origin { kind: ObjectKind::Choice, site, name: name.map(Into::into), carried: false };
        let object = self.add_object(origin, State::Stateless);
        self.get().choices.insert(key, object);
        object
    }

    /// Notes that the event to be reported next reads what was written before the last `age` writes.
    #[inline]
    pub(crate) fn note_age(self, age: u32) {
        if age > 0 {
            let step = StepIdx(self.get().log.len() as u32);
            self.get().ages.push((step, age));
        }
    }

    /// The memory of a cell is one no more: what is there next is another object.
    #[inline]
    pub(crate) fn forget_object_at(self, address: usize, kind: ObjectKind) {
        self.get().addresses.remove(&(address, kind));
    }

    /// Whether accesses to cells are scheduling points.
    #[inline]
    pub(crate) fn cell_points(self) -> bool {
        self.get().config.cell_points
    }

    pub(crate) fn name_object(self, object: ObjectId, name: String) {
        self.get().objects[object.index()].origin.name = Some(name.into());
    }

    pub(crate) fn add_task(self, name: Option<Arc<str>>, parent: TaskId, site: &'static Location<'static>) -> TaskId {
        let origin = Origin { kind: ObjectKind::Thread, site, name: None, carried: false };
        let task = TaskId(self.get().tasks.len() as u32);
        let x = self.get();
        let object = x.add_object(origin, |state| state.become_thread(task));
        x.tasks.add().renew(name, parent, object, site);
        x.unfinished += 1;
        x.ready.insert(task);
        task
    }
}
