//! Where tasks wait for what the shadow knows and shuttle does not.
//!
//! A waiting task receives from a channel of shuttle's that never carries anything, and is woken by the drop of its
//! sender. shuttle's own `park` would not do: it may return for no reason whenever the scheduler likes, so that waiting
//! for a condition in a loop never ends under an exhaustive search. And a drop is no scheduling point, so a task that is
//! unwinding can wake others.

use std::cell::RefCell;

use ::shuttle::sync::mpsc::{Sender, channel};

use super::pause;
use crate::control::Ctx;

#[derive(Default)]
pub(crate) struct Meeting {
    waiting: RefCell<Vec<Sender<()>>>,
}

impl Meeting {
    /// A scheduling point, and a wait until the current task can go on or the execution is over.
    pub(crate) fn wait(&self, x: Ctx) {
        let me = x.current();
        let mut paused = false;
        loop {
            if x.execution().enabled(me) || x.stopping() {
                if paused {
                    return;
                }
                pause();
            } else {
                let (sender, receiver) = channel();
                self.waiting.borrow_mut().push(sender);
                let _ = receiver.recv();
            }
            paused = true;
            x.set_current(me);
        }
    }

    /// Lets those who wait look again.
    pub(crate) fn wake(&self) {
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        drop(waiting);
    }
}
