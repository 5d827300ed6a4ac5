//! Chrome's trace format: for `ui.perfetto.dev` and `chrome://tracing`.
//!
//! There is no time in a trace: a step is shown as a microsecond. The format has no name for an order of two events but
//! that of a flow.

use serde_json::{Value, json};

use super::Explanation;

impl Explanation {
    /// The explanation in Chrome's trace format.
    pub fn chrome(&self) -> String {
        let (labels, _) = self.names();
        let tasks = self.called.tasks();
        let lane =
            |step: usize| tasks.iter().position(|task| *task == self.called.events[step].task).unwrap_or_default();
        let names = tasks.iter().enumerate().flat_map(|(lane, task)| {
            [
                json!({ "ph": "M", "name": "thread_name", "pid": 1, "tid": lane, "args": { "name": task } }),
                json!({ "ph": "M", "name": "thread_sort_index", "pid": 1, "tid": lane, "args": { "sort_index": lane } }),
            ]
        });
        let steps = self.called.events.iter().enumerate().map(|(step, event)| {
            let mut arguments = json!({ "step": step, "site": event.site, "outcome": event.outcome.name() });
            if let Some(value) = event.value {
                arguments["value"] = value.into();
            }
            json!({
                "ph": "X", "name": labels.action(event), "cat": event.operation.name(), "pid": 1, "tid": lane(step),
                "ts": step, "dur": 1, "args": arguments,
            })
        });
        let flows = self.orders.iter().enumerate().flat_map(|(number, &(first, then))| {
            let end = |phase: &str, step: usize| -> Value {
                json!({
                    "ph": phase, "bp": "e", "name": "necessary", "cat": "necessary", "id": number, "pid": 1,
                    "tid": lane(step), "ts": step,
                })
            };
            [end("s", first), end("f", then)]
        });
        let events: Vec<Value> = names.chain(steps).chain(flows).collect();
        let whole =
            json!({ "traceEvents": events, "displayTimeUnit": "ns", "otherData": { "headline": self.headline() } });
        whole.to_string() + "\n"
    }
}
