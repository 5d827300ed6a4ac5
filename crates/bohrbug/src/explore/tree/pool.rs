//! The parts of a search that are handed out, and what came of them.
//!
//! Whoever has nothing to do takes a part. Whoever comes to a part that another one is at takes a third one meanwhile, on top
//! of what it waits with. Nobody waits for ever: each waits for a part that was begun later, or with what was.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::explore::tally::Summary;
use crate::strategy::{Dpor, Ticket};

/// What the threads have in common.
#[derive(Debug, Default)]
pub(super) struct Pool {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// Whether somebody has nothing to do, and nothing is left to be taken.
    is_hungry: AtomicBool,
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct Inner {
    /// The number of the next part.
    next: Ticket,
    parts: BTreeMap<Ticket, Part>,
    /// How many threads have nothing to do.
    idle: usize,
    /// Executions have something in common.
    is_void: bool,
}

#[derive(Debug)]
enum Part {
    Waiting(Box<Dpor>),
    Running,
    /// It is of no use any more, and whoever is at it does not know yet.
    Unwanted,
    Ended(Box<Dpor>, Summary),
    Void,
}

/// What has become of a part.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Somebody is at it.
    Running,
    Ended(Box<Dpor>, Summary),
    /// Nobody has explored it.
    Unexplored,
}

impl Pool {
    /// Whether a part would be taken at once.
    pub(super) fn is_hungry(&self) -> bool {
        self.is_hungry.load(Ordering::Relaxed)
    }

    /// Whether nothing that is still explored counts.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Ends all threads.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Ends all threads, since executions have something in common.
    pub(super) fn make_void(&self) {
        self.lock().is_void = true;
        self.end();
    }

    pub(super) fn is_void(&self) -> bool {
        self.lock().is_void
    }

    /// Hands out a part, if there is one.
    pub(super) fn hand_out(&self, part: impl FnOnce(Ticket) -> Option<Dpor>) -> Option<Ticket> {
        let mut inner = self.lock();
        let ticket = inner.next;
        let part = part(ticket)?;
        inner.next += 1;
        inner.parts.insert(ticket, Part::Waiting(Box::new(part)));
        self.look(&inner);
        self.changed.notify_all();
        Some(ticket)
    }

    /// What has become of a part; what has ended is forgotten.
    pub(super) fn look_at(&self, ticket: Ticket) -> Outcome {
        let mut inner = self.lock();
        if let Some(Part::Running) = inner.parts.get(&ticket) {
            return Outcome::Running;
        }
        let part = inner.parts.remove(&ticket);
        self.look(&inner);
        match part {
            Some(Part::Ended(search, summary)) => Outcome::Ended(search, summary),
            _ => Outcome::Unexplored,
        }
    }

    /// A part that nobody is at, after waiting for one; `None` if it is over, or if the part that is `awaited` has ended.
    pub(super) fn take(&self, awaited: Option<Ticket>) -> Option<(Ticket, Box<Dpor>)> {
        let mut inner = self.lock();
        inner.idle += 1;
        let taken = loop {
            if self.is_over() || awaited.is_some_and(|ticket| !matches!(inner.parts.get(&ticket), Some(Part::Running)))
            {
                break None;
            }
            if let Some(taken) = inner.take() {
                break Some(taken);
            }
            self.look(&inner);
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        };
        inner.idle -= 1;
        self.look(&inner);
        taken
    }

    /// What came of a part; nothing if it has to be explored by whom it is a part of.
    pub(super) fn give_back(&self, ticket: Ticket, ended: Option<(Box<Dpor>, Summary)>) {
        let mut inner = self.lock();
        match inner.parts.get_mut(&ticket) {
            Some(part @ Part::Running) => {
                *part = ended.map_or(Part::Void, |(search, summary)| Part::Ended(search, summary))
            }
            _ => drop(inner.parts.remove(&ticket)),
        }
        self.changed.notify_all();
    }

    /// What comes of these is of no use.
    pub(super) fn disown(&self, tickets: impl Iterator<Item = Ticket>) {
        let mut inner = self.lock();
        for ticket in tickets {
            match inner.parts.get_mut(&ticket) {
                Some(part @ Part::Running) => *part = Part::Unwanted,
                _ => drop(inner.parts.remove(&ticket)),
            }
        }
        self.look(&inner);
    }

    /// Whether somebody wants to know what comes of a part.
    pub(super) fn is_wanted(&self, ticket: Ticket) -> bool {
        matches!(self.lock().parts.get(&ticket), Some(Part::Running))
    }

    fn look(&self, inner: &Inner) {
        let is_left = inner.parts.values().any(|part| matches!(part, Part::Waiting(_)));
        self.is_hungry.store(inner.idle > 0 && !is_left, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The part that was handed out first: it is likely to be the largest.
    fn take(&mut self) -> Option<(Ticket, Box<Dpor>)> {
        self.parts.iter_mut().find_map(|(&ticket, part)| {
            if !matches!(part, Part::Waiting(_)) {
                return None;
            }
            let Part::Waiting(search) = std::mem::replace(part, Part::Running) else { return None };
            Some((ticket, search))
        })
    }
}
