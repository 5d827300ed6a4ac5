//! What the state of a primitive answers: one pure state machine a primitive, for whoever asks.
//!
//! The primitives change it by the events that they report, a search that exchanges operations plays events on a new one
//! (`control/rehearsal.rs`), enabledness and deadlocks are read off it (`control/ready.rs`, `control/stuck.rs`). So what an
//! event does is said once. What has no event (a sender that is cloned, a poison that is cleared) are methods of their own.

use bohrbug_events::TaskId;
use smallvec::SmallVec;

use crate::control::{Event, Pending, State};

/// A few tasks.
pub(crate) type Tasks = SmallVec<[TaskId; 2]>;

/// An operation that a task has announced, and what it may wait for besides the object itself.
pub(crate) struct Asked<'a> {
    pub(crate) task: TaskId,
    pub(crate) pending: &'a Pending,
    /// The state of the second object, if there is one.
    pub(crate) other: Option<&'a State>,
    /// Whether a wait may end without a reason.
    pub(crate) by_itself: bool,
}

/// The state of a primitive as a function of its events.
pub(crate) trait Model {
    /// As it was before all that is in `log`, the events of the execution so far.
    fn at_first(&self, log: &mut dyn Iterator<Item = &Event>) -> Self;

    /// Whether the operation can happen.
    fn admits(&self, asked: &Asked<'_>) -> bool;

    /// Does what the event did. The object is the event's first, or its second.
    fn apply(&mut self, event: &Event);

    /// Who has to act before the operation can happen, where that is known.
    fn holders(&self, asked: &Asked<'_>) -> Tasks;

    /// Who has it: a foreign runtime's primitive has to be taken from those who end and leave it held.
    fn owners(&self) -> Tasks;
}
