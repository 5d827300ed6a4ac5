//! `bohrbug hunt` on toys, whose outcomes are known.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::program::{Shell, TOYS};

#[test]
fn a_hunt_in_which_all_comes_out_as_expected_ends_with_0() {
    let shell = Shell::new(TOYS);
    let called = shell.call(&["hunt", "toys"]).ends_with(0).complains_of_nothing();
    let lines: Vec<&str> = called.out.lines().collect();
    let columns: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(columns, ["scenario", "revision", "strategy", "verdict", "executions", "time", "outcome", "trace"]);
    // Between columns there are two spaces at the least.
    let cells = |line: &&str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).take(4).map(str::to_owned).collect()
    };
    let rows: Vec<Vec<String>> = lines[1..6].iter().map(cells).collect();
    assert_eq!(
        rows,
        [
            ["toys/counter", "unguarded", "random", "failed: panic"],
            ["toys/counter", "tolerant", "dpor", "verified, `Arc` counts excepted"],
            ["toys/counter", "guarded", "dpor", "verified, `Arc` counts excepted"],
            ["toys/two-locks", "opposite", "random", "failed: deadlock"],
            ["toys/two-locks", "ordered", "dpor", "verified, `Arc` counts excepted"],
        ]
    );
    assert_eq!(lines.last(), Some(&"all 5 as expected"));
    assert_eq!(shell.files("target/bohrbug/traces/toys").len(), 2);
}

#[test]
fn a_bug_that_is_not_expected_ends_with_10_and_is_printed_in_full() {
    let called = Shell::new(TOYS).call(&["hunt", "surprises/fails", "--strategy", "pct"]).ends_with(10);
    let called = called.says("surprises/fails unguarded failed at execution").says("expected: holds");
    let called = called
        .says("\npanic in main: assertion `left == right` failed: an addition was lost")
        .says("   at tests/programs/with_toys.rs:");
    let called = called.says("main/adder-1: ").says("main/adder-2: ").says("the last events of each task");
    let command = "replay it with: bohrbug replay target/bohrbug/traces/surprises/fails-unguarded-";
    called
        .says(command)
        .says("expected no failure, got a panic: assertion `left == right` failed: an addition was lost");
}

#[test]
fn a_failure_of_another_kind_than_expected_ends_with_10() {
    let called = Shell::new(TOYS).call(&["hunt", "surprises/fails-differently"]).ends_with(10);
    called.says("expected a deadlock, got a panic: assertion `left == right` failed: an addition was lost");
}

#[test]
fn a_failure_that_is_not_found_ends_with_13() {
    let called = Shell::new(TOYS).call(&["hunt", "surprises/holds", "--executions", "20"]).ends_with(13);
    called.says("NOT FOUND").says("expected a panic saying \"lost\", found none in");
    let called =
        Shell::new(TOYS).call(&["hunt", "counter", "--revision=unguarded", "--executions=1", "--strategy=dfs"]);
    called.ends_with(13);
}

#[test]
fn a_bug_outweighs_a_failure_that_was_not_found() {
    Shell::new(TOYS).call(&["hunt", "surprises", "--executions", "50"]).ends_with(10).says("3 of 3 not as expected");
}

#[test]
fn json_is_an_object_a_line_in_the_order_of_the_catalogue_whatever_finishes_first() {
    let shell = Shell::new(TOYS);
    let called = shell.call(&["hunt", "toys", "--format", "json", "--jobs", "4"]).ends_with(0).complains_of_nothing();
    let objects = called.json();
    let names: Vec<_> = objects.iter().map(|object| (&object["scenario"], &object["revision"])).collect();
    let expected = [
        ("counter", "unguarded"),
        ("counter", "tolerant"),
        ("counter", "guarded"),
        ("two-locks", "opposite"),
        ("two-locks", "ordered"),
    ];
    let expected = expected.map(|(name, revision)| (json!(format!("toys/{name}")), json!(revision)));
    assert_eq!(names, expected.iter().map(|(name, revision)| (name, revision)).collect::<Vec<_>>());
    let (failed, verified) = (&objects[0], &objects[1]);
    assert_eq!((&failed["expected"], &failed["verdict"]), (&json!("fails"), &json!("failed")));
    assert_eq!((&verified["expected"], &verified["verdict"]), (&json!("holds"), &json!("verified")));
    assert_eq!(failed["as_expected"], true);
    assert_eq!(failed["failure"]["kind"], "panic");
    assert_eq!(failed["failure"]["fingerprint"].as_str().map(str::len), Some(32));
    assert!(failed["failure"]["message"].as_str().is_some_and(|message| message.contains("an addition was lost")));
    assert!(failed["executions"].as_u64().is_some_and(|executions| executions > 0));
    assert!(failed["seconds"].is_f64());
    assert!(shell.path(failed["trace"].as_str().expect("a path")).is_file());
    assert_eq!((&verified["failure"], &verified["trace"]), (&json!(null), &json!(null)));
}

