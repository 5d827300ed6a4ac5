//! What an object would be after only some of an execution's events: whether an operation could have happened earlier.
//!
//! A search that wants to exchange two operations asks this before it tries. The events are played on new states of the
//! primitives' own kind, so that there is one rule of enabledness, and one of what an event does.

use bohrbug_events::{ObjectId, TaskId};

use super::object::{Object, State};
use super::requeue::is_woken_after;
use super::table::Table;
use super::{Event, Inner, Pending, View};
use crate::native::model::Asked;

impl View<'_> {
    /// Whether the task's operation could happen after just those of this execution's events, given in their order.
    ///
    /// They are all that touch its objects, and those that [also decide](View::also_decide). `by_itself` says whether a wait may
    /// end without a reason.
    pub fn admits_after<'e>(
        self,
        task: TaskId,
        pending: &Pending,
        by_itself: bool,
        events: impl Iterator<Item = &'e Event>,
    ) -> bool {
        if !pending.operation.can_block() || !pending.object.is_some() {
            return true;
        }
        if self.0.is_at_many_words(pending) {
            return by_itself || is_woken_after(task, events);
        }
        let mut object = self.0.at_first(pending.object);
        let mut other = pending.other.is_some().then(|| self.0.at_first(pending.other));
        for event in events {
            if event.touches(pending.object) {
                object.apply(event);
            }
            if let Some(other) = &mut other
                && event.touches(pending.other)
            {
                other.apply(event);
            }
        }
        object.admits(&Asked { task, pending, other: other.as_ref(), by_itself })
    }
}

impl Inner {
    /// The object as it was before every event.
    pub(super) fn at_first(&self, object: ObjectId) -> State {
        let mut log = self.log.iter().filter(|event| event.touches(object));
        self.objects[object.index()].state.at_first(&mut log)
    }

    /// Does to the objects of an event what it does.
    pub(super) fn apply(&mut self, event: &Event) {
        apply(&mut self.objects, event);
    }
}

/// Does to the objects of an event what it does.
#[inline]
pub(super) fn apply(objects: &mut Table<Object>, event: &Event) {
    if event.object.is_some() {
        objects[event.object.index()].state.apply(event);
    }
    if event.other.is_some() {
        objects[event.other.index()].state.apply(event);
    }
}
