//! Vector clocks: how many steps of each task happened before.

use smallvec::SmallVec;

use super::procs::Proc;

/// For each task, how many of its steps happened before; absent ones count as 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Clock(SmallVec<[u32; 8]>);

impl Clone for Clock {
    /// All at once: a vector's own clone goes from one number to the next, and every step has two clocks.
    fn clone(&self) -> Self {
        Self(SmallVec::from_slice(&self.0))
    }
}

impl Clock {
    pub(super) fn get(&self, proc: Proc) -> u32 {
        self.0.get(proc.index()).copied().unwrap_or(0)
    }

    pub(super) fn set(&mut self, proc: Proc, steps: u32) {
        if self.0.len() <= proc.index() {
            self.0.resize(proc.index() + 1, 0);
        }
        self.0[proc.index()] = steps;
    }

    /// What happened before either.
    pub(super) fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Every task that has a step here, with their number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Proc, u32)> {
        let all = self.0.iter().enumerate();
        all.filter(|(_, steps)| **steps > 0).map(|(proc, steps)| (Proc(proc as u32), *steps))
    }
}
