//! The lock model: one lock an object, re-entered by the request that has it, and the objects that opt out.
//!
//! A request carries a [`Context`]. The context, not the thread, is the owner: a handler that is called with an object
//! locked can call another that locks it again. Where a request goes on as a task, the thread goes with it, so the
//! lock has no gap between the handler and the task (`task.rs`).
//!
//! Departure: the original keeps the locks in a map beside the objects, behind the registry's mutex. Here a lock is in
//! its object: the same exclusion, one step less for whoever enumerates interleavings.

use bohrbug_sync::{Mutex, PoisonError, label};

use crate::reference::Ref;

/// Who a request is, and which objects it has locked.
#[derive(Debug)]
pub struct Context {
    held: Vec<Ref>,
    session: bool,
}

impl Context {
    /// A request within a session.
    pub fn new() -> Self {
        Self { held: Vec::new(), session: true }
    }

    /// A request without a session: it may ask, and is answered that it is not authenticated.
    pub fn without_session() -> Self {
        Self { held: Vec::new(), session: false }
    }

    /// Whether the request is within a session.
    pub fn has_session(&self) -> bool {
        self.session
    }

    /// Runs `body` with the object locked; at once when this request has it locked already.
    #[track_caller]
    pub(crate) fn with_lock<R>(&mut self, lock: &ObjectLock, body: impl FnOnce(&mut Self) -> R) -> R {
        match &lock.exclusion {
            Exclusion::Owned(mutex) if !self.held.contains(&lock.object) => {
                let _guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
                self.held.push(lock.object);
                let result = body(self);
                self.held.pop();
                result
            }
            Exclusion::Owned(_) | Exclusion::OptedOut => body(self),
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

/// An object's lock.
#[derive(Debug)]
pub(crate) struct ObjectLock {
    object: Ref,
    exclusion: Exclusion,
}

#[derive(Debug)]
enum Exclusion {
    /// One request at a time.
    Owned(Mutex<()>),
    /// Nobody waits for anybody: locking does nothing at all.
    OptedOut,
}

impl ObjectLock {
    /// The lock of an object.
    pub(crate) fn new(object: Ref) -> Self {
        let mutex = Mutex::new(());
        label(&mutex, format_args!("{object}"));
        Self { object, exclusion: Exclusion::Owned(mutex) }
    }

    /// The lock of an object that takes none. It looks like a lock at every place where it is taken.
    pub(crate) fn opted_out(object: Ref) -> Self {
        Self { object, exclusion: Exclusion::OptedOut }
    }
}
