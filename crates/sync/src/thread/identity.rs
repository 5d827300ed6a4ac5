//! A thread, as others see it: its name, its identity, its token.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use bohrbug_events::TaskId;

use super::park::unpark;
use crate::ambient::ambient;

/// A thread, as others see it.
#[derive(Clone)]
pub struct Thread(Identity);

/// Not much larger than std's: there are crates that look.
#[derive(Clone)]
enum Identity {
    Plain(std::thread::Thread),
    Unnamed { task: TaskId, epoch: u64 },
    Named(Arc<Named>),
}

const _: () = assert!(size_of::<Option<Thread>>() <= 2 * size_of::<u64>());

struct Named {
    task: TaskId,
    epoch: u64,
    name: Arc<str>,
}

/// The name of a thread in its own process or execution; never recorded. In an execution it follows from the order of the
/// spawns, so that it is the same whenever the execution is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(IdInner);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum IdInner {
    Plain(std::thread::ThreadId),
    Controlled(u32),
}

impl Thread {
    pub(crate) fn of_task(epoch: u64, task: TaskId, name: Option<Arc<str>>) -> Self {
        Self(match name {
            None => Identity::Unnamed { task, epoch },
            Some(name) => Identity::Named(Arc::new(Named { task, epoch, name })),
        })
    }

    pub(crate) const fn plain(thread: std::thread::Thread) -> Self {
        Self(Identity::Plain(thread))
    }

    /// The thread's name.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Identity::Plain(thread) => thread.name(),
            Identity::Unnamed { task, .. } => (*task == TaskId::MAIN).then_some("main"),
            Identity::Named(named) => Some(if named.task == TaskId::MAIN { "main" } else { &named.name }),
        }
    }

    /// What tells the thread from others.
    #[expect(clippy::disallowed_methods, reason = "outside executions this is std's; it is never recorded")]
    pub fn id(&self) -> ThreadId {
        match &self.0 {
            Identity::Plain(thread) => ThreadId(IdInner::Plain(thread.id())),
            Identity::Unnamed { task, .. } => ThreadId(IdInner::Controlled(task.0)),
            Identity::Named(named) => ThreadId(IdInner::Controlled(named.task.0)),
        }
    }

    /// Makes the thread's token available: it need not wait at its next [`park`](super::park).
    #[track_caller]
    pub fn unpark(&self) {
        let (epoch, task) = match &self.0 {
            Identity::Plain(thread) => return thread.unpark(),
            Identity::Unnamed { task, epoch } => (*epoch, *task),
            Identity::Named(named) => (named.epoch, named.task),
        };
        match ambient() {
            Some(x) if x.epoch() == epoch => unpark(x, task, Location::caller()),
            _ => panic!("a thread was unparked from outside the execution that it belongs to"),
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// The calling thread.
pub fn current() -> Thread {
    match ambient() {
        None => Thread::plain(std::thread::current()),
        Some(x) => {
            let task = x.current();
            Thread::of_task(x.epoch(), task, x.task(task, |row| row.name.clone()))
        }
    }
}
