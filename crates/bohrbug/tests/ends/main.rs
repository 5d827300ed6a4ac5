//! Programs that end their process, or never come back: how they came to that is there as a trace, which replays, and the next
//! test runs.
//!
//! Each program is run by a test of this file in a process of its own. Unix alone.
#![cfg(unix)]

#[path = "../common/another_process.rs"]
mod another_process;
mod killed;
mod shard;
mod table;
mod ways;

use std::time::Duration;

use bohrbug::Check;

/// The check that a process of its own runs: of the program, with the traces in the directory, that its environment names.
#[test]
#[ignore = "run in a process of its own"]
fn a_way_to_end() {
    let way = std::env::var("BOHRBUG_TEST_WAY").expect("the program's name");
    let traces = std::env::var_os("BOHRBUG_TEST_TRACES").expect("a directory");
    let run = ways::find(&way).expect("a program of the table").run;
    Check::named(way).traces(traces).loop_time(Duration::from_millis(300)).executions(300).run(run);
}

/// A test like any other, that comes after it.
#[test]
#[ignore = "run in a process of its own"]
fn a_way_to_end_and_the_next() {}
