//! A semaphore of real threads: the line behind std's mutex, and a condition variable to wait at.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Semaphore;
use super::errors::{Refused, TryAcquireError};
use super::line::{Found, Line};

pub(super) struct Plain {
    inside: Mutex<Inside>,
    changed: Condvar,
}

struct Inside {
    line: Line<u64>,
    /// How many have stood in line.
    came: u64,
}

impl Plain {
    pub(super) const fn new(permits: usize) -> Self {
        Self { inside: Mutex::new(Inside { line: Line::new(permits), came: 0 }), changed: Condvar::new() }
    }

    /// What nobody can leave half changed cannot be poisoned.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::disallowed_methods, reason = "these threads are real, and so is their time")]
    pub(super) fn take(&self, permits: usize, timeout: Option<Duration>) -> Result<(), Refused> {
        let mut inside = self.inside();
        let me = inside.came;
        inside.came += 1;
        match inside.line.take_or_wait(me, permits) {
            Found::Enough => return Ok(()),
            Found::Closed => return Err(Refused::Closed),
            Found::TooFew => {}
        }
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let answer = inside.line.answer(me);
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let ended = match (answer, left) {
                (Some(Found::Enough), _) => Some(Ok(())),
                (Some(_), _) => Some(Err(Refused::Closed)),
                (None, Some(Duration::ZERO)) => Some(Err(Refused::TimedOut)),
                (None, _) => None,
            };
            if let Some(ended) = ended {
                inside.line.leave(me);
                // What was given back may be enough for the next.
                self.changed.notify_all();
                return ended;
            }
            inside = match left {
                Some(left) => self.changed.wait_timeout(inside, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    pub(super) fn try_take(&self, permits: usize) -> Result<(), TryAcquireError> {
        match self.inside().line.try_take(permits) {
            Found::Enough => Ok(()),
            Found::TooFew => Err(TryAcquireError::NoPermits),
            Found::Closed => Err(TryAcquireError::Closed),
        }
    }

    pub(super) fn give(&self, permits: usize) {
        let mut inside = self.inside();
        let fits = permits <= Semaphore::MAX_PERMITS - inside.line.permits().min(Semaphore::MAX_PERMITS);
        assert!(fits, "a semaphore cannot have more than MAX_PERMITS permits");
        inside.line.add(permits);
        self.changed.notify_all();
    }

    pub(super) fn forget(&self, permits: usize) -> usize {
        self.inside().line.forget(permits)
    }

    /// The permits that can be had now, and whether it is closed.
    pub(super) fn look(&self) -> (usize, bool) {
        let inside = self.inside();
        (inside.line.permits(), inside.line.is_closed())
    }

    pub(super) fn close(&self) {
        self.inside().line.close();
        self.changed.notify_all();
    }
}
