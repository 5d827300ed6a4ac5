//! Vector clocks: how many steps of each task happened before.

use super::procs::Proc;

/// So many tasks have their numbers in the clock itself.
const FEW: usize = 8;

/// For each task, how many of its steps happened before; absent ones count as 0.
///
/// Every step has two clocks, and mostly there are few tasks: the first numbers are copied and joined all at once.
#[derive(Debug, Default)]
pub(super) struct Clock {
    first: [u32; FEW],
    rest: Vec<u32>,
}

impl Clone for Clock {
    #[inline]
    fn clone(&self) -> Self {
        let rest = if self.rest.is_empty() { Vec::new() } else { self.rest.clone() };
        Self { first: self.first, rest }
    }
}

impl Clock {
    #[inline]
    pub(super) fn get(&self, proc: Proc) -> u32 {
        match self.first.get(proc.index()) {
            Some(&steps) => steps,
            None => self.rest.get(proc.index() - FEW).copied().unwrap_or(0),
        }
    }

    #[inline]
    pub(super) fn set(&mut self, proc: Proc, steps: u32) {
        match self.first.get_mut(proc.index()) {
            Some(place) => *place = steps,
            None => {
                let place = proc.index() - FEW;
                if self.rest.len() <= place {
                    self.rest.resize(place + 1, 0);
                }
                self.rest[place] = steps;
            }
        }
    }

    /// What happened before either.
    #[inline]
    pub(super) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.first.iter_mut().zip(&other.first) {
            *mine = (*mine).max(*theirs);
        }
        if !other.rest.is_empty() {
            self.join_rest(&other.rest);
        }
    }

    fn join_rest(&mut self, theirs: &[u32]) {
        if self.rest.len() < theirs.len() {
            self.rest.resize(theirs.len(), 0);
        }
        for (mine, theirs) in self.rest.iter_mut().zip(theirs) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Tells of every task that has a step here, with their number.
    #[inline]
    pub(super) fn each(&self, mut tell: impl FnMut(Proc, u32)) {
        let mut tell = |proc: usize, steps: u32| {
            if steps > 0 {
                tell(Proc(proc as u32), steps);
            }
        };
        self.first.iter().enumerate().for_each(|(proc, &steps)| tell(proc, steps));
        self.rest.iter().enumerate().for_each(|(place, &steps)| tell(FEW + place, steps));
    }
}
