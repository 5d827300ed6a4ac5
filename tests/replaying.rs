//! `bohrbug replay` on traces of toys.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::program::{Shell, TOYS};

/// A shell with the trace of that toy's bug.
fn found(toy: &str, revision: &str) -> (Shell, PathBuf) {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", toy, "--revision", revision, "--traces", "found", "--quiet"]);
    let trace = shell.only_trace("found");
    (shell, trace)
}

#[test]
fn a_trace_reproduces_on_native_and_on_shuttle() {
    for (toy, revision) in [("counter", "unguarded"), ("two-locks", "opposite")] {
        let (shell, trace) = found(toy, revision);
        for on in ["native", "shuttle"] {
            let trace = trace.display().to_string();
            let called = shell.call(&["replay", &trace, "--on", on]).ends_with(0).complains_of_nothing();
            let called = called.says(&format!("toys/{toy} {revision} on {on}: reproduced"));
            called.says("the last events of each task").says("replay it with: bohrbug replay ");
        }
    }
}

#[test]
fn a_trace_of_loom_reproduces_on_loom_and_on_native() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "two-locks", "--strategy", "loom", "--traces", "found"]).ends_with(0);
    let trace = shell.only_trace("found").display().to_string();
    shell.call(&["replay", &trace, "--on", "loom"]).ends_with(0).says("on loom: reproduced");
    shell.call(&["replay", &trace]).ends_with(0).says("on native: reproduced");
}

#[test]
fn a_trace_that_loom_did_not_find_cannot_be_dictated_to_it() {
    let (shell, trace) = found("counter", "unguarded");
    let called = shell.call(&["replay", &trace.display().to_string(), "--on", "loom"]).ends_with(2);
    called.complains("loom takes no schedule").complains("found by `random`");
}

#[test]
fn a_hundred_replays_are_all_alike() {
    let (shell, trace) = found("counter", "unguarded");
    let trace = trace.display().to_string();
    let called = shell.call(&["replay", &trace, "--times", "100"]).ends_with(0);
    called.says("reproduced, 100 times with identical events");
    let object = shell.call(&["replay", &trace, "--times", "10", "--format", "json"]).ends_with(0).json()[0].clone();
    assert_eq!((&object["verdict"], &object["times"]), (&json!("reproduced"), &json!(10)));
    assert_eq!((&object["all_alike"], &object["as_recorded"]), (&json!(true), &json!(true)));
    assert_eq!((&object["failure"]["kind"], &object["on"]), (&json!("panic"), &json!("native")));
}

#[test]
fn a_fixed_revision_does_not_fail_on_the_recorded_path() {
    let (shell, trace) = found("two-locks", "opposite");
    let called = shell.call(&["replay", &trace.display().to_string(), "--revision", "ordered"]);
    // It takes the locks in another order, so that it leaves the path; nothing fails there.
    called.ends_with(11).says("diverged at step").says("nothing failed after that (matched)");
}

#[test]
fn a_recorded_path_without_its_failure_ends_with_12() {
    let (shell, trace) = found("counter", "unguarded");
    // The same steps, and nobody minds the sum.
    let called = shell.call(&["replay", &trace.display().to_string(), "--revision", "tolerant"]).ends_with(12);
    called.says("toys/counter tolerant on native: did not fail");
}

#[test]
fn a_trace_of_renamed_locks_and_tasks_is_matched() {
    let (shell, trace) = found("two-locks", "opposite");
    let text = fs::read_to_string(&trace).expect("a trace");
    let at = |place: &str| {
        let start = text.find(place).expect("a lock without a name");
        text[start..].split(['"', ',', ';']).next().expect("its label").trim_end_matches(" has").to_owned()
    };
    let (one, line) = (at("mutex tests/programs/with_toys.rs"), "tests/programs/with_toys.rs");
    let renamed = text.replace("main/other", "main/another").replace(&one, "first");
    let edited = renamed.replace(&format!("mutex {line}"), "second ");
    assert_ne!(edited, text);
    shell.write("edited.jsonl", edited);
    let called = shell.call(&["replay", "edited.jsonl"]).ends_with(0);
    called.says("toys/two-locks opposite on native: reproduced (matched)");
    let object = shell.call(&["replay", "edited.jsonl", "--format", "json"]).json()[0].clone();
    assert_eq!((&object["mode"], &object["as_recorded"]), (&json!("matched"), &json!(false)));
}

#[test]
fn schedules_around_a_trace_fail_on_the_bug_and_hold_on_the_fix() {
    for (toy, bug, fix) in [("counter", "unguarded", "guarded"), ("two-locks", "opposite", "ordered")] {
        let (shell, trace) = found(toy, bug);
        let trace = trace.display().to_string();
        let around = ["replay", &trace, "--around", "50"];
        shell.call(&around).ends_with(0).says("of 50 schedules around it").says(", orders kept: ");
        let on_the_fix = [&around[..], &["--revision", fix, "--format", "json", "--seed", "3"]].concat();
        let called = shell.call(&on_the_fix);
        let object = called.json()[0].clone();
        assert_eq!((&object["reproduced"], &object["failed_differently"]), (&json!(0), &json!(0)), "{object}");
        assert_eq!((&object["schedules"], &object["seed"]), (&json!(50), &json!(3)));
        let held = object["held"].as_u64().expect("a number") > 0;
        called.ends_with(if held { 12 } else { 11 });
        assert_eq!(shell.call(&on_the_fix).out, shell.call(&on_the_fix).out);
    }
    let shell = Shell::new(TOYS);
    shell.call(&["replay", "a.jsonl", "--around", "5", "--times", "2"]).ends_with(2);
    shell.call(&["replay", "a.jsonl", "--seed", "2"]).ends_with(2);
}

#[test]
fn a_failure_with_another_message_than_recorded_ends_with_10() {
    let (shell, trace) = found("counter", "unguarded");
    let text = fs::read_to_string(&trace).expect("a trace");
    let mark = &trace.file_stem().expect("a name").to_string_lossy()[18..26].to_owned();
    let edited = text.replacen(&format!("\"fingerprint\":\"{mark}"), "\"fingerprint\":\"00000000", 1);
    assert_ne!(edited, text);
    shell.write("edited.jsonl", edited);
    let called = shell.call(&["replay", "edited.jsonl"]).ends_with(10);
    called.says("failed differently: panic: assertion `left == right` failed: an addition was lost");
}

#[test]
fn of_many_traces_the_worst_decides() {
    let (shell, trace) = found("counter", "unguarded");
    let trace = trace.display().to_string();
    let called = shell.call(&["replay", &trace, "missing.jsonl", &trace]).ends_with(20);
    assert_eq!(called.out.matches(": reproduced").count(), 2);
    called.complains("missing.jsonl: there is no such file");
    let called = shell.call(&["replay", &trace, "missing.jsonl", "--format", "json"]).ends_with(20);
    assert_eq!(called.json()[1]["verdict"], "unreadable");
}

#[test]
fn the_variable_names_the_trace_where_no_argument_does() {
    let (shell, trace) = found("counter", "unguarded");
    let shell = shell.with("BOHRBUG_REPLAY", &trace.display().to_string());
    shell.call(&["replay"]).ends_with(0).says("reproduced");
    shell.call(&["replay", "missing.jsonl"]).ends_with(20);
    Shell::new(TOYS).call(&["replay"]).ends_with(2).complains("no trace given");
}
