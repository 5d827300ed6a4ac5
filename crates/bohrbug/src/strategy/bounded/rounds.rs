//! How far a search has come.

use std::cell::Cell;
use std::rc::Rc;

/// How far a [`Bounded`](super::Bounded) search has come; shared with whoever looks at it.
///
/// ```
/// use bohrbug::strategy::Bounded;
///
/// let rounds = Bounded::at_most(2).rounds();
/// assert_eq!((rounds.bound(), rounds.completed()), (0, None));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rounds(Rc<Cell<State>>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) bound: u32,
    pub(super) completed: Option<u32>,
    pub(super) cut: bool,
}

impl Rounds {
    /// How many preemptions the executions of this round have.
    pub fn bound(&self) -> u32 {
        self.0.get().bound
    }

    /// The largest number such that every schedule with at most so many preemptions is known to have run.
    pub fn completed(&self) -> Option<u32> {
        self.0.get().completed
    }

    /// Whether a branch was left out for good, since the last bound had no preemption left for it.
    pub(super) fn is_cut(&self) -> bool {
        self.0.get().cut
    }

    pub(super) fn set(&self, set: impl FnOnce(&mut State)) {
        let mut state = self.0.get();
        set(&mut state);
        self.0.set(state);
    }
}
