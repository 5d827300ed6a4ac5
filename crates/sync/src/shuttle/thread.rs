//! shuttle's threads.
//!
//! shuttle has no scheduling point before `park`, so some orders of arrival and some lost tokens are never seen there, and
//! its parked threads may wake for no reason whenever the scheduler likes. So a task parks at a meeting point instead.

use std::cell::RefCell;
use std::fmt;

use ::shuttle::thread as theirs;

use super::Meeting;

/// What waits for a shuttle thread's end.
pub(crate) type JoinHandle = theirs::JoinHandle<()>;

/// Lets others run, and then makes a shuttle thread that will run `body`.
pub(crate) fn spawn(stack_size: usize, body: impl FnOnce() + Send + 'static) -> JoinHandle {
    let builder = theirs::Builder::new().stack_size(stack_size);
    builder.spawn(body).unwrap_or_else(|error| panic!("shuttle could not spawn a thread: {error}"))
}

/// A thread as others join and unpark it.
#[derive(Default)]
pub(crate) struct Thread {
    handle: RefCell<Option<JoinHandle>>,
    parked: Meeting,
}

impl Thread {
    /// Remembers the handle of the shuttle thread.
    pub(crate) fn set_handle(&self, handle: JoinHandle) {
        self.handle.replace(Some(handle));
    }

    /// Forgets the shuttle thread, for another to come.
    pub(super) fn retire(&mut self) {
        let Self { handle, parked } = self;
        handle.take();
        parked.retire();
    }

    pub(crate) fn join(&self) {
        let handle = self.handle.borrow_mut().take();
        if let Some(handle) = handle {
            // What became of the thread is in our own packet.
            let _ = handle.join();
        }
    }

    /// Where the thread waits for its token.
    pub(crate) const fn parked(&self) -> &Meeting {
        &self.parked
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle Thread")
    }
}
