//! What a check says to whoever asked for something that there is not.
//!
//! Where a panic is reported belongs to the whole process, so that test runs the `#[ignore]`d ones in a process of their own.

#[path = "common/another_process.rs"]
mod another_process;

use another_process::another_process;
use bohrbug::Check;

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
