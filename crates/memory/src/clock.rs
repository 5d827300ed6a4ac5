//! Vector clocks: for each task, how many of its events happen before something.

use smallvec::SmallVec;

/// How many events of each task happen before something: a prefix of each task.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Clock(Entries);

/// One entry a task; few programs have more tasks than fit without an allocation.
pub(crate) type Entries = SmallVec<[u32; 8]>;

impl Clone for Clock {
    #[inline]
    fn clone(&self) -> Self {
        Self(Entries::from_slice(&self.0))
    }
}

impl Clock {
    /// How many events of that task happen before.
    #[inline]
    pub(crate) fn get(&self, task: usize) -> u32 {
        self.0.get(task).copied().unwrap_or(0)
    }

    /// From now on so many events of that task happen before, at least.
    #[inline]
    pub(crate) fn reach(&mut self, task: usize, events: u32) {
        while self.0.len() <= task {
            self.0.push(0);
        }
        self.0[task] = self.0[task].max(events);
    }

    /// From now on what happens before `other` happens before this, too; whether anything is new.
    #[inline]
    pub(crate) fn join(&mut self, other: &[u32]) -> bool {
        let mut is_new = false;
        for (known, other) in self.0.iter_mut().zip(other) {
            is_new |= *other > *known;
            *known = (*known).max(*other);
        }
        if let Some(more) = other.get(self.0.len()..).filter(|more| !more.is_empty()) {
            is_new |= more.iter().any(|events| *events > 0);
            self.0.extend_from_slice(more);
        }
        is_new
    }

    /// Whether `other` has more of any task.
    #[inline]
    pub(crate) fn is_less_than(&self, other: &[u32]) -> bool {
        other.iter().enumerate().any(|(task, events)| *events > self.get(task))
    }

    #[inline]
    pub(crate) fn become_like(&mut self, other: &Self) {
        self.0.clear();
        self.0.extend_from_slice(&other.0);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// Each task of which it has events, with how many.
    #[inline]
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = (usize, u32)> {
        self.0.iter().copied().enumerate().filter(|(_, events)| *events > 0)
    }
}

/// Clocks that are kept to the end of an execution, one behind the other in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Vec<u32>);

/// A clock that was kept; the default is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptClock {
    start: u32,
    len: u32,
}

impl Kept {
    #[inline]
    pub(crate) fn keep(&mut self, clock: &[u32]) -> KeptClock {
        let start = self.0.len() as u32;
        self.0.extend_from_slice(clock);
        KeptClock { start, len: clock.len() as u32 }
    }

    #[inline]
    pub(crate) fn get(&self, kept: KeptClock) -> &[u32] {
        &self.0[kept.start as usize..][..kept.len as usize]
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