#[test]
fn the_same_seed_finds_the_same_and_writes_the_same_bytes() {
    let found = [1, 4].map(|jobs: u32| {
        let shell = Shell::new(TOYS);
        shell.call(&["hunt", "toys", "--seed", "3", "--jobs", &jobs.to_string()]).ends_with(0);
        let traces = shell.files("target");
        traces.iter().map(|path| fs::read_to_string(path).expect("a trace")).collect::<Vec<_>>()
    });
    assert_eq!(found[0].len(), 2);
    assert_eq!(found[0], found[1]);
}

#[test]
fn one_scenario_in_several_threads_comes_to_the_same() {
    for (revision, strategy) in [("unguarded", "pct"), ("unguarded", "portfolio"), ("guarded", "random")] {
        let found = ["1", "4"].map(|jobs| {
            let shell = Shell::new(TOYS);
            let arguments =
                ["hunt", "toys/counter", "--revision", revision, "--strategy", strategy, "--executions", "400"];
            let arguments = [&arguments[..], &["--format", "json", "--jobs", jobs]].concat();
            let mut objects = shell.call(&arguments).ends_with(0).json();
            objects[0]["seconds"] = json!(null);
            let traces = shell.files("target");
            (objects, traces.iter().map(|path| fs::read_to_string(path).expect("a trace")).collect::<Vec<_>>())
        });
        assert_eq!(found[0], found[1], "{revision} under {strategy}");
        assert_eq!(found[0].1.len(), usize::from(revision == "unguarded"), "{revision} under {strategy}");
    }
}

#[test]
fn every_strategy_finds_what_is_expected_and_its_trace_reproduces() {
    for (strategy, _) in bohrbug::strategies() {
        let shell = Shell::new(TOYS);
        let arguments = ["hunt", "toys", "--strategy", strategy, "--executions", "300", "--traces", "found"];
        let called = shell.call(&arguments).ends_with(0).complains_of_nothing();
        assert!(called.out.contains("as expected"), "{strategy}: {called:#?}");
        for trace in shell.files("found") {
            let trace = trace.display().to_string();
            shell
                .call(&["replay", &trace, "--times", "3"])
                .ends_with(0)
                .says("reproduced, 3 times with identical events");
        }
    }
}

#[test]
fn an_option_beats_its_variable_and_a_variable_beats_the_default() {
    let strategy_of = |shell: &Shell, arguments: &[&str]| {
        let all = [&["hunt", "counter", "--format=json", "--revision=guarded"], arguments].concat();
        shell.call(&all).ends_with(0).json()[0]["strategy"].clone()
    };
    assert_eq!(strategy_of(&Shell::new(TOYS), &[]), "dpor");
    let shell = Shell::new(TOYS).with("BOHRBUG_STRATEGY", "pct").with("BOHRBUG_EXECUTIONS", "12");
    assert_eq!(strategy_of(&shell, &[]), "pct");
    assert_eq!(strategy_of(&shell, &["--strategy", "random"]), "random");
    let object = shell.call(&["hunt", "counter", "--format=json", "--revision=guarded"]).json()[0].clone();
    assert_eq!((&object["executions"], &object["verdict"]), (&json!(12), &json!("passed")));
    let shell = Shell::new(TOYS).with("BOHRBUG_TRACES", "elsewhere");
    shell.call(&["hunt", "two-locks"]).ends_with(0);
    assert_eq!(shell.files("elsewhere").len(), 1);
}

