//! An object: what tasks operate on.

use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_trace::{ObjectId, ObjectKind, Operation, TaskId};

use super::{Ctx, Inner, Runtime, TaskSet};
use crate::{loom, native, shuttle};

/// What an object knows of itself, for labels.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its kind.
    pub kind: ObjectKind,
    /// Where it was made or, for what has no room to remember that (an atomic), first used.
    pub site: &'static Location<'static>,
    /// The name that the code gave it.
    pub name: Option<Arc<str>>,
    /// Whether it is an atomic that holds a pointer.
    pub holds_pointer: bool,
    /// Whether it was already used in an earlier execution, and so may have carried a value into this one.
    pub carried: bool,
}

/// One object of one execution.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) origin: Origin,
    /// What the operations on it have made of it: decides what can happen next.
    pub(crate) state: State,
    /// The foreign runtime's primitive behind it.
    pub(crate) twin: Twin,
    /// The tasks that wait for it [alike](Object::is_awaited_alike): they can go on all together, or none of them.
    pub(crate) waiting: TaskSet,
    /// The other tasks that have announced an operation on it that may have to wait.
    pub(crate) interested: TaskSet,
}

impl Default for Object {
    /// A row for objects to come.
    #[track_caller]
    fn default() -> Self {
        Self {
            origin: Origin {
                kind: ObjectKind::Choice,
                site: Location::caller(),
                name: None,
                carried: false,
                holds_pointer: false,
            },
            state: State::Stateless,
            twin: Twin::Native,
            waiting: TaskSet::new(),
            interested: TaskSet::new(),
        }
    }
}

impl Object {
    /// Makes the row that of a new object, on a runtime that is the same for all that it ever serves.
    #[inline(always)]
    pub(crate) fn renew(&mut self, runtime: Runtime, new_origin: Origin, renew_state: impl FnOnce(&mut State)) {
        let Self { origin, state, twin, waiting, interested } = self;
        *origin = new_origin;
        renew_state(state);
        twin.renew(runtime, state);
        waiting.clear();
        interested.clear();
    }

    /// Whether tasks that announce this operation wait for nothing but [`Object::is_open`].
    pub(crate) const fn is_awaited_alike(operation: Operation) -> bool {
        matches!(operation, Operation::Lock | Operation::Join)
    }

    /// Whether those who wait for it alike can go on.
    #[inline]
    pub(crate) const fn is_open(&self) -> bool {
        match &self.state {
            State::Mutex(mutex) => mutex.is_free(),
            State::Thread(thread) => thread.has_finished(),
            _ => true,
        }
    }

    /// Those who wait for it alike, or the others, for a task with that operation.
    #[inline]
    pub(crate) const fn list(&mut self, operation: Operation) -> &mut TaskSet {
        if Self::is_awaited_alike(operation) { &mut self.waiting } else { &mut self.interested }
    }
}

/// The state of an object, by kind; each variant is the primitive's own file in `native/`.
#[derive(Debug)]
pub(crate) enum State {
    /// Nothing that decides who can go on.
    Stateless,
    Mutex(native::mutex::Mutex),
    RwLock(native::rwlock::RwLock),
    Condvar(native::condvar::Condvar),
    Barrier(native::barrier::Barrier),
    Once(native::once::Once),
    Channel(native::mpsc::Channel),
    Thread(native::thread::Thread),
    Futex(native::futex::Futex),
}

impl State {
    /// Makes this the state of a thread. A row mostly serves objects of one kind, and then little changes in it.
    #[inline(always)]
    pub(crate) fn become_thread(&mut self, task: TaskId) {
        let new = native::thread::Thread::of(task);
        match self {
            Self::Thread(thread) => *thread = new,
            other => *other = Self::Thread(new),
        }
    }
}

/// The primitive of the runtime that is in charge; counted, since tasks hold on to it while others run.
#[derive(Clone, Debug)]
pub(crate) enum Twin {
    /// The state above is all there is.
    Native,
    Shuttle(Rc<shuttle::Twin>),
    Loom(Rc<loom::Twin>),
}

/// Reads the state as one kind; a wrong kind is a bug of this crate.
macro_rules! as_kind {
    ($($name:ident: $variant:ident => $type:ty),+ $(,)?) => {
        impl State {
            $(
                #[inline]
                pub(crate) fn $name(&mut self) -> &mut $type {
                    match self {
                        Self::$variant(state) => state,
                        other => unreachable!("a bug in bohrbug-sync: {other:?} is no {}", stringify!($variant)),
                    }
                }
            )+
        }

        impl Inner {
            $(
                #[inline]
                #[allow(dead_code, reason = "not every kind is looked at without a note of it")]
                pub(crate) fn $name(&mut self, object: ObjectId) -> &mut $type {
                    self.objects[object.index()].state.$name()
                }
            )+
        }

        impl Ctx {
            $(
                #[inline(always)]
                pub(crate) fn $name<R>(self, object: ObjectId, f: impl FnOnce(&mut $type) -> R) -> R {
                    self.state(object, |state| f(state.$name()))
                }
            )+
        }
    };
}

as_kind! {
    mutex: Mutex => native::mutex::Mutex,
    rwlock: RwLock => native::rwlock::RwLock,
    condvar: Condvar => native::condvar::Condvar,
    barrier: Barrier => native::barrier::Barrier,
    once: Once => native::once::Once,
    channel: Channel => native::mpsc::Channel,
    thread: Thread => native::thread::Thread,
    futex: Futex => native::futex::Futex,
}
