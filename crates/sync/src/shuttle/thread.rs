//! shuttle's threads.
//!
//! shuttle has no scheduling point before `park`, so some orders of arrival and some lost tokens are never seen there; a
//! point put before it restores them. Its parked threads may wake for no reason, so a parked task looks at its token
//! again.

use std::cell::RefCell;
use std::fmt;

use ::shuttle::thread as theirs;

use crate::control::Ctx;

/// A thread as others join and unpark it.
#[derive(Default)]
pub(crate) struct Thread {
    handle: RefCell<Option<theirs::JoinHandle<()>>>,
    thread: RefCell<Option<theirs::Thread>>,
}

impl Thread {
    /// Spawns a shuttle thread that runs `body`.
    pub(crate) fn spawn(&self, stack_size: usize, body: impl FnOnce() + Send + 'static) {
        let builder = theirs::Builder::new().stack_size(stack_size);
        let handle = builder.spawn(body).unwrap_or_else(|error| panic!("shuttle could not spawn a thread: {error}"));
        *self.thread.borrow_mut() = Some(handle.thread().clone());
        *self.handle.borrow_mut() = Some(handle);
    }

    /// The calling thread is this one.
    pub(crate) fn enter(&self) {
        self.thread.borrow_mut().get_or_insert_with(theirs::current);
    }

    pub(crate) fn join(&self) {
        let handle = self.handle.borrow_mut().take();
        if let Some(handle) = handle {
            // What became of the thread is in our own packet.
            let _ = handle.join();
        }
    }

    /// Waits until `x` says that the current task can go on.
    pub(crate) fn park(&self, x: Ctx) {
        let me = x.current();
        super::pause();
        x.set_current(me);
        while !x.execution().enabled(me) && !x.stopping() {
            theirs::park();
            x.set_current(me);
        }
    }

    pub(crate) fn unpark(&self) {
        let thread = self.thread.borrow().clone();
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle Thread")
    }
}
