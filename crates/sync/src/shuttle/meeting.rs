//! Waiting for what shuttle has no fitting primitive for.
//!
//! A task that has to wait sleeps as a future of shuttle's does, until whoever changes the object calls it. A call is no
//! scheduling point; that the caller of a wait is chosen to go on is one.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use ::shuttle::future::block_on;

use crate::control::Ctx;

/// Where tasks wait until an object lets them go on.
#[derive(Default)]
pub(crate) struct Meeting {
    asleep: RefCell<Vec<Waker>>,
}

impl Meeting {
    /// Waits until what the current task has announced can happen.
    pub(crate) fn wait(&self, x: Ctx) {
        let me = x.current();
        if x.enabled(me) {
            // Nothing keeps it, but others may go first, and what they do may keep it.
            super::pause();
        }
        block_on(poll_fn(|context| {
            if x.enabled(me) || x.stopping() {
                return Poll::Ready(());
            }
            self.asleep.borrow_mut().push(context.waker().clone());
            Poll::Pending
        }));
        x.set_current(me);
    }

    /// Forgets who has waited here.
    pub(super) fn retire(&mut self) {
        self.asleep.get_mut().clear();
    }

    /// Calls everybody who waits; they look for themselves whether they can go on.
    pub(crate) fn call(&self) {
        for waker in self.asleep.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle meeting point")
    }
}
