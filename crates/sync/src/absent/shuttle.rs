//! What stands in for `shuttle/` in a build without the feature `shuttle`: the same names, of types without a value, so that
//! whoever asks for a twin of shuttle's compiles and never runs.

use bohrbug_events::{ObjectId, Operation, TaskId};

use crate::control::{Ctx, State};

/// No value. The fields of this type are private, so that the compiler does not call its users unreachable.
#[derive(Clone, Copy, Debug)]
enum Never {}

/// There is none.
#[derive(Debug)]
pub(crate) struct Twin(Never);

/// There is none.
pub(crate) type Channel = Twin;
/// There is none.
pub(crate) type Condvar = Twin;
/// There is none.
pub(crate) type Meeting = Waiting;
/// There is none.
pub(crate) type Mutex = Twin;

impl Twin {
    pub(crate) fn new(_: &State) -> Self {
        unreachable!("{ABSENT}")
    }

    pub(crate) fn renew(&mut self, _: &State) {
        match self.0 {}
    }

    pub(crate) fn retire(&mut self) {
        match self.0 {}
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

    pub(crate) fn rescue(&self, _: Operation) {
        match self.0 {}
    }

    pub(crate) fn channel(&self) -> &Channel {
        match self.0 {}
    }

    pub(crate) fn condvar(&self) -> &Condvar {
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

    pub(crate) fn bounded(&self) -> &Meeting {
        match self.0 {}
    }

    pub(crate) fn send(&self, _: Ctx) {
        match self.0 {}
    }

    pub(crate) fn recv(&self, _: Ctx, _: ObjectId) {
        match self.0 {}
    }

    pub(crate) fn try_recv(&self) {
        match self.0 {}
    }

    pub(crate) fn close_sender(&self) {
        match self.0 {}
    }

    pub(crate) fn close_receiver(&self) {
        match self.0 {}
    }

    pub(crate) fn wait(&self, _: Ctx, _: &Mutex) {
        match self.0 {}
    }

    pub(crate) fn notify_one(&self) {
        match self.0 {}
    }

    pub(crate) fn notify_all(&self) {
        match self.0 {}
    }
}

/// There is none.
#[derive(Debug)]
pub(crate) struct Waiting(Never);

impl Waiting {
    pub(crate) fn wait(&self, _: Ctx) {
        match self.0 {}
    }

    pub(crate) fn call(&self) {
        match self.0 {}
    }
}

/// There is none.
#[derive(Debug)]
pub(crate) struct Thread(Never);

impl Thread {
    pub(crate) fn set_handle(&self, _: JoinHandle) {
        match self.0 {}
    }

    pub(crate) fn join(&self) {
        match self.0 {}
    }

    pub(crate) fn parked(&self) -> &Meeting {
        match self.0 {}
    }
}

/// There is none.
pub(crate) struct JoinHandle(Never);

impl JoinHandle {
    pub(crate) fn join(self) -> std::thread::Result<()> {
        match self.0 {}
    }
}

pub(crate) fn spawn(_: usize, _: impl FnOnce() + Send + 'static) -> JoinHandle {
    unreachable!("{ABSENT}")
}

pub(crate) fn pause() {
    unreachable!("{ABSENT}")
}

pub(crate) fn yield_now() {
    unreachable!("{ABSENT}")
}

/// `Execution::new` refuses what this build does not have.
const ABSENT: &str = "a bug in bohrbug-sync: an execution on shuttle in a build without the feature `shuttle`";
