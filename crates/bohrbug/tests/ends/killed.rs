//! A process that is killed while it explores and saves traces: no file is torn, what it was at can be told, and the next run
//! works.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bohrbug::Check;
use bohrbug::trace::Trace;
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, thread};

use crate::another_process::another_process;

/// How often; `BOHRBUG_TEST_KILLS` asks for more.
const KILLS: u64 = 20;

/// Three tasks count with a load and a store.
fn count() -> u32 {
    let total = Arc::new(AtomicU32::new(0));
    let counters: Vec<_> = (0..3)
        .map(|_| {
            let total = total.clone();
            thread::spawn(move || total.store(total.load(SeqCst) + 1, SeqCst))
        })
        .collect();
    counters.into_iter().for_each(|counter| counter.join().unwrap());
    total.load(SeqCst)
}

/// Explores what holds.
#[test]
#[ignore = "run in a process of its own"]
fn explores() {
    let traces = std::env::var_os("BOHRBUG_TEST_TRACES").expect("a directory");
    let executions = if is_next() { 1 } else { 1_000_000 };
    Check::named("killed while exploring").traces(traces).strategy("random").executions(executions).run(|| _ = count());
}

/// Saves the trace of what does not hold, again and again.
#[test]
#[ignore = "run in a process of its own"]
fn saves() {
    let traces = std::env::var_os("BOHRBUG_TEST_TRACES").expect("a directory");
    for number in 0..if is_next() { 1 } else { 1000 } {
        let check = Check::named(format!("killed while saving {number}")).traces(&traces).strategy("random");
        let saved = std::panic::catch_unwind(|| check.run(|| assert_eq!(count(), 3, "a count was lost")));
        assert!(saved.is_err());
    }
}

/// Whether it is the run after.
fn is_next() -> bool {
    std::env::var_os("BOHRBUG_TEST_NEXT").is_some()
}

fn process(test: &str, traces: &Path) -> Command {
    let mut command = another_process(test);
    command.env("BOHRBUG_TEST_TRACES", traces).env_remove("CI").env_remove("BOHRBUG_TEST_NEXT");
    command
}

/// From when on milliseconds are counted.
#[derive(Clone, Copy, PartialEq)]
enum From {
    ItsStart,
    /// On a busy machine it may take long to come there.
    ItsFirstWord,
}

/// Runs it and kills it after so many milliseconds; what the next run says.
fn kill(test: &str, traces: &Path, after: u64, from: From) -> String {
    let mut child = process(test, traces).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while from == From::ItsFirstWord && !has_begun(child.id()) {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        std::thread::park_timeout(Duration::from_millis(1));
    }
    std::thread::park_timeout(Duration::from_millis(after));
    child.kill().unwrap();
    child.wait().unwrap();
    for entry in std::fs::read_dir(traces).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "jsonl") {
            Trace::read(&path).unwrap_or_else(|error| panic!("a torn file: {error}"));
        }
    }
    let next = process(test, traces).env("BOHRBUG_TEST_NEXT", "1").output().unwrap();
    let said = String::from_utf8_lossy(&next.stderr).into_owned();
    assert!(next.status.success(), "{said}{}", String::from_utf8_lossy(&next.stdout));
    forget(child.id());
    said
}

/// The journals of that process.
fn journals(process: u32) -> impl Iterator<Item = PathBuf> {
    let beside = std::env::current_exe().unwrap().with_file_name("bohrbug-journals");
    let paths = std::fs::read_dir(beside).into_iter().flatten().flatten().map(|entry| entry.path());
    let start = format!("exploring.{process}-");
    paths.filter(move |path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start)))
}

/// Whether it has a whole journal: the first bytes are written last.
fn has_begun(process: u32) -> bool {
    journals(process).any(|path| {
        let mut start = [0; 8];
        File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start != [0; 8]
    })
}

/// Removes what that process has left behind in a check that the next run does not come to.
fn forget(process: u32) {
    // It may be looked at by another test's process.
    journals(process).for_each(|path| _ = std::fs::remove_file(path));
}

#[test]
fn a_process_that_is_killed_at_any_moment_leaves_what_it_was_at_and_no_torn_file() {
    let kills = std::env::var("BOHRBUG_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let mut told = 0;
    for number in 0..kills {
        let directory = tempfile::tempdir().unwrap();
        // Moments all over its first quarter of a second.
        let after = number * 7919 % 241;
        let is_exploring = number % 2 == 0;
        let test = if is_exploring { "killed::explores" } else { "killed::saves" };
        let from = if number % 4 == 0 { From::ItsFirstWord } else { From::ItsStart };
        let said = kill(test, directory.path(), after, from);
        let line = said.lines().find(|line| line.contains("was ended from outside"));
        let Some(line) = line.filter(|_| is_exploring) else { continue };
        told += 1;
        let number =
            |before: &str| line.split(before).nth(1)?.split([' ', ';']).find_map(|word| word.parse::<u64>().ok());
        if let Some(at) = number("in execution ") {
            assert_eq!(number("seed 0;"), Some(at - 1), "{line}");
        }
    }
    // Of the others it depends on the machine whether they were killed before they began.
    assert!(told * 4 >= kills, "{told} of {}", kills / 2);
}
