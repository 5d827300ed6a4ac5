//! What a check says: to whoever asked for something that there is not, and how a failure is replayed.
//!
//! Where a panic is reported and the variables belong to the whole process, so those tests run one of the `#[ignore]`d ones in
//! a process of its own.

#[path = "common/another_process.rs"]
mod another_process;
#[path = "common/panics_with.rs"]
mod panics_with;

use another_process::another_process;
use bohrbug::{Budget, Check, Exploration, Program, UnknownName};
use bohrbug_sync::{choice, thread};
use panics_with::panics_with;

#[test]
fn an_unknown_strategy_is_reported_where_the_check_was_called() {
    for test in ["asks_for_an_unknown_strategy", "asks_for_an_unknown_strategy_with_inputs"] {
        let output = another_process(test).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("crates/bohrbug/tests/checks.rs:"), "{said}");
        assert!(said.contains("no strategy is called `ptc`; did you mean pct?"), "{said}");
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn asks_for_an_unknown_strategy() {
    Check::new().strategy("ptc").run(|| ());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn asks_for_an_unknown_strategy_with_inputs() {
    Check::new().strategy("ptc").run_with(0..10_u32, |_| ());
}

#[test]
fn an_unknown_monitor_is_refused() {
    let leaks = || drop(thread::spawn(thread::yield_now));
    let refused = panics_with(Check::new().on("leaked-thread"), leaks);
    assert_eq!(refused, "no monitor is called `leaked-thread`; did you mean leaked-threads?");
    let refused = panics_with(Check::new().off("panics"), || ());
    assert_eq!(refused, "no monitor is called `panics`; did you mean panic?");
    Check::new().executions(10).off("panic").off("nondeterminism").on("lock-order").run(|| ());
}

#[test]
fn mains_own_assertions_fail_whichever_monitors_are_disabled() {
    let traces = tempfile::tempdir().unwrap();
    let check = |name: &str| Check::named(name).traces(traces.path()).executions(10);
    let nothing = bohrbug::monitor::names().fold(check("main"), |check, name| check.off(name));
    assert!(panics_with(nothing, || assert_eq!(1, 2)).contains("panic in main: assertion `left == right` failed"));
    // What another task's panic means main has to say, which joins it or not.
    let panics = || drop(thread::spawn(|| panic!("on purpose")).join());
    check("another").off("panic").run(panics);
    assert!(panics_with(check("another"), panics).contains("panic in main/"));
}

#[test]
fn an_exploration_refuses_an_unknown_monitor_too() {
    let budget = Budget::default().executions(10);
    let exploration = Exploration::new("checks", "random").budget(budget).off(["dead-lock"]);
    match exploration.run(&Program::new(|| ()), |_| ()) {
        Err(UnknownName::Monitor(unknown)) => assert_eq!(unknown.suggestion, "did you mean deadlock?"),
        other => panic!("{other:?}"),
    }
}

/// The end of the report of a check that fails.
fn printed_command(check: Check) -> String {
    let report = panics_with(check.strategy("dfs"), || assert!(!choice::fault("disk"), "the disk is broken"));
    let (_, command) = report.split_once("replay it with: ").unwrap_or_else(|| panic!("no command in {report}"));
    command.to_owned()
}

#[test]
fn the_printed_command_names_the_test_and_not_the_check() {
    // Nothing is saved where CI is set, and no command printed.
    let output = another_process("prints_commands").env_remove("CI").output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn prints_commands() {
    let traces = tempfile::tempdir().unwrap();
    let check = || Check::named("another_name").traces(traces.path());
    let first = printed_command(check());
    assert!(first.starts_with("BOHRBUG_REPLAY=") && first.ends_with(" cargo test prints_commands"), "{first}");
    // The replay of the saved trace prints it, too.
    assert_eq!(printed_command(check()), first);
    for (thread, command) in [("main", "cargo test"), ("it's mine", r#"cargo test "it's mine""#)] {
        let (check, builder) = (check(), std::thread::Builder::new().name(thread.to_owned()));
        let printed = builder.spawn(|| printed_command(check)).unwrap().join().unwrap();
        assert!(printed.ends_with(&format!(".jsonl {command}")), "{printed}");
    }
}
