//! What a check does with the traces that are saved under its name.
//!
//! Whether anything is saved depends on the variables of the whole process, so each test here runs one of the `#[ignore]`d
//! ones in a process of its own.

#[path = "common/another_process.rs"]
mod another_process;
#[path = "common/lost_update.rs"]
mod lost_update;
#[path = "common/panics_with.rs"]
mod panics_with;

use std::fs;
use std::path::Path;
use std::process::Command;

use another_process::another_process;
use bohrbug::Check;
use bohrbug::trace::Trace;
use bohrbug_sync::atomic::AtomicU32;
use bohrbug_sync::atomic::Ordering::{Relaxed, SeqCst};
use bohrbug_sync::{Arc, Mutex, thread};
use lost_update::lost_update;
use panics_with::panics_with;

/// Two tasks add to a number, each holding its lock when it takes it again.
fn locks_twice() {
    let number = Arc::new(Mutex::new(0));
    let adders = [(); 2].map(|()| {
        let number = number.clone();
        thread::spawn(move || {
            let mut read = number.lock().unwrap();
            *read = *number.lock().unwrap() + 1;
        })
    });
    for adder in adders {
        adder.join().unwrap();
    }
}

/// The check of a name that all tests here use.
fn shared(traces: &Path) -> Check {
    Check::named("shared").traces(traces)
}