#[test]
fn a_variable_that_means_nothing_is_warned_about() {
    let shell = Shell::new(TOYS).with("BOHRBUG_STRATGY", "pct");
    shell
        .call(&["list", "toys"])
        .ends_with(0)
        .complains("warning: BOHRBUG_STRATGY=pct is ignored")
        .complains("BOHRBUG_STRATEGY?");
    Shell::new(TOYS).with("BOHRBUG_STRATEGY", "ptc").call(&["hunt"]).ends_with(2).complains("did you mean pct?");
}

#[test]
fn a_trace_of_the_same_failure_is_left_as_it_is_while_it_reproduces() {
    let shell = Shell::new(TOYS);
    let hunt = |seed: &str| shell.call(&["hunt", "counter", "--seed", seed, "--traces", "kept"]).ends_with(0);
    hunt("0");
    let trace = shell.only_trace("kept");
    let before = fs::read_to_string(&trace).expect("a trace");
    (1..6).for_each(|seed| drop(hunt(&seed.to_string())));
    assert_eq!(fs::read_to_string(shell.only_trace("kept")).expect("a trace"), before);
    // Its header is untouched, and it describes another execution now: it has come to mean nothing.
    let stale = before.replace("main/adder-2", "main/adder-3");
    fs::write(&trace, &stale).expect("the test's own file");
    hunt("0");
    assert_eq!(fs::read_to_string(shell.only_trace("kept")).expect("a trace"), before);
}

#[test]
fn a_damaged_trace_in_the_way_is_not_overwritten() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "two-locks", "--traces", "kept"]).ends_with(0);
    let trace = shell.only_trace("kept");
    fs::write(&trace, "somebody else's").expect("the test's own file");
    shell.call(&["hunt", "two-locks", "--traces", "kept"]).ends_with(0);
    assert_eq!(fs::read_to_string(&trace).expect("a file"), "somebody else's");
    assert_eq!(shell.files("kept").len(), 2);
}

#[test]
fn a_folder_that_cannot_be_written_costs_no_failure() {
    let shell = Shell::new(TOYS);
    shell.write("taken", "a file where the folder should be");
    let called = shell.call(&["hunt", "toys", "--traces", "taken"]).ends_with(0);
    let called = called.says("the trace could not be saved: taken/toys").says("it follows in full");
    let recorded = called.out.lines().filter(|line| line.starts_with("{\"format\":")).count();
    assert_eq!(recorded, 2, "{called:#?}");
    // What was printed is the trace: saved to a file it replays.
    let start = called.out.find("{\"format\":").expect("a header");
    let text: String = called.out[start..].lines().take_while(|l| l.starts_with('{')).flat_map(|l| [l, "\n"]).collect();
    shell.write("by-hand.jsonl", text);
    shell.call(&["replay", "by-hand.jsonl"]).ends_with(0).says("reproduced");
    let called = shell.call(&["hunt", "toys", "--traces", "taken", "--format", "json"]).ends_with(0);
    called.complains("{\"format\":").says("\"trace\":null");
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_cannot_be_written_is_reported_and_does_not_panic() {
    let shell = Shell::new(TOYS);
    let mut command = shell.command(&["hunt", "toys", "--quiet"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is always full");
    let output = command.stdout(full).stderr(Stdio::piped()).output().expect("the program can be started");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("cannot write to standard output") && !text.contains("panicked"), "{text}");
}

#[test]
fn a_reader_that_goes_away_early_does_no_harm() {
    let shell = Shell::new(TOYS);
    let mut command = shell.command(&["hunt", "toys", "--format", "json", "--jobs", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    let output = child.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn killed_at_any_moment_it_leaves_whole_traces_under_final_names() {
    for wait in [0, 1, 2, 5, 10, 20, 50, 100] {
        let shell = Shell::new(TOYS);
        let mut command = shell.command(&["hunt", "--traces", "kept", "--quiet"]);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started");
        #[expect(clippy::disallowed_methods, reason = "the moment of the kill is to be any")]
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().expect("it can be killed");
        child.wait().expect("an end");
        let named = shell.files("kept").into_iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        for path in named {
            bohrbug::trace::Trace::read(&path).expect("a whole trace");
        }
    }
}
