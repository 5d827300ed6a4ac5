//! An object: what tasks operate on.

use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_events::{ObjectId, ObjectKind, Operation, TaskId};

use super::{Ctx, Event, Runtime, TaskSet};
use crate::native::model::{Asked, Model, Tasks};
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

impl Origin {
    /// Becomes `new`, field by field, as [`Pending::become_that`](super::Pending::become_that).
    #[inline(always)]
    fn become_that(&mut self, new: Self) {
        let Self { kind, site, name, holds_pointer, carried } = new;
        self.kind = kind;
        self.site = site;
        self.name = name;
        self.holds_pointer = holds_pointer;
        self.carried = carried;
    }
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
    /// Whether there is any of the ones, and of the others: asked at every event.
    pub(super) is_awaited_alike: bool,
    pub(super) is_awaited_otherwise: bool,
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
            is_awaited_alike: false,
            is_awaited_otherwise: false,
        }
    }
}

impl Object {
    /// Makes the row that of a new object, on a runtime that is the same for all that it ever serves.
    #[inline(always)]
    pub(crate) fn renew(&mut self, runtime: Runtime, new_origin: Origin, renew_state: impl FnOnce(&mut State)) {
        let Self { origin, state, twin, waiting, interested, is_awaited_alike, is_awaited_otherwise } = self;
        origin.become_that(new_origin);
        renew_state(state);
        twin.renew(runtime, state);
        waiting.clear();
        interested.clear();
        (*is_awaited_alike, *is_awaited_otherwise) = (false, false);
    }

    /// Whether tasks that announce this operation wait for nothing but [`Object::is_open`].
    pub(crate) const fn is_awaited_alike(operation: Operation) -> bool {
        matches!(operation, Operation::Lock | Operation::Join)
    }

    /// Whether those who wait for it alike can go on: what [`State::admits`] says of them, without asking for each.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        match &self.state {
            State::Mutex(mutex) => mutex.is_free(),
            State::Thread(thread) => thread.has_finished(),
            other => other.not_awaited_alike(),
        }
    }

    /// Who holds up those who wait for it alike.
    #[inline]
    pub(super) fn keeper(&self) -> Option<TaskId> {
        match &self.state {
            State::Mutex(mutex) => mutex.owner(),
            State::Thread(thread) => Some(thread.task()),
            other => other.not_awaited_alike(),
        }
    }

    /// A task that has announced that operation may have to wait for it.
    #[inline]
    pub(super) fn enlist(&mut self, operation: Operation, task: TaskId) {
        let (list, is_awaited) = self.list(operation);
        list.insert(task);
        *is_awaited = true;
    }

    /// It no longer does.
    #[inline]
    pub(super) fn strike(&mut self, operation: Operation, task: TaskId) {
        let (list, is_awaited) = self.list(operation);
        list.remove(task);
        *is_awaited = !list.is_empty();
    }

    /// Those who wait for it alike, or the others, for a task with that operation; and whether there is any.
    #[inline]
    const fn list(&mut self, operation: Operation) -> (&mut TaskSet, &mut bool) {
        if Self::is_awaited_alike(operation) {
            (&mut self.waiting, &mut self.is_awaited_alike)
        } else {
            (&mut self.interested, &mut self.is_awaited_otherwise)
        }
    }
}

/// Makes the state of an object of a list of kinds, each with its [`Model`], and asks whichever it is.
macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident: $variant:ident($model:ty)),+ $(,)?) => {
        /// The state of an object, by kind; each variant is the primitive's own file in `native/`.
        #[derive(Debug)]
        pub(crate) enum State {
            /// Nothing that decides who can go on.
            Stateless,
            $($(#[$meta])* $variant($model),)+
        }

        /// What a [`Model`] answers, of whichever this is.
        impl State {
            /// As it was before all that is in `log`.
            pub(super) fn at_first(&self, log: &mut dyn Iterator<Item = &Event>) -> Self {
                match self {
                    Self::Stateless => Self::Stateless,
                    $(Self::$variant(model) => Self::$variant(model.at_first(log)),)+
                }
            }

            /// Whether the operation can happen.
            #[inline]
            pub(super) fn admits(&self, asked: &Asked<'_>) -> bool {
                match self {
                    Self::Stateless => true,
                    $(Self::$variant(model) => Model::admits(model, asked),)+
                }
            }

            /// Does what the event did.
            #[inline]
            pub(super) fn apply(&mut self, event: &Event) {
                match self {
                    Self::Stateless => {}
                    $(Self::$variant(model) => model.apply(event),)+
                }
            }

            /// Who has to act before the operation can happen, where that is known.
            pub(super) fn holders(&self, asked: &Asked<'_>) -> Tasks {
                match self {
                    Self::Stateless => Tasks::new(),
                    $(Self::$variant(model) => model.holders(asked),)+
                }
            }

            /// Who has it.
            pub(super) fn owners(&self) -> Tasks {
                match self {
                    Self::Stateless => Tasks::new(),
                    $(Self::$variant(model) => model.owners(),)+
                }
            }

            $(
                /// Reads the state as one kind; a wrong kind is a bug of this crate.
                #[inline]
                pub(crate) fn $name(&mut self) -> &mut $model {
                    match self {
                        Self::$variant(model) => model,
                        other => unreachable!("a bug in bohrbug-sync: {other:?} is no {}", stringify!($name)),
                    }
                }
            )+
        }

        impl Ctx {
            $(
                #[inline(always)]
                pub(crate) fn $name<R>(self, object: ObjectId, f: impl FnOnce(&mut $model) -> R) -> R {
                    self.state(object, |state| f(state.$name()))
                }
            )+
        }
    };
}

kinds! {
    mutex: Mutex(native::mutex::Mutex),
    rwlock: RwLock(native::rwlock::RwLock),
    condvar: Condvar(native::condvar::Condvar),
    barrier: Barrier(native::barrier::Barrier),
    once: Once(native::once::Once),
    channel: Channel(native::mpsc::Channel),
    thread: Thread(native::thread::Thread),
    futex: Futex(native::futex::Futex),
    semaphore: Semaphore(native::semaphore::Semaphore),
}

impl State {
    /// What [`Object::is_open`] and [`Object::keeper`] say of the kinds that they do not know: nothing, so that a lock that is
    /// waited for like a mutex is not granted while it is held.
    #[cold]
    fn not_awaited_alike(&self) -> ! {
        match self {
            Self::Mutex(_)
            | Self::Thread(_)
            | Self::Stateless
            | Self::RwLock(_)
            | Self::Condvar(_)
            | Self::Barrier(_)
            | Self::Once(_)
            | Self::Channel(_)
            | Self::Futex(_)
            | Self::Semaphore(_) => unreachable!("a bug in bohrbug-sync: {self:?} is not awaited alike"),
        }
    }

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
