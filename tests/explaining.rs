//! What is said of the committed traces: the mechanism of each reported bug by name, and that every trace is minimal.

use std::path::{Path, PathBuf};

use bohrbug::explain::explain;
use bohrbug::minimize::Effort;
use bohrbug::trace::{Explanation, Fewest, Sources, Trace};
use harness::catalogue::everything;
use harness::recorded::Recorded;

use crate::program::{BOHRBUG, Shell, TOYS, files};

/// The three reports.
const REPORTED: [&str; 3] = [
    "replica-manager/create-vs-verify-v3-",
    "vm-simulator/reconfigure-vs-collect-reported-",
    "vm-assignment/network-failure-reported-",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The committed trace whose path begins so.
fn committed(start: &str) -> PathBuf {
    let traces = root().join("traces");
    let found = files(&traces).into_iter().find(|path| path.starts_with(&traces) && is_called(path, start));
    found.unwrap_or_else(|| panic!("no trace is called {start}"))
}

fn is_called(path: &Path, start: &str) -> bool {
    path.display().to_string().contains(&format!("/traces/{start}"))
}

fn all() -> Vec<(PathBuf, Trace)> {
    let read = |path: PathBuf| (path.clone(), Trace::read(&path).unwrap_or_else(|error| panic!("{error}")));
    files(&root().join("traces")).into_iter().map(read).collect()
}

#[test]
fn the_mechanism_of_each_report_is_named() {
    for start in REPORTED {
        let trace = Trace::read(committed(start)).expect("a trace");
        let sources = Sources::below(&root(), &trace);
        let name = start.split_once('/').expect("a system").1.trim_end_matches('-');
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/explanations");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, Explanation::new(trace, sources).human(120)));
    }
}

#[test]
fn the_essence_in_a_trace_is_what_explaining_it_finds() {
    for start in REPORTED {
        let recorded = Recorded::open(&committed(start), &everything()).expect("a trace of a scenario");
        let explained = explain(&recorded.trace, &recorded.program()).expect("a failure");
        assert_eq!(explained.trace.header.essence, recorded.trace.header.essence, "{start}");
    }
}

#[test]
fn a_committed_trace_is_minimal_already() {
    for start in REPORTED {
        let recorded = Recorded::open(&committed(start), &everything()).expect("a trace of a scenario");
        let minimized = recorded.minimize(Effort::default(), |_| {}).expect("a failure");
        assert_eq!(minimized.trace, recorded.trace, "{start}");
    }
}

#[test]
fn the_preemptions_of_nine_traces_in_ten_are_proved_to_be_the_fewest() {
    let all = all();
    let mut proved = 0;
    for (path, trace) in &all {
        let preemptions = trace.header.preemptions;
        let preemptions = preemptions.unwrap_or_else(|| panic!("{} is not minimised", path.display()));
        proved += usize::from(preemptions.fewest == Fewest::Proved);
    }
    assert!(proved * 10 >= all.len() * 9, "{proved} of {}", all.len());
}

#[test]
fn the_report_of_the_replica_manager_fits_on_a_page() {
    let trace = Trace::read(committed(REPORTED[0])).expect("a trace");
    assert!(trace.header.preemptions.expect("minimised").count <= 2);
    assert!(trace.events.len() <= 25, "{} events", trace.events.len());
}

#[test]
fn a_trace_is_explained_in_every_form_with_and_without_the_code() {
    let shell = Shell::new(BOHRBUG);
    let trace = committed(REPORTED[0]).display().to_string();
    let sources = root().display().to_string();
    let human = shell.call(&["explain", &trace, "--sources", &sources]).ends_with(0).complains_of_nothing();
    human.says("It fails only if").says("in `insert_record`");
    let bare = shell.call(&["explain", &trace]).ends_with(0).complains_of_nothing().says("It fails only if");
    assert!(!bare.out.contains("`insert_record`") && bare.out.contains("--> crates/replica-manager/"));
    let json = shell.call(&["explain", &trace, "--format", "json"]).ends_with(0).json();
    assert_eq!(json[0]["scenario"], "replica-manager/create-vs-verify");
    assert!(json[0]["orders"].as_array().is_some_and(|orders| !orders.is_empty()));
    let chrome = shell.call(&["explain", &trace, "--format", "chrome"]).ends_with(0).json();
    assert!(chrome[0]["traceEvents"].as_array().is_some_and(|events| events.len() > 20));
    shell.call(&["explain", &trace, "--format", "html", "--out", "page.html"]).ends_with(0).complains_of_nothing();
    let page = std::fs::read_to_string(shell.path("page.html")).expect("a page");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("create-vs-verify"));
}

