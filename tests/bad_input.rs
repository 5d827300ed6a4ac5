//! What bad input gets: one clear message, an exit code, no panic, and nothing is overwritten.

use std::fs;
use std::io::Write;

use crate::program::{Called, Shell, TOYS};

/// The text of a trace of the counter's bug, without its essence: what is edited here is in the events.
fn recorded(shell: &Shell) -> String {
    shell.call(&["hunt", "counter", "--traces", "found", "--quiet"]).ends_with(0);
    let text = fs::read_to_string(shell.only_trace("found")).expect("a trace");
    let (before, rest) = text.split_once(",\"essence\":").expect("a trace that was explained");
    let (_, after) = rest.split_once(",\"preemptions\":").expect("a trace that was minimised");
    format!("{before},\"preemptions\":{after}")
}

/// Replaying these bytes must end so, with that message; the file must stay as it was.
#[track_caller]
fn check(shell: &Shell, bytes: impl AsRef<[u8]>, code: i32, message: &str) {
    shell.write("t.jsonl", &bytes);
    let called = shell.call(&["replay", "t.jsonl"]).ends_with(code).complains(message);
    no_panic(&called);
    assert_eq!(called.out, "", "{called:#?}");
    assert_eq!(called.err.lines().count(), 1, "{called:#?}");
    assert_eq!(fs::read(shell.path("t.jsonl")).expect("the file"), bytes.as_ref());
}

#[track_caller]
fn no_panic(called: &Called) {
    assert!(!called.err.contains("panicked"), "{called:#?}");
}

fn edited(text: &str, from: &str, to: &str) -> String {
    let edited = text.replacen(from, to, 1);
    assert_ne!(edited, text, "{from:?} is not in the trace");
    edited
}

#[test]
fn a_trace_that_cannot_be_read_ends_with_20_and_names_its_line() {
    let shell = Shell::new(TOYS);
    let text = recorded(&shell);
    check(&shell, "", 20, "error: t.jsonl: the file is empty");
    check(&shell, &text[..text.len() - 20], 20, ": the file ends in the middle of this line");
    check(&shell, &text[..40], 20, "t.jsonl:1: the file ends in the middle of this line");
    let newer = edited(&text, "{\"format\":2", "{\"format\":3");
    check(&shell, newer, 20, "t.jsonl:1: the trace has format 3 and this version reads formats up to 2; bohrbug");
    let operation = edited(&text, "\"operation\":\"lock\"", "\"operation\":\"lokc\"");
    check(&shell, operation, 20, "unknown operation \"lokc\", the nearest known one is \"lock\"");
    let task = text.replace("\"task\":\"main/adder-2\"", "\"task\":\"main/a/b\"");
    check(&shell, task, 20, "unknown task \"main/a/b\"");
    check(&shell, b"\x1f\x8b\x08\x00\xff\xfe", 20, "t.jsonl:1: this is not UTF-8");
    check(&shell, "a shopping list\n", 20, "t.jsonl:1: this is not a trace");
}

#[test]
fn what_is_no_file_ends_with_20() {
    let shell = Shell::new(TOYS);
    shell.call(&["replay", "lost.jsonl"]).ends_with(20).complains("error: lost.jsonl: there is no such file");
    fs::create_dir(shell.path("folder")).expect("a folder");
    shell.call(&["replay", "folder"]).ends_with(20).complains("error: folder: this is a directory");
    shell.call(&["replay", ""]).ends_with(2);
    if cfg!(unix) {
        shell.call(&["replay", "/dev/zero"]).ends_with(20).complains("/dev/zero:1: the line is longer than");
    }
}

