//! The search for an order that explains a history.

use std::collections::BTreeSet;

use super::{Call, Specification};

/// Whether some order of the calls explains what those that returned did return.
pub(super) fn is_explained<S: Specification>(specification: &S, calls: &[Call<S::Operation, S::Outcome>]) -> bool {
    let mut search = Search { specification, calls, made: vec![false; calls.len()], tried: BTreeSet::new() };
    search.goes_on(&S::State::default())
}

struct Search<'a, S: Specification> {
    specification: &'a S,
    calls: &'a [Call<S::Operation, S::Outcome>],
    /// The calls that are in the order so far.
    made: Vec<bool>,
    /// The sets of calls and the states that they led to, from which there was no way on.
    tried: BTreeSet<(Vec<bool>, S::State)>,
}

impl<S: Specification> Search<'_, S> {
    /// Whether the order so far, which leads to that state, can be completed.
    fn goes_on(&mut self, state: &S::State) -> bool {
        let rest = (0..self.calls.len()).filter(|&place| !self.made[place]);
        let Some(first_return) = rest.filter_map(|place| self.calls[place].returned).min() else {
            // Those that are left have not returned, and need not have taken effect.
            return true;
        };
        if !self.tried.insert((self.made.clone(), state.clone())) {
            return false;
        }
        for place in 0..self.calls.len() {
            if self.made[place] || self.calls[place].invoked > first_return {
                continue;
            }
            let mut after = state.clone();
            let outcome = self.specification.apply(&mut after, &self.calls[place].operation);
            if self.calls[place].outcome.as_ref().is_some_and(|seen| *seen != outcome) {
                continue;
            }
            self.made[place] = true;
            if self.goes_on(&after) {
                return true;
            }
            self.made[place] = false;
        }
        false
    }
}
