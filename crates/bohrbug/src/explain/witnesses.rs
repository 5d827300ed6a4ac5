//! Executions that fail in the same way: whatever order one of them does not have is not necessary.

use std::collections::BTreeMap;

use bohrbug_trace::{EventKey, TraceEvent, keys};

/// Where each event of the explained execution is in another one; past everything if it does not happen there.
pub(super) type Places = Vec<usize>;

/// Executions that fail in the same way.
pub(super) struct Witnesses {
    /// The events of the explained execution, by what they are.
    events: BTreeMap<EventKey, usize>,
    all: Vec<Places>,
}

/// As many as are remembered: the more there are, the less another one tells.
const MOST: usize = 1000;

impl Witnesses {
    pub(super) fn new(keys: &[EventKey]) -> Self {
        Self { events: keys.iter().cloned().zip(0..).collect(), all: Vec::new() }
    }

    /// Where the explained events are in this execution.
    pub(super) fn places(&self, events: &[TraceEvent]) -> Places {
        let mut places = vec![usize::MAX; self.events.len()];
        for (place, key) in keys(events).iter().enumerate() {
            if let Some(&event) = self.events.get(key) {
                places[event] = place;
            }
        }
        places
    }

    pub(super) fn add(&mut self, places: Places) {
        if self.all.len() < MOST {
            self.all.push(places);
        }
    }

    /// Whether one of them has the two events the other way round.
    pub(super) fn have_turned(&self, first: usize, second: usize) -> bool {
        self.all.iter().any(|places| places[second] < places[first])
    }
}
