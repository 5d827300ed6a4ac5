//! The explanation as one JSON object, for programs: in its events things have their recorded names, in its sentences those that people
//! read elsewhere.

use serde_json::{Value, json};

use super::sentence::By;
use super::{Explanation, held_at_end};

impl Explanation {
    /// The explanation as one line of JSON.
    pub fn json(&self) -> String {
        self.object().to_string() + "\n"
    }

    fn object(&self) -> Value {
        let (labels, _) = self.names();
        let header = &self.trace.header;
        let orders =
            self.orders.iter().map(|&(first, then)| json!({ "first": self.step(first), "then": self.step(then) }));
        let held = held_at_end(&self.trace);
        let held = held.iter().map(|lock| json!({ "task": lock.task, "object": lock.object, "step": lock.step }));
        let steps = (0..self.trace.events.len()).map(|step| self.step(step));
        json!({
            "scenario": header.scenario,
            "revision": header.revision,
            "headline": self.headline(),
            "failure": header.failure,
            "preemptions": header.preemptions,
            "reason": self.clauses(&labels, By::Step),
            "orders": orders.collect::<Vec<_>>(),
            "held": held.collect::<Vec<_>>(),
            "events": steps.collect::<Vec<_>>(),
        })
    }

    fn step(&self, step: usize) -> Value {
        let event = &self.trace.events[step];
        json!({
            "step": step,
            "task": event.task,
            "operation": event.operation.name(),
            "object": event.object,
            "outcome": event.outcome.name(),
            "value": event.value,
            "site": event.site,
            "function": self.sources.function(&event.site),
            "line": self.sources.line(&event.site),
        })
    }
}
