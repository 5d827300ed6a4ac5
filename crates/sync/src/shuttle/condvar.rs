//! shuttle's condition variable.
//!
//! A wait of ours is two events, and by the first of them the task waits and has released the mutex. shuttle's has a
//! scheduling point in between, before the release, so the scheduler is told to stay with the task there.
//!
//! shuttle's knows neither timeouts nor wake-ups for no reason. A task that may have either does not sleep in it: it can
//! be chosen at any time, and is woken by that. Whatever else wakes a task, it looks at the object's own state and goes
//! back if that does not let it go on.

use std::fmt;

use ::shuttle::sync as theirs;

use super::Mutex;
use crate::control::Ctx;

#[derive(Default)]
pub(crate) struct Condvar {
    condvar: theirs::Condvar,
}

impl Condvar {
    /// Waits until the current task's announced wake-up can happen, or the execution is stopping. It gives the mutex
    /// back meanwhile, and has it again at the end.
    pub(crate) fn wait(&self, x: Ctx, mutex: &Mutex) {
        let me = x.current();
        loop {
            x.stay();
            if x.wakes_by_itself(me) {
                mutex.unlock();
                x.take_stay();
                super::pause();
                mutex.lock();
            } else {
                self.sleep(mutex);
                x.take_stay();
            }
            x.set_current(me);
            if x.stopping() || x.wakes_by_itself(me) || has_woken(x) {
                return;
            }
        }
    }

    fn sleep(&self, mutex: &Mutex) {
        let Some(guard) = mutex.take() else {
            unreachable!("a bug in bohrbug-sync: a task waits with a mutex that it does not hold");
        };
        mutex.put(self.condvar.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    pub(crate) fn notify_one(&self) {
        self.condvar.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.condvar.notify_all();
    }

    /// Lets everybody who sleeps here look whether they can go on.
    pub(crate) fn rescue(&self) {
        self.condvar.notify_all();
    }
}

/// Whether the current task, which has announced that it wakes, has been notified.
fn has_woken(x: Ctx) -> bool {
    let me = x.current();
    x.condvar(x.pending(me).object, |condvar| condvar.has_woken(me))
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shuttle Condvar")
    }
}
