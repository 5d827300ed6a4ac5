//! `step`: one moment of a trace, and where its tasks stand then.

use std::path::Path;

use bohrbug::trace::{Trace, TraceEvent};
use serde_json::{Value, json};

use super::values::Values;

/// The event of the step, and for each task what it did last before it and does next after it.
///
/// # Errors
///
/// The trace cannot be read, or has no such step.
pub(super) fn step(values: &Values) -> Result<Value, String> {
    let path = values.text("trace").unwrap_or_default();
    let trace = Trace::read(Path::new(path)).map_err(|error| error.to_string())?;
    let (number, all) = (values.number("step").unwrap_or_default(), trace.events.len());
    let index = usize::try_from(number).ok().filter(|&index| index < all);
    let index = index.ok_or_else(|| format!("there is no step {number}; the trace has {all} steps, counted from 0"))?;
    Ok(moment(&trace.events, index))
}

/// What a replay of the trace says of the stacks, or why there are none.
pub(super) fn stacks(replayed: &Value) -> Value {
    let answer = &replayed["output"][0];
    let told = |place: &Value| (!place.is_null()).then(|| place.clone());
    told(&answer["stacks"])
        .or_else(|| told(&answer["message"]))
        .or_else(|| told(&replayed["stopped"]))
        .unwrap_or_else(|| "the replay said nothing".into())
}

fn moment(events: &[TraceEvent], index: usize) -> Value {
    let mut tasks: Vec<&str> = Vec::new();
    for event in events {
        if !tasks.contains(&event.task.as_str()) {
            tasks.push(event.task.as_str());
        }
    }
    let of = |task: &str, place: usize| (events[place].task.as_str() == task).then(|| told(events, place));
    let state = |task: &&str| {
        json!({
            "task": task,
            "last": (0..index).rev().find_map(|place| of(task, place)),
            "next": (index..events.len()).find_map(|place| of(task, place)),
        })
    };
    json!({ "event": told(events, index), "tasks": tasks.iter().map(state).collect::<Vec<_>>() })
}

fn told(events: &[TraceEvent], index: usize) -> Value {
    let event = &events[index];
    json!({
        "step": index,
        "task": event.task.as_str(),
        "operation": event.operation.to_string(),
        "object": event.object,
        "value": event.value,
        "outcome": event.outcome.name(),
        "site": event.site,
    })
}
