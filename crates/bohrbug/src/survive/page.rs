//! What is written down of a running execution, as it lies in memory that outlives the process.
//!
//! Every field is an atomic that one thread writes with plain stores, so that whatever ends the process, and whenever, what
//! lies there is a state between two of them: an entry is stored before it is counted.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

use bohrbug_trace::TaskId;

use super::death::Death;

/// The first bytes of a journal: stored last, so that a file that has them is whole.
const MAGIC: u64 = u64::from_le_bytes(*b"bohrjrn1");

/// Room for what is explored, as text.
const ABOUT: usize = 64 << 10;

/// Room for the decisions of one execution.
const ROOM: usize = 1 << 18;

/// A decision of the scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Who acts next, where several could.
    Task(u32),
    /// What a choice comes to.
    Value(u32),
}

impl Decision {
    /// Numbers of tasks and of alternatives are far below this.
    const VALUE: u32 = 1 << 31;

    pub(super) const fn encoded(self) -> u32 {
        match self {
            Self::Task(task) => task,
            Self::Value(value) => value | Self::VALUE,
        }
    }

    pub(super) const fn decoded(entry: u32) -> Self {
        if entry & Self::VALUE == 0 { Self::Task(entry) } else { Self::Value(entry & !Self::VALUE) }
    }
}

/// The layout.
#[repr(C)]
pub(super) struct Page {
    magic: AtomicU64,
    /// How the process came to its end, if anybody could say so.
    died: AtomicU64,
    /// Whether an execution is under way.
    running: AtomicU64,
    /// Its number, from 0.
    number: AtomicU64,
    /// How many have come to their end.
    complete: AtomicU64,
    /// Whether the execution goes on after a failure.
    goes_on: AtomicU64,
    decisions: AtomicU64,
    /// Whether there was no room for one.
    overflown: AtomicU64,
    about_length: AtomicU64,
    about: [AtomicU8; ABOUT],
    entries: [AtomicU32; ROOM],
}

/// How many bytes a journal has.
pub(super) const SIZE: usize = size_of::<Page>();

impl Page {
    /// It is whole from here on.
    pub(super) fn open(&self) {
        self.magic.store(MAGIC, Release);
    }

    /// Nothing is explored.
    pub(super) fn close(&self) {
        self.running.store(0, Release);
        self.about_length.store(0, Release);
        self.died.store(0, Release);
    }

    pub(super) fn is_open(&self) -> bool {
        self.magic.load(Acquire) == MAGIC
    }

    /// Says what is explored; whether there was room.
    pub(super) fn write_about(&self, text: &[u8]) -> bool {
        self.about_length.store(0, Release);
        if text.len() > ABOUT {
            return false;
        }
        for (place, byte) in self.about.iter().zip(text) {
            place.store(*byte, Relaxed);
        }
        self.about_length.store(text.len() as u64, Release);
        true
    }

    pub(super) fn about(&self) -> Vec<u8> {
        let length = (self.about_length.load(Acquire) as usize).min(ABOUT);
        self.about[..length].iter().map(|byte| byte.load(Relaxed)).collect()
    }

    /// Others begin, numbered anew.
    pub(super) fn start(&self) {
        self.complete.store(0, Release);
    }

    #[inline]
    pub(super) fn begin(&self, number: u64, goes_on: bool) {
        self.decisions.store(0, Release);
        self.overflown.store(0, Relaxed);
        self.goes_on.store(goes_on.into(), Relaxed);
        self.number.store(number, Relaxed);
        self.running.store(1, Release);
    }

    #[inline]
    pub(super) fn end(&self) {
        self.running.store(0, Release);
        self.complete.store(self.complete.load(Relaxed) + 1, Release);
    }

    #[inline]
    pub(super) fn push(&self, decision: Decision) {
        let count = self.decisions.load(Relaxed);
        match self.entries.get(count as usize) {
            Some(entry) => {
                entry.store(decision.encoded(), Relaxed);
                self.decisions.store(count + 1, Release);
            }
            None => self.overflow(),
        }
    }

    #[cold]
    fn overflow(&self) {
        self.overflown.store(1, Relaxed);
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Acquire) == 1
    }

    pub(super) fn number(&self) -> u64 {
        self.number.load(Relaxed)
    }

    pub(super) fn complete(&self) -> u64 {
        self.complete.load(Relaxed)
    }

    pub(super) fn goes_on(&self) -> bool {
        self.goes_on.load(Relaxed) == 1
    }

    pub(super) fn is_overflown(&self) -> bool {
        self.overflown.load(Relaxed) == 1
    }

    pub(super) fn count(&self) -> u64 {
        self.decisions.load(Acquire)
    }

    pub(super) fn decisions(&self) -> Vec<Decision> {
        let count = (self.count() as usize).min(ROOM);
        self.entries[..count].iter().map(|entry| Decision::decoded(entry.load(Relaxed))).collect()
    }

    pub(super) fn set_died(&self, death: Death) {
        self.died.store(death.encoded(), Release);
    }

    /// The process has not ended.
    pub(super) fn revive(&self) {
        self.died.store(0, Release);
    }

    pub(super) fn died(&self) -> Option<Death> {
        Death::decoded(self.died.load(Acquire))
    }
}

/// What a session writes with; used by the thread of its guard alone, and not after that is gone.
#[derive(Clone, Copy)]
pub(crate) struct Pen(&'static Page);

impl Pen {
    /// The page must outlive every use of the pen.
    pub(super) const fn new(page: &'static Page) -> Self {
        Self(page)
    }

    #[inline]
    pub(crate) fn begin(self, number: u64, goes_on: bool) {
        self.0.begin(number, goes_on);
    }

    #[inline]
    pub(crate) fn end(self) {
        self.0.end();
    }

    /// Who acts next, where several could.
    #[inline]
    pub(crate) fn decided(self, task: TaskId) {
        self.0.push(Decision::Task(task.0));
    }

    /// What a choice comes to.
    #[inline]
    pub(crate) fn chose(self, value: u32) {
        self.0.push(Decision::Value(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_read_as_it_is_written() {
        for decision in [Decision::Task(0), Decision::Task(70_000), Decision::Value(0), Decision::Value(u32::MAX >> 1)]
        {
            assert_eq!(Decision::decoded(decision.encoded()), decision);
        }
    }
}
