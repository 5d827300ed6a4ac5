//! Paths of decisions, the log of them that a round keeps for the next, and the branches that this one makes of it.

use std::collections::VecDeque;

/// One decision: its alternatives stand in a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) taken: u32,
    pub(super) alternatives: u32,
    /// The first that is taken; the `free` ones from there on are no preemptions, the others are.
    pub(super) first: u32,
    pub(super) free: u32,
}

impl Decision {
    pub(super) const fn free(first: u32, free: u32, alternatives: u32) -> Self {
        Self { taken: first, alternatives, first, free }
    }

    /// The alternative that is `n` after the first.
    const fn nth(self, n: u32) -> u32 {
        (self.first + n) % self.alternatives
    }

    /// How many are before the one that is taken.
    const fn place(self) -> u32 {
        (self.taken + self.alternatives - self.first) % self.alternatives
    }

    /// Goes on to the next one that is no preemption, unless this is one.
    pub(super) const fn advance(&mut self) -> bool {
        let next = self.place() + 1;
        let more = next < self.free;
        if more {
            self.taken = self.nth(next);
        }
        more
    }

    pub(super) const fn is_same_but_for_taken(self, other: Self) -> bool {
        self.alternatives == other.alternatives && self.first == other.first && self.free == other.free
    }
}

/// Paths in the order in which they were run, each without what it shares with the one before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Of each path: how much it shares, how long it is, and where the part begins that no path before it had.
    paths: VecDeque<(usize, usize, usize)>,
    decisions: VecDeque<Decision>,
    /// The path that was pushed or popped last.
    pub(super) path: Vec<Decision>,
}

impl Log {
    pub(super) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    pub(super) fn push(&mut self, path: &[Decision], new: usize) {
        let shared = self.path.iter().zip(path).take_while(|(old, new)| old == new).count();
        self.path.truncate(shared);
        self.path.extend_from_slice(&path[shared..]);
        self.decisions.extend(&path[shared..]);
        self.paths.push_back((shared, path.len(), new));
    }

    /// The first path, now in `path`; where its new part begins.
    pub(super) fn pop(&mut self) -> Option<usize> {
        let (shared, length, new) = self.paths.pop_front()?;
        self.path.truncate(shared);
        self.path.extend(self.decisions.drain(..length - shared));
        Some(new)
    }
}

/// The branches off one path at the cost of a preemption.
#[derive(Clone, Debug, Default)]
pub(super) struct Branches {
    path: Vec<Decision>,
    /// The decision whose alternatives come next, and the next of them, counted from the first that is not free.
    at: usize,
    next: u32,
    /// The length of the branch that was made last.
    pub(super) end: usize,
}

impl Branches {
    pub(super) const fn of(path: Vec<Decision>, new: usize) -> Self {
        Self { path, at: new, next: 0, end: 0 }
    }

    /// Makes `path` the next branch; its length.
    pub(super) fn next(&mut self, path: &mut Vec<Decision>) -> Option<usize> {
        while let Some(&decision) = self.path.get(self.at) {
            let place = decision.free + self.next;
            if place < decision.alternatives {
                self.next += 1;
                self.end = self.at + 1;
                path.clear();
                path.extend_from_slice(&self.path[..self.at]);
                path.push(Decision { taken: decision.nth(place), ..decision });
                return Some(self.end);
            }
            (self.at, self.next) = (self.at + 1, 0);
        }
        None
    }
}
