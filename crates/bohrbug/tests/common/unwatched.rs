//! Executions that a strategy decides and no monitor looks at.

use bohrbug::strategy::Strategy;
use bohrbug_sync::control::{Driver, Event, Incident, Reaction, View};
use bohrbug_trace::TaskId;

/// Lets a strategy decide, and a test what an incident means.
pub(crate) struct Unwatched<S> {
    pub(crate) strategy: S,
    pub(crate) incident: fn(&Incident) -> Reaction,
}

impl<S: Strategy> Driver for Unwatched<S> {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        Some(self.strategy.next_task(view))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.strategy.choose(view, alternatives)
    }

    fn wants_words(&self) -> bool {
        self.strategy.descriptor().wants_words
    }

    fn watches(&self) -> bool {
        self.strategy.descriptor().watches
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.strategy.reported(view, event);
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        (self.incident)(incident)
    }
}