#[test]
fn a_hundred_megabytes_of_noise_are_refused_at_once() {
    let shell = Shell::new(TOYS);
    let mut file = fs::File::create(shell.path("noise.jsonl")).expect("a file");
    // The same noise every time: a generator by Marsaglia.
    let mut state = 88_172_645_463_325_252_u64;
    let mut block = vec![0; 1 << 20];
    for byte in &mut block {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
    for _ in 0..100 {
        file.write_all(&block).expect("room for 100 MB");
    }
    no_panic(&shell.call(&["replay", "noise.jsonl"]).ends_with(20).complains("error: noise.jsonl:1: "));
}

#[test]
fn a_trace_of_another_scenario_or_revision_ends_with_2_and_the_nearest_names() {
    let shell = Shell::new(TOYS);
    let text = recorded(&shell);
    check(
        &shell,
        text.replace("toys/counter", "toys/countre"),
        2,
        "no scenario is called `toys/countre`; did you mean toys/counter?",
    );
    check(&shell, text.replace("toys/counter", "a_test"), 2, "`bohrbug list` shows those that there are");
    check(&shell, text.replace("toys/counter", "a_test"), 2, "by its test: BOHRBUG_REPLAY=t.jsonl cargo test a_test");
    let revision = edited(&text, "\"revision\":\"unguarded\"", "\"revision\":\"ungarded\"");
    check(&shell, revision, 2, "t.jsonl:1: no revision is called `ungarded`; did you mean unguarded?");
    check(&shell, edited(&text, "\"revision\":\"unguarded\",", ""), 2, "t.jsonl:1: the trace names no revision");
    shell.write("t.jsonl", &text);
    let called = shell.call(&["replay", "t.jsonl", "--revision", "v9"]).ends_with(2);
    called.complains("no revision is called `v9`; there are guarded, tolerant, unguarded");
}

#[test]
fn a_trace_whose_path_the_program_does_not_take_ends_with_11() {
    let shell = Shell::new(TOYS);
    let text = recorded(&shell);
    shell.write("t.jsonl", text.replace("unguarded", "guarded"));
    no_panic(&shell.call(&["replay", "t.jsonl"]).ends_with(11).says("diverged at step "));
    shell.write("t.jsonl", text.replace("toys/counter", "toys/two-locks").replace("unguarded", "ordered"));
    no_panic(&shell.call(&["replay", "t.jsonl"]).ends_with(11).says("diverged at step "));
}

#[test]
fn an_unknown_name_ends_with_2_and_the_nearest_one() {
    let shell = Shell::new(TOYS);
    let check = |arguments: &[&str], message: &str| {
        let called = shell.call(arguments).ends_with(2).complains(message);
        no_panic(&called);
        assert_eq!(called.out, "");
    };
    check(&["hunt", "contuer"], "error: no scenario is called `contuer`; did you mean counter?");
    check(&["hunt", "counter", "zzzzzz"], "no scenario is called `zzzzzz`; `bohrbug list` shows those that there are");
    check(&["list", "toy-s"], "no scenario is called `toy-s`; did you mean toys?");
    check(&["hunt", "--revision", "garded"], "no revision is called `garded`; did you mean guarded?");
    check(&["hunt", "--strategy", "randm"], "no strategy is called `randm`; did you mean random?");
    check(&["replay", "t.jsonl", "--on", "lom"], "loom");
    check(&["hnt"], "hunt");
    check(&["hunt", "--executions", "many"], "expected a whole number");
    check(&["hunt", "--executions", "0"], "expected at least 1");
    check(&["hunt", "--executions", "-1"], "invalid value '-1' for '--executions <N>': expected a whole number");
    check(&["hunt", "--time", "-1"], "invalid value '-1' for '--time <S>': expected a number of seconds");
    check(&["hunt", "--jobs", "0"], "invalid value '0' for '--jobs <N>': expected at least 1");
    check(&["hunt", "--jobs", "-1"], "invalid value '-1' for '--jobs <N>': expected a whole number");
    check(&["hunt", "--seed", "-1"], "expected a whole number from 0 to 18446744073709551615");
    check(&["bench", "counter", "--seeds", "-1"], "expected a whole number");
    check(&["replay", "t.jsonl", "--times", "-1"], "expected a whole number");
    check(&["minimize", "t.jsonl", "--events", "-1"], "expected a whole number");
    check(&["hunt", "--strategy", "annealing"], "no strategy is called `annealing`; there are portfolio, random");
    check(&["hunt", ""], "no scenario is called ``; `bohrbug list` shows those that there are");
    check(&[], "Usage: bohrbug");
}

#[test]
fn a_revision_that_none_of_the_selected_scenarios_has_selects_nothing() {
    let called = Shell::new(TOYS).call(&["hunt", "counter", "--revision", "ordered"]).ends_with(4);
    called.complains(
        "nothing is selected: no scenario selected has the revision `ordered`; they have guarded, tolerant, unguarded",
    );
}

#[test]
fn a_file_that_cannot_be_written_ends_with_1_and_says_so() {
    let shell = Shell::new(TOYS);
    shell.write("t.jsonl", recorded(&shell));
    let called = shell.call(&["explain", "t.jsonl", "--out", "nowhere/page.html"]).ends_with(1);
    no_panic(&called.complains("nowhere/page.html: cannot write the file: ").complains("; create its directory"));
    let called = shell.call(&["bench", "counter", "--out", "nowhere.md"]).ends_with(1);
    no_panic(&called.complains("nowhere.md: cannot read the page: ").complains("; it must exist"));
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_a_mistake_of_usage_or_a_file() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let shell = Shell::new(TOYS);
    let odd = OsStr::from_bytes(b"\xff\xfe.jsonl");
    no_panic(&shell.call(&[OsStr::new("hunt"), odd]).ends_with(2));
    no_panic(&shell.call(&[OsStr::new("replay"), odd]).ends_with(20));
}
