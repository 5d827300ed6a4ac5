//! No step of a committed trace could go, and what was drawn of a generated workload shrinks.
//!
//! Fewer preemptions come before fewer steps. So a step that the failure does not come of may be there, but only where it
//! could not be left out unless the scheduler overruled one more task.

use std::collections::BTreeSet;

use bohrbug::minimize::{Effort, minimize};
use bohrbug::trace::{EventKey, Operation, Trace, causes, keys};
use bohrbug::{Budget, Exploration, Program};
use harness::catalogue::everything;
use harness::hunt::scale_of;

use crate::committed::{committed, name_of};

#[test]
fn no_event_outside_the_essence_and_its_causes_can_be_dropped() {
    let mut superfluous = 0;
    for (path, trace, scenario) in committed(&everything()) {
        let is_cause = causes(&trace.events, points(&trace));
        let revision = trace.header.revision.as_deref().expect("a revision");
        let (revision, _) = scenario.revision(revision).expect("a known one");
        let needed = trace.header.preemptions.expect("it is minimised").count;
        let program = scenario.program(revision, scale_of(&trace));
        for dropped in without(&trace, &is_cause) {
            superfluous += 1;
            assert!(preemptions(&dropped, &program) > needed, "{} can be shorter", name_of(&path));
        }
    }
    // Else this test looks at nothing.
    assert!(superfluous > 0);
}

/// What the scheduler chose of a generated workload, added up.
fn chosen(trace: &Trace) -> u64 {
    trace.events.iter().filter(|event| event.operation == Operation::Choose).filter_map(|event| event.value).sum()
}

#[test]
fn a_generated_workload_shrinks_with_its_choices() {
    let catalogue = everything();
    let (mut before, mut after) = (0, 0);
    // Revisions on which the generated workload fails.
    for (system, revision) in [("replica-manager", "v3"), ("vm-simulator", "reported"), ("vm-assignment", "reported")] {
        let scenario = catalogue.find(&format!("{system}/generated")).expect("a generated workload");
        let program = Program::new(move || (scenario.run)(revision));
        let budget = Budget::default().executions(2_000);
        let off = vec!["data-race".to_owned(), "lock-order".to_owned()];
        let exploration = Exploration::new("generated", "random").budget(budget).off(off);
        let found = exploration.run(&program, |_| ()).expect("a strategy").trace().cloned().expect("a failure");
        let effort = Effort { events: 20_000, time: None };
        let minimized = minimize(&found, &program, &[], effort, |_| ()).expect("it fails so").trace;
        assert!(chosen(&minimized) <= chosen(&found), "{system}: {} of {}", chosen(&minimized), chosen(&found));
        (before, after) = (before + chosen(&found), after + chosen(&minimized));
    }
    // What goes wrong in one of them names the machine, so that hardly another operation will do.
    assert!(after < before, "{after} of {before}");
}

/// The failure and the essence: the last event, of a deadlock that of each task that did not come to its end, and what has
/// to be in order.
fn points(trace: &Trace) -> Vec<usize> {
    let events = &trace.events;
    let last = |task: &str| events.iter().rposition(|event| event.task == task).expect("its own event");
    let is_deadlock =
        trace.header.failure.as_ref().is_some_and(|failure| failure.kind == bohrbug::FailureKind::Deadlock);
    let waiting =
        trace.tasks().into_iter().map(last).filter(|&step| is_deadlock && events[step].operation != Operation::End);
    let keys = keys(events);
    let step = |key: &EventKey| keys.iter().position(|other| other == key);
    let essence = trace.header.essence.iter().flat_map(|order| [step(&order.first), step(&order.then)]).flatten();
    waiting.chain(essence).chain([events.len() - 1]).collect()
}

/// The trace without what is no cause: of one task each, and of all.
fn without(trace: &Trace, is_cause: &[bool]) -> Vec<Trace> {
    let superfluous = |step: usize| (!is_cause[step]).then_some(trace.events[step].task.as_str());
    let tasks: BTreeSet<&str> = (0..is_cause.len()).filter_map(superfluous).collect();
    let only = |is_kept: &dyn Fn(usize) -> bool| {
        let kept = (0..is_cause.len()).filter(|&step| is_kept(step));
        Trace { events: kept.map(|step| trace.events[step].clone()).collect(), header: trace.header.clone() }
    };
    let each = tasks.iter().map(|task| only(&|step| superfluous(step) != Some(task)));
    each.chain((tasks.len() > 1).then(|| only(&|step| is_cause[step]))).collect()
}

/// How many preemptions the trace has; it fails as recorded without what was dropped, since that were no causes.
fn preemptions(dropped: &Trace, program: &Program) -> u32 {
    let at_once = Effort { events: 1, time: Some(std::time::Duration::ZERO) };
    minimize(dropped, program, &[], at_once, |_| ()).expect("it fails all the same").preemptions_before
}
