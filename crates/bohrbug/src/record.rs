//! From an execution to a trace: numbers become names.

use bohrbug_sync::control::{Carrier, Config, Event, Runtime, View};
use bohrbug_trace::{Choices, ObjectId, Outcome, StepIdx, TaskId, Trace, TraceEvent};

use crate::names::{Names, site};

/// Every event of an execution, in words.
pub(crate) fn events(view: View<'_>) -> Vec<TraceEvent> {
    events_until(view, view.steps())
}

/// Those events of an execution that are `wanted`, in words but for their places in the code: for whoever looks at what
/// happened in very many executions, since more time goes into the sites than into all the other words.
pub(crate) fn events_without_sites(view: View<'_>, wanted: impl Fn(&Event) -> bool) -> Vec<TraceEvent> {
    let names = Names::of(view);
    let steps = view.events().iter().enumerate().filter(|(_, event)| wanted(event));
    steps.map(|(step, event)| TraceEvent { older: older(view, step), ..without_site(&names, view, event) }).collect()
}

/// The first events of an execution, in words.
pub(crate) fn events_until(view: View<'_>, length: StepIdx) -> Vec<TraceEvent> {
    let names = Names::of(view);
    let steps = view.events().iter().enumerate().take(length.0 as usize);
    steps.map(|(step, event)| TraceEvent { older: older(view, step), ..recorded(&names, view, event) }).collect()
}

fn older(view: View<'_>, step: usize) -> u32 {
    view.older(StepIdx(step as u32))
}

/// One event, in words.
pub(crate) fn recorded(names: &Names, view: View<'_>, event: &Event) -> TraceEvent {
    TraceEvent { site: site(event.site), ..without_site(names, view, event) }
}

fn without_site(names: &Names, view: View<'_>, event: &Event) -> TraceEvent {
    let label = |object: ObjectId| object.is_some().then(|| names.object(object).to_owned());
    let note = view.note(event);
    TraceEvent {
        task: names.task(event.task).to_owned(),
        operation: event.operation,
        object: note.map(str::to_owned).or_else(|| label(event.object)),
        other: label(event.other),
        order: event.order,
        outcome: event.outcome,
        value: event.value().filter(|_| note.is_none()),
        older: 0,
        site: String::new(),
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
        ..TraceEvent::new(names.task(task), pending.operation, site(pending.site))
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
        memory: config.memory,
    }
}

/// The configuration under which a trace was recorded.
pub(crate) fn config(trace: &Trace) -> Config {
    config_of(&trace.header.choices, trace.header.carrier)
}

/// The configuration that leaves so much to choice, on that carrier.
pub(crate) fn config_of(choices: &Choices, carrier: Carrier) -> Config {
    Config {
        step_bound: u32::try_from(choices.step_bound).unwrap_or(u32::MAX).max(1),
        timeouts: choices.timeouts,
        spurious: choices.spurious,
        weak_failures: choices.weak_failures,
        cell_points: choices.cell_points,
        memory: choices.memory,
        carrier,
        ..Config::default()
    }
}

/// What carries tasks on that runtime: only native has the choice.
pub(crate) const fn carrier_on(runtime: Runtime, config: &Config) -> Carrier {
    match runtime {
        Runtime::Native => config.carrier,
        Runtime::Shuttle | Runtime::Loom => Carrier::Coroutines,
    }
}