/// Runs an ignored test, which must hold; what it printed on standard error.
fn holds(command: &mut Command) -> String {
    let output = command.env_remove("CI").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_says(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in\n{text}");
}

#[test]
fn a_saved_trace_that_fails_differently_reports_the_other_failure() {
    holds(&mut another_process("two_failures_share_a_name"));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn two_failures_share_a_name() {
    let traces = tempfile::tempdir().unwrap();
    let lost = panics_with(shared(traces.path()), lost_update);
    assert_says(&lost, "`shared` failed at execution");
    let recorded = files(traces.path());

    // As its first run finds the other's trace.
    let locked = panics_with(shared(traces.path()), locks_twice);
    assert_says(&locked, "which records another failure (panic: assertion `left == right` failed: an update was lost)");
    assert_says(&locked, "\ndeadlock");
    assert!(!locked.contains("(saved before)"), "{locked}");
    let [new] = &files(traces.path()).into_iter().filter(|file| !recorded.contains(file)).collect::<Vec<_>>()[..]
    else {
        panic!("one failure is one trace: {:?}", files(traces.path()))
    };
    assert_says(&locked, &format!("): {new}\nreplay it with: BOHRBUG_REPLAY={new} cargo test"));
    let header = Trace::read(new).unwrap().header;
    assert_eq!((header.strategy.as_str(), header.execution), ("replay", 1));
    assert_eq!(header.failure.unwrap().kind, bohrbug::FailureKind::Deadlock);
    assert_eq!(header.preemptions.map(|preemptions| preemptions.count), Some(0));

    // Each has a trace now, and nothing new is saved.
    let saved = files(traces.path());
    for (run, kind) in [(lost_update as fn(), "\npanic"), (locks_twice, "\ndeadlock")] {
        let again = panics_with(shared(traces.path()), run);
        assert_says(&again, kind);
        assert_says(&again, "(saved before)");
        assert_eq!(files(traces.path()), saved);
    }
}

#[test]
fn what_only_loom_comes_to_is_saved_as_found_by_loom() {
    holds(&mut another_process("a_stale_read_fails_with_other_words"));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn a_stale_read_fails_with_other_words() {
    let traces = tempfile::tempdir().unwrap();
    let loom = || shared(traces.path()).strategy("loom");
    panics_with(loom(), || overtakes("stale"));
    let [recorded] = &files(traces.path())[..] else { panic!("one failure is one trace") };
    assert_says(&panics_with(loom(), || overtakes("edited")), "which records another failure (panic: stale)");
    let new = files(traces.path()).into_iter().find(|file| file != recorded).unwrap();
    let [recorded, header] = [recorded, &new].map(|file| Trace::read(file).unwrap().header);
    assert_eq!((header.runtime, header.strategy.as_str()), (recorded.runtime, "loom"));
    assert_eq!((header.seed, header.execution), (recorded.seed, recorded.execution));
    // Loom comes to it again.
    fs::remove_file(files(traces.path()).into_iter().find(|file| *file != new).unwrap()).unwrap();
    assert_says(&panics_with(loom(), || overtakes("edited")), "fails as recorded in");
}

/// A flag overtakes the number that it is about, which takes a stale read.
fn overtakes(message: &'static str) {
    let (number, flag) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let writer = thread::spawn({
        let (number, flag) = (number.clone(), flag.clone());
        move || {
            number.store(1, Relaxed);
            flag.store(1, Relaxed);
        }
    });
    if flag.load(Relaxed) == 1 {
        assert!(number.load(Relaxed) == 1, "{message}");
    }
    writer.join().unwrap();
}

/// How often [`counts`] ran in this process: replays and explored executions.
static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// A task adds to a number in one section and `main` in two, which may lose an addition.
fn counts(expected: fn(u32) -> bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        RUNS.fetch_add(1, SeqCst);
        let number = Arc::new(Mutex::new(0));
        let adder = thread::spawn({
            let number = number.clone();
            move || *number.lock().unwrap() += 1
        });
        let read = *number.lock().unwrap();
        *number.lock().unwrap() = read + 1;
        adder.join().unwrap();
        let total = *number.lock().unwrap();
        assert!(expected(total), "an update was lost");
    }
}

/// Saves a trace of [`counts`] and returns where.
fn recorded(traces: &Path) -> String {
    let _ = another_process("saves_a_trace").env_remove("CI").env("BOHRBUG_TRACES", traces).output().unwrap();
    let [trace] = &files(traces)[..] else { panic!("one failure is one trace") };
    trace.clone()
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn saves_a_trace() {
    Check::named("shared").run(counts(|total| total == 2));
}

#[test]
fn a_trace_that_is_asked_for_and_does_not_fail_is_replayed_once_and_says_so() {
    let traces = tempfile::tempdir().unwrap();
    let trace = recorded(traces.path());
    let replays = |command: &mut Command| {
        let said = holds(command.env("BOHRBUG_TRACES", traces.path()).env("BOHRBUG_EXECUTIONS", "1"));
        let (_, runs) = said.split_once("executions: ").unwrap_or_else(|| panic!("{said}"));
        (runs.lines().next().unwrap().to_owned(), said.clone())
    };
    let (saved, silent) = replays(&mut another_process("tolerates_a_lost_update"));
    assert!(silent.contains("bohrbug: `shared` passed: "), "{silent}");
    assert_eq!(silent.matches("bohrbug: ").count(), 1, "{silent}");
    // By another path to the same file.
    let asked = traces.path().join(".").join(Path::new(&trace).file_name().unwrap());
    let (asked, said) = replays(another_process("tolerates_a_lost_update").env("BOHRBUG_REPLAY", asked));
    assert_eq!(asked, saved);
    assert_eq!(said.matches("did not fail: `shared` followed it to its end").count(), 1, "{said}");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn tolerates_a_lost_update() {
    Check::named("shared").run(counts(|_| true));
    eprintln!("executions: {}", RUNS.load(SeqCst));
}

#[test]
fn that_a_trace_that_is_asked_for_is_of_another_check_is_said_once() {
    let traces = tempfile::tempdir().unwrap();
    let trace = recorded(traces.path());
    let said = holds(another_process("checks_under_other_names").env("BOHRBUG_REPLAY", &trace));
    assert_says(&said, &format!("bohrbug: {trace} is a trace of the check `shared`, so `"));
    assert_eq!(said.matches(" is a trace of the check ").count(), 1, "{said}");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn checks_under_other_names() {
    for name in ["one", "another"] {
        Check::named(name).executions(10).run(counts(|_| true));
    }
}

/// The files in a directory, in the order of their names.
fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path().display().to_string()).collect();
    files.sort();
    files
}
