//! Each program of the table, in processes of their own.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use bohrbug::Carrier;
use bohrbug::trace::Trace;

use crate::another_process::another_process;
use crate::ways::{WAYS, Way};

/// One line of the table, on one carrier.
struct Case {
    way: &'static Way,
    carrier: Carrier,
}

fn process(case: &Case, traces: &Path, test: &str) -> Command {
    let mut command = another_process(test);
    command.env("BOHRBUG_TEST_WAY", case.way.name).env("BOHRBUG_TEST_TRACES", traces).env("BOHRBUG_TRACES", traces);
    command.env("BOHRBUG_CARRIER", case.carrier.name());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn traces(directory: &Path) -> Vec<Trace> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Trace::read(path).unwrap()).collect()
}

/// The trace is there, it is the one that it should be, it replays, and the next test runs.
fn check(case: &Case) {
    let directory = tempfile::tempdir().unwrap();
    let (way, mut said) = (case.way, format!("{} on {}:\n", case.way.name, case.carrier.name()));
    for _ in 0..if way.has_last_act { 1 } else { 2 } {
        let ended = process(case, directory.path(), "a_way_to_end").output().unwrap();
        said += &text(&ended);
        assert!(!ended.status.success() || !way.has_last_act, "{said}");
    }
    let found = traces(directory.path());
    let [trace] = &found[..] else { panic!("{} traces: {said}", found.len()) };
    let failure = trace.header.failure.as_ref().unwrap();
    assert_eq!(failure.kind, way.kind, "{failure:?}: {said}");
    assert!(failure.message.contains(way.says), "{}: {said}", failure.message);
    assert_eq!(failure.task.as_deref(), way.task.or(failure.task.as_deref()), "{said}");
    assert!(trace.header.preemptions.is_none_or(|preemptions| preemptions.count <= 2), "{trace:?}: {said}");
    replay(case, directory.path());
}

/// As in any run of the test from then on.
fn replay(case: &Case, traces: &Path) {
    let mut command = process(case, traces, "a_way_to_end");
    // Both tests, one after the other.
    let program = command.get_program().to_owned();
    let variables: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
    command = Command::new(program);
    command.args(["a_way_to_end", "--ignored", "--nocapture", "--test-threads=1"]);
    variables.into_iter().for_each(|(name, value)| _ = command.env(name, value.unwrap_or_default()));
    let replayed = command.output().unwrap();
    let said = format!("{} on {}:\n{}", case.way.name, case.carrier.name(), text(&replayed));
    assert_eq!(replayed.status.code(), Some(101), "{said}");
    assert!(said.contains("fails as recorded in"), "{said}");
    assert!(said.contains("a_way_to_end_and_the_next ... ok"), "{said}");
}

/// Every line on both carriers; `BOHRBUG_TEST_ONLY` asks for the line of that name.
fn cases() -> Vec<Case> {
    let only = std::env::var("BOHRBUG_TEST_ONLY").ok();
    let ways = WAYS.iter().filter(|way| only.as_deref().is_none_or(|only| way.name == only));
    ways.flat_map(|way| Carrier::ALL.iter().map(move |&carrier| Case { way, carrier })).collect()
}

#[test]
fn whatever_a_program_does_how_it_came_to_that_is_there_and_replays() {
    let (cases, next) = (cases(), AtomicUsize::new(0));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(case);
        }
    };
    std::thread::scope(|scope| (0..2).map(|_| scope.spawn(work)).for_each(drop));
}

/// Each of its frames has 512 bytes of its own, and no more than fit into the stack are counted.
#[test]
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn a_stack_overflow_says_how_deep_the_task_was() {
    for &carrier in Carrier::ALL {
        let case = Case { way: crate::ways::find("deep").unwrap(), carrier };
        let directory = tempfile::tempdir().unwrap();
        let said = text(&process(&case, directory.path(), "a_way_to_end").output().unwrap());
        let message = traces(directory.path()).pop().expect(&said).header.failure.unwrap().message;
        let frames = message.split_once("in about ").and_then(|(_, rest)| rest.split_once(" frames")?.0.parse().ok());
        assert!(frames.is_some_and(|frames: u32| (100..=1100).contains(&frames)), "{message} on {}", carrier.name());
    }
}

/// A run that keeps its traces elsewhere may be going on beside this one: what it has left behind is its own.
#[test]
fn what_a_run_leaves_behind_is_found_by_one_with_the_same_directory() {
    let case = Case { way: crate::ways::find("exit-at-once").unwrap(), carrier: Carrier::Coroutines };
    let [its_own, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for (directory, found) in [(&its_own, 0), (&other, 0), (&its_own, 1), (&other, 1)] {
        let ended = process(&case, directory.path(), "a_way_to_end").output().unwrap();
        let (said, traces) = (text(&ended), traces(directory.path()).len());
        assert_eq!(traces, found, "{said}");
        assert_eq!(said.contains("an earlier run of `exit-at-once` ended in execution"), found == 1, "{said}");
    }
}
