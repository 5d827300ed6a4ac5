//! A crate of plain std, not one line changed: found, explained, replayed, and left as it was.
//!
//! The crate lies in `untouched/`, with a manifest that Cargo does not take for one. The stand-ins are built with the profile of
//! this test into the target folder of the workspace, most of which is built already.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bohrbug_plan::Outcome;
use bohrbug_trace::{Operation, Trace, TraceEvent};
use harness::campaign::gather::Gathered;

#[test]
fn a_crate_that_knows_nothing_of_it_is_explored_and_left_as_it_was() {
    let tally = Untouched::copy();
    let before = tally.files();
    let ran = tally.bohrbug(&["test", "--format", "json"]);
    assert_eq!(ran.code, 101, "{}", ran.said);
    ran.says("panic in main: assertion `left == right` failed");
    ran.says("It fails only if");
    ran.says("It takes 1 preemption");
    ran.says("error: test failed, to rerun pass `--lib`");
    let trace = ran.trace();
    assert_eq!(tally.bohrbug(&["replay", &trace, "--times", "20"]).code, 10);

    fs::remove_file(&trace).expect("a trace of our own");
    is_the_readmes(&tally.bohrbug(&["test", "--lib"]));

    let ran = tally.bohrbug(&["test", "--test", "harmless"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    for line in [
        "test starts_no_thread ... ok (sequential)",
        "test counts_in_one_step ... ok (verified, `Arc` counts and plain memory excepted",
        "test panics_in_every_order - should panic ... ok (verified",
        "test a_thread_that_panics_is_a_result ... ok (verified",
        "test an_hour_is_no_time ... ok (verified",
        "test a_futex_is_waited_for ... ok (verified",
        "test a_thread_that_waits_is_moved_to_another_futex ... ok (verified",
        "test hashes_dates_and_addresses_are_the_same_each_time ... ok (verified",
        "test statics_begin_anew ... ok (verified",
        "test is_ignored ... ignored",
        "test time_passes_in_order_and_when_nothing_else_happens ... ok (verified",
        "test whoever_looks_again_and_again_lets_time_pass ... ok (",
        "12 tests: ",
        " 1 sequential, 1 ignored",
    ] {
        ran.says(&line.replace(" - should panic", ""));
    }
    assert_eq!(tally.files(), before, "nothing in the repository has changed");
    what_ends_its_process_has_a_trace(&tally);
    what_is_not_unwound_stays_where_it_is(&tally);
    what_was_found_is_kept_however_explaining_ends(&tally);
    what_cannot_be_a_shard_is_refused(&tally);
    shards_are_the_whole(&tally, "dfs", 3, &["--lib", "--test", "harmless"]);
    shards_are_the_whole(&tally, "random", 2, &["--lib", "--test", "ends"]);
    gdb_stops_before_a_step(&tally);
}

fn what_cannot_be_a_shard_is_refused(tally: &Untouched) {
    for (options, said) in [
        (&["--shard", "6/5", "--out", "results"][..], "there is no shard 6 of 5; they count from 1 to 5"),
        (&["--shard", "env/5", "--out", "results"], "no engine says which shard this is"),
        (&["--shard", "1/5"], "--shard needs --out DIRECTORY"),
        (&["--out", "results"], "name it with --shard"),
        (&["--shard", "1/5", "--out", "results"], "`portfolio` cannot be divided into shards"),
        (&["--shard", "1/5", "--out", "results", "--time", "9"], "a shard has a budget of executions"),
    ] {
        let ran = tally.bohrbug(&[&["test"], options].concat());
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.said);
        ran.says(said);
    }
    assert!(!tally.directory.join("results").exists());
}

/// What is the same of an outcome in one process and in several: with the name and the bytes of its trace.
fn facts(outcome: &Outcome) -> (Outcome, Option<(PathBuf, String)>) {
    let trace = outcome.trace.as_ref().map(|path| {
        let text = fs::read_to_string(path).expect("a trace that was kept");
        (PathBuf::from(path.file_name().expect("a file")), text)
    });
    (Outcome { milliseconds: 0, trace: None, ..outcome.clone() }, trace)
}

fn shards_are_the_whole(tally: &Untouched, strategy: &str, of: u64, tests: &[&str]) {
    let (results, merged) = (tally.target.join("results"), tally.target.join("merged"));
    for folder in [&results, &merged, &tally.target.join("bohrbug/traces")] {
        let _ = fs::remove_dir_all(folder);
    }
    let options = [&["test", "--format", "json", "--executions", "200", "--strategy", strategy], tests].concat();
    let unbounded = ["--time", "600", "--events", "4_000_000_000", "--no-fail-fast"];
    let whole = tally.bohrbug(&[&options[..], &unbounded].concat());
    let out = results.display().to_string();
    for number in (1..=of).rev() {
        let shard = format!("{number}/{of}");
        let ran = tally.bohrbug(&[&options[..], &["--no-fail-fast", "--shard", &shard, "--out", &out]].concat());
        assert!(matches!(ran.code, 0 | 101), "{}", ran.said);
    }
    let mut whole: Vec<_> = whole.outcomes().iter().map(facts).collect();
    whole.sort_by(|one, other| one.0.test.cmp(&other.0.test));
    let gathered = Gathered::all(std::slice::from_ref(&results)).expect("results");
    let outcome = |gathered: &Gathered| {
        assert_eq!((gathered.missing(), &gathered.left_out), (vec![], &vec![]));
        let merged = harness::campaign::tests::merge(gathered, &merged).expect("one outcome");
        assert_eq!(merged.failed, matches!(merged.outcome.verdict.as_str(), "failed" | "crashed"));
        facts(&merged.outcome)
    };
    let mut merged: Vec<_> = gathered.iter().map(outcome).collect();
    merged.sort_by(|one, other| one.0.test.cmp(&other.0.test));
    assert_eq!(merged, whole, "{strategy} in {of}");
    assert!(whole.iter().any(|(_, trace)| trace.is_some()));
    if strategy == "dfs" {
        let verdicts: Vec<_> = whole.iter().map(|(outcome, _)| outcome.verdict.as_str()).collect();
        let has = |word: &&str| verdicts.iter().any(|verdict| verdict.starts_with(*word));
        assert!(["verified", "sequential", "ignored"].iter().all(has), "{verdicts:?}");
    }
}

/// Where there is no gdb this is said, and nothing is tested.
fn gdb_stops_before_a_step(tally: &Untouched) {
    let _ = fs::remove_dir_all(tally.target.join("bohrbug/traces"));
    let path = tally.bohrbug(&["test", "--format", "json", "--lib"]).trace();
    let trace = Trace::read(&path).expect("a trace");
    let wanted = |event: &TraceEvent| event.operation == Operation::Lock && event.site.starts_with("src/lib.rs:");
    let step = trace.events.iter().rposition(wanted).expect("a lock");
    let line = trace.events[step].site.rsplit_once(':').expect("a line and a column").0;
    let ran = tally.bohrbug(&["replay", &path, "--debug", "--step", &step.to_string()]);
    assert_eq!(ran.code, 10, "{}", ran.said);
    ran.says(&format!("to stop before step {step}:"));
    let command = ran.out.lines().find_map(|line| line.trim_start().strip_prefix("gdb -x ")).expect("a command");
    let too_far = tally.bohrbug(&["replay", &path, "--debug", "--step", "1000"]);
    assert_eq!(too_far.code, 2, "{}", too_far.said);
    too_far.says("there is no step 1000");
    assert_eq!(tally.bohrbug(&["replay", &path, "--step", "1"]).code, 2);
    if Command::new("gdb").arg("--version").output().is_err() {
        println!("there is no gdb on this machine, so the debugger is not tested");
        return;
    }
    let (script, binary) = command.split_once(' ').expect("a script and a binary");
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-q", "-batch", "-x", script, "-ex", "info threads", "-ex", "backtrace", binary]);
    let output = gdb.stdin(Stdio::null()).current_dir(&tally.directory).output().expect("gdb can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("hit Breakpoint 1"), "{said}");
    for thread in ["\"main\"", "\"task 1\"", "\"task 2\""] {
        assert!(said.contains(thread), "{thread} is not in {said}");
    }
    let stack = said.rsplit_once("#0 ").expect("a stack").1;
    assert!(stack.lines().any(|frame| frame.ends_with(line)), "{line} is not in {said}");
}

/// The test fails like any other, and those beside it run.
fn what_ends_its_process_has_a_trace(tally: &Untouched) {
    let ran = tally.bohrbug(&["test", "--format", "json", "--test", "ends"]);
    assert_eq!(ran.code, 101, "{}", ran.said);
    ran.says("test comes_after_it ... ok (verified");
    for (test, how, kind) in [("aborts", "by SIGABRT", "crash"), ("exits", "by a call that ends the process", "exit")] {
        ran.says(&format!("`tally/ends/{test}` ended its process {how} in execution"));
        ran.says(&format!("{kind} in main/tests-ends.rs"));
        let outcome = ran.outcome(&format!("tally/ends/{test}"));
        assert_eq!(outcome["failure"], kind, "{outcome}");
        let trace = outcome["trace"].as_str().expect("a failure has a trace");
        assert_eq!(tally.bohrbug(&["replay", trace, "--times", "3"]).code, 10);
    }
}

/// A guard that aborts where it is unwound does not hide what stopped the execution; and a test is not wrong because it is long.
fn what_is_not_unwound_stays_where_it_is(tally: &Untouched) {
    let ran = tally.bohrbug(&["test", "--format", "json", "--test", "guarded", "--executions", "3", "--time", "60"]);
    assert_eq!(ran.code, 101, "{}", ran.said);
    ran.says("test takes_long ... ok (passed, 3 executions)");
    let outcome = ran.outcome("tally/guarded/waits_for_each_other");
    assert_eq!((&outcome["verdict"], &outcome["failure"]), (&"failed".into(), &"deadlock".into()), "{outcome}");
    let trace = outcome["trace"].as_str().expect("a failure has a trace");
    assert_eq!(tally.bohrbug(&["replay", trace, "--times", "3"]).code, 10);
}

/// A test that should panic is one that may pass for the panic which says that it has failed.
fn what_was_found_is_kept_however_explaining_ends(tally: &Untouched) {
    for number in [1, 2, 3] {
        let _ = fs::remove_file(tally.target.join(format!("bohrbug/units/tmp/has-failed-{number}")));
    }
    let ran = tally.bohrbug(&["test", "--format", "json", "--test", "again"]);
    assert_eq!(ran.code, 101, "{}", ran.said);
    for (test, message) in [
        ("fails_and_then_ends_its_process", "panic in main: it fails"),
        ("panics_in_one_order", "the test did not panic as it should"),
    ] {
        let outcome = ran.outcome(&format!("tally/again/{test}"));
        assert_eq!((&outcome["verdict"], &outcome["failure"]), (&"failed".into(), &"panic".into()), "{}", ran.said);
        assert!(Path::new(outcome["trace"].as_str().expect("a failure has a trace")).is_file());
        assert!(outcome.get("report").is_none(), "{outcome}");
        ran.says(message);
    }
    ran.says("it was not made smaller: a schedule that was tried ended the process with code 0");
}

/// The README's first session is what a new user sees, byte for byte, but for paths and times; its crate is this one.
fn is_the_readmes(ran: &Ran) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(folder.join("../../README.md")).expect("the README");
    let code = fs::read_to_string(folder.join("tests/untouched/src/lib.rs")).expect("the template's file");
    assert!(readme.contains(&format!("```rs\n{code}```\n")), "the README shows another crate");
    let session = readme.split_once("$ cargo bohrbug test --lib\n").expect("a session").1;
    let shown: Vec<&str> = session.split_once("\n```").expect("its end").0.lines().collect();
    let seen: Vec<&str> = ran.out.trim_end().lines().collect();
    assert_eq!(shown.len(), seen.len(), "{}", ran.out);
    for (shown, seen) in shown.iter().zip(seen) {
        assert!(is_shown_as(shown, seen), "{seen:?} is not {shown:?}");
    }
}

/// Whether the line is the one that is shown, in which `[..]` stands for any text.
fn is_shown_as(shown: &str, seen: &str) -> bool {
    let mut parts = shown.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| seen.strip_prefix(first)) else { return false };
    let mut ends = shown == seen;
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
        ends = rest.is_empty();
    }
    ends
}

