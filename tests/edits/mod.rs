//! Replaying committed traces after edits: nearly all still reproduce, and the others say where they part.

mod kinds;
mod names;
mod steps;
mod tasks;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bohrbug::trace::Trace;
use bohrbug::{Replay, ReplayVerdict, replay};
use harness::catalogue::everything;
use harness::hunt::scale_of;
use harness::scenario::{Scale, Scenario};
use harness::store::usual_runtime;

use crate::committed::{committed, name_of};
use kinds::{Edit, KINDS};

type Committed = (PathBuf, Trace, &'static Scenario);

/// One trace of each scenario, and for the next kind of edit the next one.
fn one_of_each_scenario(all: &[Committed], number: usize) -> Vec<&Committed> {
    let mut by_scenario: BTreeMap<String, Vec<&Committed>> = BTreeMap::new();
    for committed in all {
        by_scenario.entry(committed.2.full_name()).or_default().push(committed);
    }
    by_scenario.into_values().map(|traces| traces[number % traces.len()]).collect()
}

/// Replays a trace after that edit, and says from which step of the recording on there is a difference; nothing if there
/// is nothing to edit.
fn after(edit: &Edit, scenario: &'static Scenario, trace: &Trace) -> Option<(Replay, usize)> {
    let revision = trace.header.revision.as_deref().expect("a revision");
    let (revision, _) = scenario.revision(revision).expect("a known revision");
    let run = match scale_of(trace) {
        Scale::Full => scenario.full.unwrap_or(scenario.run),
        // No trace is kept of the smallest.
        Scale::Small | Scale::Smallest => scenario.run,
    };
    let (edited, program) = match edit {
        Edit::Recording(take_back) => (take_back(trace)?, scenario.program(revision, scale_of(trace))),
        Edit::Program(put_around) => (trace.clone(), put_around(Arc::new(move || run(revision)))),
    };
    // An edited recording is one that could have been read from a file.
    let read = Trace::parse("edited.jsonl", edited.render().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let same = trace.events.iter().zip(&read.events).take_while(|(one, other)| one == other).count();
    let from = if read.events == trace.events { 0 } else { same };
    Some((replay(&read, &program, usual_runtime(&read)).unwrap_or_else(|error| panic!("{error}")), from))
}

/// Replays one trace of each scenario after that edit, and counts what comes of it.
///
/// A trace that does not reproduce must say that it diverged, at an event that the edit can have to do with.
fn count(name: &str, edit: &Edit, traces: &[&Committed]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for (path, trace, scenario) in traces {
        // Which lock guards what is what a data race is about: after such an edit there is another race, or none. And which two
        // locks there are is all that this deadlock is about.
        let races = trace.header.failure.as_ref().is_some_and(|failure| failure.kind == bohrbug::FailureKind::DataRace);
        if (races || name_of(path).starts_with("nested-locks"))
            && ["a lock was split", "two locks became one"].contains(&name)
        {
            continue;
        }
        // A known limit: of a race between main and its only child the other task's new name is not found.
        if name_of(path).starts_with("one-registry") && name.contains("renamed") {
            continue;
        }
        let Some((replay, from)) = after(edit, scenario, trace) else { continue };
        let outcome = match &replay.verdict {
            ReplayVerdict::Reproduced => replay.mode.name(),
            ReplayVerdict::Diverged { at, .. } => {
                assert!(at.step.0 as usize >= from, "{name}: {}: {}", name_of(path), replay.verdict);
                println!("{name}: {}: {}", name_of(path), replay.verdict);
                "diverged"
            }
            verdict => panic!("{name}: {}: {verdict}", name_of(path)),
        };
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

#[test]
fn traces_survive_edits_or_say_where_they_part() {
    let catalogue = everything();
    let all = committed(&catalogue);
    let mut table = String::new();
    let (mut edits, mut diverged) = (0, 0);
    for (number, (name, edit)) in KINDS.iter().enumerate() {
        let counts = count(name, edit, &one_of_each_scenario(&all, number));
        edits += counts.values().sum::<u32>();
        diverged += counts.get("diverged").copied().unwrap_or(0);
        let counts: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        let _ = writeln!(table, "{name}: {}", counts.join(", "));
    }
    assert!(diverged * 20 <= edits, "{diverged} of {edits} diverged");
    let _ = write!(table, "\nof {edits} edited programs {} reproduce and {diverged} diverge", edits - diverged);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(table));
}
