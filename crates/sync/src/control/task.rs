//! A task: one thread of the program under test.

use std::panic::Location;
use std::sync::Arc;

use bohrbug_events::{ObjectId, Operation, TaskId};

use super::Pending;
use super::notes::Notes;
use crate::local::Locals;

/// One thread of the program under test, in one execution.
///
/// What every step looks at comes first, and on one line of the cache: a hundred tasks that take turns need a hundred of them.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Task {
    /// What it will do next.
    pub(crate) pending: Pending,
    /// Whether what it has announced may have to wait. On native it then stands in the lists of interested tasks of the
    /// objects that it has announced an operation on.
    pub(crate) interested: bool,
    /// Whether its closure has returned and its last event was reported.
    pub(crate) finished: bool,
    /// Whether the clock has passed the deadline of its timed operation.
    pub(crate) expired: bool,
    /// The task as what others join, park and unpark.
    pub(crate) object: ObjectId,
    /// Who spawned it; itself for `main`.
    pub(crate) parent: TaskId,
    /// Where it was spawned.
    pub(crate) site: &'static Location<'static>,
    /// The name that the code gave it.
    pub(crate) name: Option<Arc<str>>,
    /// Releases of a foreign runtime's locks put off until the task no longer unwinds.
    pub(crate) deferred: Vec<(Operation, ObjectId)>,
    /// Its thread-local values.
    pub(crate) locals: Locals,
    /// The remarks of the code that it runs; the event of each has its number as its value.
    pub(crate) notes: Notes,
}

impl Default for Task {
    /// A row for tasks to come.
    #[track_caller]
    fn default() -> Self {
        Self {
            name: None,
            parent: TaskId::MAIN,
            site: Location::caller(),
            object: ObjectId::NONE,
            pending: Pending::new(Operation::Begin, ObjectId::NONE, Location::caller()),
            interested: false,
            finished: false,
            expired: false,
            deferred: Vec::new(),
            locals: Locals::default(),
            notes: Notes::default(),
        }
    }
}

impl Task {
    /// Makes the row that of a new task, which has announced its begin.
    #[inline(always)]
    pub(crate) fn renew(
        &mut self,
        new_name: Option<Arc<str>>,
        new_parent: TaskId,
        new_object: ObjectId,
        new_site: &'static Location<'static>,
    ) {
        let Self { name, parent, site, object, pending, interested, finished, expired, deferred, locals, notes } = self;
        *name = new_name;
        *parent = new_parent;
        *site = new_site;
        *object = new_object;
        *pending = Pending::new(Operation::Begin, new_object, new_site);
        (*interested, *finished, *expired) = (false, false, false);
        deferred.clear();
        notes.clear();
        *locals = Locals::default();
    }
}
