//! From an execution to a trace: numbers become names.

use bohrbug_sync::control::{Config, Event, Runtime, View};
use bohrbug_trace::{Choices, ObjectId, Outcome, TaskId, Trace, TraceEvent, portable_site};

use crate::names::Names;

/// Every event of an execution, in words.
pub(crate) fn events(view: View<'_>) -> Vec<TraceEvent> {
    let names = Names::of(view);
    view.events().iter().map(|event| recorded(&names, event)).collect()
}

/// One event, in words.
pub(crate) fn recorded(names: &Names, event: &Event) -> TraceEvent {
    let label = |object: ObjectId| object.is_some().then(|| names.object(object).to_owned());
    TraceEvent {
        task: names.task(event.task).to_owned(),
        operation: event.operation,
        object: label(event.object),
        other: label(event.other),
        order: event.order,
        outcome: event.outcome,
        value: event.value(),
        site: portable_site(&event.site.to_string()),
    }
}

/// What a task has announced, as an event that has not happened; `names` must know all that there is.
pub(crate) fn announced(names: &Names, view: View<'_>, task: TaskId) -> TraceEvent {
    let pending = view.pending(task);
    let label = |object: ObjectId| object.is_some().then(|| names.object(object).to_owned());
    TraceEvent {
        object: label(pending.object),
        other: label(pending.other),
        order: pending.order,
        outcome: if view.is_ready(task) { Outcome::Done } else { Outcome::WouldBlock },
        ..TraceEvent::new(names.task(task), pending.operation, portable_site(&pending.site.to_string()))
    }
}

/// What the scheduler was free to choose.
pub(crate) fn choices(config: &Config) -> Choices {
    Choices {
        step_bound: config.step_bound.into(),
        timeouts: config.timeouts,
        spurious: config.spurious,
        weak_failures: config.weak_failures,
        cell_points: config.cell_points,
    }
}

/// The configuration under which a trace was recorded.
pub(crate) fn config(trace: &Trace) -> Config {
    let choices = &trace.header.choices;
    Config {
        step_bound: u32::try_from(choices.step_bound).unwrap_or(u32::MAX).max(1),
        timeouts: choices.timeouts,
        spurious: choices.spurious,
        weak_failures: choices.weak_failures,
        cell_points: choices.cell_points,
        ..Config::default()
    }
}

/// The runtime, as traces name it.
pub(crate) const fn runtime(runtime: Runtime) -> bohrbug_trace::Runtime {
    match runtime {
        Runtime::Native => bohrbug_trace::Runtime::Native,
        Runtime::Shuttle => bohrbug_trace::Runtime::Shuttle,
        Runtime::Loom => bohrbug_trace::Runtime::Loom,
    }
}