/// The copy of the crate.
struct Untouched {
    directory: PathBuf,
    target: PathBuf,
    stand_ins: PathBuf,
}

struct Ran {
    code: i32,
    /// On standard output.
    out: String,
    /// All of it.
    said: String,
}

impl Untouched {
    fn copy() -> Self {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/untouched");
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = temporary.join("untouched/tally");
        let target = temporary.join("untouched/target");
        for folder in [&directory, &target.join("bohrbug/traces")] {
            if folder.exists() {
                fs::remove_dir_all(folder).expect("the last run's copy is ours");
            }
        }
        let tests = ["tests/again.rs", "tests/harmless.rs", "tests/ends.rs", "tests/guarded.rs"];
        let same = ["src/lib.rs"].into_iter().chain(tests).map(|file| (file, file));
        for (from, to) in [("Cargo.toml.in", "Cargo.toml")].into_iter().chain(same) {
            let to = directory.join(to);
            fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("a folder of our own");
            fs::copy(template.join(from), to).expect("the template's file");
        }
        let stand_ins = temporary.parent().expect("Cargo makes it inside the target folder").to_owned();
        Self { directory, target, stand_ins }
    }

    fn bohrbug(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bohrbug"));
        command.arg("bohrbug").args(arguments).arg("--target-dir").arg(&self.target);
        command.current_dir(&self.directory).stdin(Stdio::null()).env("CARGO_NET_OFFLINE", "true");
        for name in ["CI", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUST_TEST_THREADS"] {
            command.env_remove(name);
        }
        command.env("BOHRBUG_STAND_INS", &self.stand_ins).env("BOHRBUG_STAND_INS_PROFILE", "dev");
        let output = command.output().expect("it is built with this test");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ran { code: output.status.code().unwrap_or(-1), said: out.clone() + &err, out }
    }

    /// Every file of the repository, and what is in it.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.directory.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder of our own").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    files.insert(entry.path(), fs::read(entry.path()).expect("a file of our own"));
                }
            }
        }
        files
    }
}

impl Ran {
    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.said.contains(text), "{text:?} is not in\n{}", self.said);
    }

    /// The outcome's object of that test.
    #[track_caller]
    fn outcome(&self, test: &str) -> serde_json::Value {
        let objects = self.said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut of_test = objects.filter(|object| object["test"] == test);
        of_test.next().unwrap_or_else(|| panic!("{test} has no object in\n{}", self.said))
    }

    /// Every outcome's object.
    fn outcomes(&self) -> Vec<Outcome> {
        let objects = self.out.lines().filter(|line| line.starts_with("{\"test\":"));
        objects.map(|line| Outcome::from_text(line).expect("an outcome")).collect()
    }

    /// The path of the trace, out of the outcome's object.
    #[track_caller]
    fn trace(&self) -> String {
        let line = self.said.lines().find(|line| line.contains("\"verdict\":\"failed\""));
        let outcome: serde_json::Value = serde_json::from_str(line.expect("an object a test")).expect("JSON");
        outcome["trace"].as_str().expect("a failure has a trace").to_owned()
    }
}
