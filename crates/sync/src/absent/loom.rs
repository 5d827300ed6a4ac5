//! What stands in for `loom/` in a build without the feature `loom`: the same names, of types without a value, so that
//! whoever asks for a twin of loom's compiles and never runs.

use std::sync::atomic::Ordering;

use bohrbug_events::{Operation, TaskId};

use crate::atomic::Seen;
use crate::control::{Ctx, Pending, State};

/// Room for main alone.
pub(crate) const MAX_THREADS: usize = 1;

/// No value. The fields of this type are private, so that the compiler does not call its users unreachable.
#[derive(Clone, Copy, Debug)]
enum Never {}

/// There is none.
#[derive(Debug)]
pub(crate) struct Twin(Never);

/// There is none.
pub(crate) type Meeting = Twin;
/// There is none.
pub(crate) type Mutex = Twin;
/// There is none.
pub(crate) type Thread = Twin;

impl Twin {
    pub(crate) fn new(_: &State) -> Self {
        unreachable!("{ABSENT}")
    }

    pub(crate) fn acquire(&self, _: Operation) {
        match self.0 {}
    }

    pub(crate) fn try_acquire(&self, _: Operation) -> bool {
        match self.0 {}
    }

    pub(crate) fn release(&self, _: Operation) {
        match self.0 {}
    }

    pub(crate) fn free(&self, _: TaskId) {
        match self.0 {}
    }

    pub(crate) fn touch(&self) {
        match self.0 {}
    }

    pub(crate) fn rescue(&self, _: Operation) {
        match self.0 {}
    }

    pub(crate) fn atomic(&self) -> &Atomic {
        match self.0 {}
    }

    pub(crate) fn meeting(&self) -> &Meeting {
        match self.0 {}
    }

    pub(crate) fn mutex(&self) -> &Mutex {
        match self.0 {}
    }

    pub(crate) fn thread(&self) -> &Thread {
        match self.0 {}
    }

    pub(crate) fn wait(&self, _: Ctx, _: impl Fn(TaskId) -> bool) {
        match self.0 {}
    }

    pub(crate) fn wait_with(&self, _: Ctx, _: &Mutex, _: impl Fn(TaskId) -> bool) -> bool {
        match self.0 {}
    }

    pub(crate) fn unlock(&self) {
        match self.0 {}
    }

    pub(crate) fn spawn(&self, _: Ctx, _: usize, _: impl FnOnce() + Send + 'static) {
        match self.0 {}
    }

    pub(crate) fn enter(&self) {
        match self.0 {}
    }
}

/// There is none.
#[derive(Debug)]
pub(crate) struct Atomic(Never);

impl Atomic {
    pub(crate) fn mirror<W>(&self, _: Ctx, _: W) -> &Mirror<W> {
        match self.0 {}
    }

    pub(crate) fn touch(&self, _: Ctx, _: bool) {
        match self.0 {}
    }
}

/// There is none.
pub(crate) struct Mirror<W>(Never, std::marker::PhantomData<W>);

impl<W> Mirror<W> {
    pub(crate) fn load(&self, _: Ordering) -> Seen<W> {
        match self.0 {}
    }

    pub(crate) fn store(&self, _: W, _: Ordering) {
        match self.0 {}
    }

    pub(crate) fn update(&self, _: Ordering, _: impl Fn(W) -> W) -> Seen<W> {
        match self.0 {}
    }

    pub(crate) fn compare_exchange(&self, _: W, _: W, _: Ordering, _: Ordering) -> Result<Seen<W>, Seen<W>> {
        match self.0 {}
    }
}

pub(crate) fn fence(_: Ordering) {
    unreachable!("{ABSENT}")
}

pub(crate) fn yield_now() {
    unreachable!("{ABSENT}")
}

pub(crate) fn reported(_: Ctx, _: &Pending) {
    unreachable!("{ABSENT}")
}

pub(crate) fn unpark_ready(_: Ctx, _: impl FnMut(TaskId) -> bool) {
    unreachable!("{ABSENT}")
}

/// `Execution::new` refuses what this build does not have.
const ABSENT: &str = "a bug in bohrbug-sync: an execution on loom in a build without the feature `loom`";