#[test]
fn the_trace_of_a_test_is_drawn_as_it_was_recorded() {
    let shell = Shell::new(BOHRBUG);
    let text = std::fs::read_to_string(committed(REPORTED[0])).expect("a trace");
    shell.write("t.jsonl", text.replace("replica-manager/create-vs-verify", "tests::a_test"));
    let human = shell.call(&["explain", "t.jsonl"]).ends_with(0);
    let human = human.complains("no scenario is called `tests::a_test`, so nothing was run again");
    human.complains("BOHRBUG_REPLAY=t.jsonl cargo test tests::a_test").says("It fails only if");
    shell.call(&["explain", "t.jsonl", "--format", "html", "--out", "page.html"]).ends_with(0);
    let page = std::fs::read_to_string(shell.path("page.html")).expect("a page");
    assert!(page.contains("tests::a_test"));
}

#[test]
fn a_trace_is_minimised_in_its_place_or_into_another_file() {
    let shell = Shell::new(TOYS);
    let hunt = shell.call(&["hunt", "toys", "--traces", "found", "--quiet"]);
    assert!(hunt.code.is_some());
    let trace = shell.files("found").first().expect("a toy that fails").display().to_string();
    let before = std::fs::read(&trace).expect("a trace");
    shell.call(&["minimize", &trace, "--out", "small.jsonl"]).ends_with(0).says("small.jsonl: ");
    shell.call(&["minimize", &trace]).ends_with(0).says("preemption");
    // What a hunt saves is minimal already.
    assert_eq!(std::fs::read(&trace).expect("a trace"), before);
    assert_eq!(std::fs::read(shell.path("small.jsonl")).expect("a trace"), before);
}

#[test]
fn what_cannot_be_explained_or_minimised_is_said() {
    let shell = Shell::new(BOHRBUG);
    let reported = committed(REPORTED[0]);
    let trace = reported.display().to_string();
    for command in ["explain", "minimize"] {
        shell.call(&[command, "nowhere.jsonl"]).ends_with(20).complains("nowhere.jsonl");
        let text = std::fs::read_to_string(&reported).expect("a trace");
        shell.write("unheard.jsonl", text.replacen("\"revision\":\"v3\"", "\"revision\":\"v33\"", 1));
        shell.call(&[command, "unheard.jsonl"]).ends_with(2).complains("unheard.jsonl:1: no revision is called `v33`");
        shell.write("holds.jsonl", text.replacen("\"revision\":\"v3\"", "\"revision\":\"strict\"", 1));
        shell.call(&[command, "holds.jsonl"]).ends_with(11).complains("no longer fails as recorded");
        shell.call(&[command]).ends_with(2);
    }
    let text = std::fs::read_to_string(&reported).expect("a trace");
    shell.write("elsewhere.jsonl", text.replace("create-vs-verify\"", "create-vs-nobody\""));
    shell.call(&["minimize", "elsewhere.jsonl"]).ends_with(2).complains("no scenario");
    shell.call(&["minimize", &trace, &trace, "--out", "one.jsonl"]).ends_with(2).complains("--out takes one trace");
}
