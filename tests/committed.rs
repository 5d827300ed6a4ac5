//! The committed traces: each failure that is expected has one, and what they record still happens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bohrbug::trace::{Carrier, Trace, timeline};
use bohrbug::{Program, Replay, ReplayVerdict, Runtime, replay, replay_around, replay_exactly};
use harness::catalogue::{Catalogue, everything};
use harness::hunt::scale_of;
use harness::scenario::{Expectation, Scenario};
use harness::store::usual_runtime;

use crate::program::files;

/// Every trace below `traces/`, with the scenario that it is of.
pub(crate) fn committed(catalogue: &Catalogue) -> Vec<(PathBuf, Trace, &'static Scenario)> {
    let paths = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces"));
    let read = |path: PathBuf| {
        let trace = Trace::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let scenario = catalogue.find(&trace.header.scenario);
        let scenario = scenario.unwrap_or_else(|| panic!("{}: no such scenario", path.display()));
        (path, trace, scenario)
    };
    paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")).map(read).collect()
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

fn program(scenario: &'static Scenario, revision: &str, trace: &Trace) -> (Program, Expectation) {
    let (revision, expected) = scenario.revision(revision).unwrap_or_else(|| panic!("no revision {revision}"));
    (scenario.program(revision, scale_of(trace)), expected)
}

fn replayed(trace: &Trace, program: &Program) -> Replay {
    replay(trace, program, usual_runtime(trace)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_failure_that_is_expected_has_a_trace_and_every_trace_is_of_one() {
    let catalogue = everything();
    let mut with_a_trace = BTreeSet::new();
    for (path, trace, scenario) in committed(&catalogue) {
        let revision = trace.header.revision.as_deref().expect("a revision");
        let (_, expected) = program(scenario, revision, &trace);
        let failure = trace.header.failure.as_ref().expect("a failure");
        let Expectation::Fails { kind, message } = expected else { panic!("{}: {expected}", path.display()) };
        assert!(failure.kind == kind && failure.message.contains(message), "{}: {failure:?}", path.display());
        let name = format!("{}-{revision}-{}", scenario.name, &failure.fingerprint[..8]);
        assert_eq!((name_of(&path), path.parent().and_then(Path::file_name)), (name, Some(scenario.system.as_ref())));
        with_a_trace.insert((scenario.full_name(), revision.to_owned()));
    }
    for scenario in catalogue.scenarios() {
        for (revision, expected) in scenario.expectations {
            let has = with_a_trace.contains(&(scenario.full_name(), (*revision).to_owned()));
            assert_eq!(has, *expected != Expectation::Holds, "{} {revision}", scenario.full_name());
        }
    }
}

/// The same trace, with tasks that are OS threads.
fn on_os_threads(mut trace: Trace) -> Trace {
    trace.header.carrier = Carrier::Threads;
    trace
}

#[test]
fn every_trace_of_native_replays_identically_on_coroutines_and_on_os_threads() {
    let mut replays = 0;
    for (path, trace, scenario) in committed(&everything()) {
        if usual_runtime(&trace) != Runtime::Native {
            continue;
        }
        let revision = trace.header.revision.as_deref().expect("a revision");
        let (program, _) = program(scenario, revision, &trace);
        let [on_coroutines, on_threads] =
            [trace.clone(), on_os_threads(trace)].map(|trace| replay_exactly(&trace, &program, Runtime::Native));
        let (on_coroutines, on_threads) = (on_coroutines.expect("it can be"), on_threads.expect("it can be"));
        assert_eq!(on_threads.verdict, on_coroutines.verdict, "{}", path.display());
        assert_eq!(on_threads.events, on_coroutines.events, "{}", path.display());
        assert_eq!(on_threads.identical, on_coroutines.identical, "{}", path.display());
        replays += 1;
    }
    assert!(replays > 0, "no trace is of native");
}

#[test]
fn every_trace_fails_as_recorded_twice_with_identical_events() {
    for (path, trace, scenario) in committed(&everything()) {
        let revision = trace.header.revision.as_deref().expect("a revision");
        let (program, _) = program(scenario, revision, &trace);
        let [first, second] = [(); 2].map(|()| replayed(&trace, &program));
        assert_eq!(first.verdict, ReplayVerdict::Reproduced, "{}", path.display());
        assert_eq!(second.verdict, ReplayVerdict::Reproduced, "{}", path.display());
        assert_eq!(first.events, second.events, "{}", path.display());
    }
}

/// How many schedules around each trace are run on each revision that is expected to hold.
const AROUND: u64 = 4;

#[test]
fn no_schedule_around_a_trace_fails_on_a_revision_that_is_expected_to_hold() {
    for (path, trace, scenario) in committed(&everything()) {
        let holding = scenario.expectations.iter().filter(|(_, expected)| *expected == Expectation::Holds);
        for (revision, _) in holding {
            let (program, _) = program(scenario, revision, &trace);
            let verdict = replay_exactly(&trace, &program, usual_runtime(&trace)).expect("it can be replayed").verdict;
            let fails = verdict == ReplayVerdict::Reproduced || verdict.other_failure().is_some();
            assert!(!fails, "{} on {revision}: {verdict}", path.display());
            let around = replay_around(&trace, &program, AROUND, 0).expect("it can be replayed");
            assert_eq!(around.held + around.diverged, AROUND, "{} on {revision}: {around:?}", path.display());
        }
    }
}

#[test]
fn most_schedules_around_a_trace_fail_as_it_does_and_some_around_each() {
    let (mut schedules, mut reproduced) = (0, 0);
    for (path, trace, scenario) in committed(&everything()) {
        let revision = trace.header.revision.as_deref().expect("a revision");
        let (program, _) = program(scenario, revision, &trace);
        let around = replay_around(&trace, &program, 8, 0).expect("it can be replayed");
        assert!(around.reproduced > 0, "{}: {around:?}", path.display());
        schedules += around.schedules();
        reproduced += around.reproduced;
    }
    assert!(reproduced * 4 > schedules * 3, "{reproduced} of {schedules}");
}

#[test]
fn the_timeline_of_every_trace_is_as_it_was() {
    for (path, trace, _) in committed(&everything()) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/timelines");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name_of(&path), timeline(&trace, Default::default())));
    }
}
