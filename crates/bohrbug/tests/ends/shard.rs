//! A process that explores a shard, and is ended: how it came to that is there as well.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use bohrbug::shard::Shard;
use bohrbug::trace::Trace;
use bohrbug::{Again, Budget, Exploration, FailureKind, Program, ReplayVerdict, Runtime, replay, survive};

use crate::another_process::another_process;
use crate::ways;

const TEST: &str = "shard::explores_a_shard";

/// Aborts if a task comes between two steps of main.
fn program() -> Program {
    Program::new(ways::find("abort").expect("a line of the table").run).started_again_by(Again::test(TEST))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

#[test]
#[ignore = "run in a process of its own"]
fn explores_a_shard() {
    let traces = PathBuf::from(variable("BOHRBUG_TEST_TRACES"));
    if let Some(asked) = survive::asked() {
        asked.carry_out(&program(), |trace, _| trace.save_into(&traces).is_ok());
    }
    let strategy = variable("BOHRBUG_TEST_STRATEGY");
    let shard: Shard = variable("BOHRBUG_TEST_SHARD").parse().unwrap();
    let exploration = Exploration::new("a shard", strategy.as_str()).budget(Budget::default().executions(300));
    let part = exploration.run_shard(&program(), shard, |_| ()).unwrap();
    panic!("it came to its end: {part:?}");
}

#[test]
fn what_ends_the_process_of_a_shard_leaves_its_trace() {
    for (strategy, shard) in [("random", "1/2"), ("random", "2/2"), ("pct", "2/3"), ("dfs", "2/3")] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = another_process(TEST);
        command.env("BOHRBUG_TEST_TRACES", directory.path());
        command.env("BOHRBUG_TEST_STRATEGY", strategy).env("BOHRBUG_TEST_SHARD", shard);
        let ended = command.output().unwrap();
        let said = format!("{strategy} {shard}: {}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(ended.status.signal(), Some(libc::SIGABRT), "{said}");
        let mut files = std::fs::read_dir(directory.path()).unwrap();
        let path = files.next().unwrap_or_else(|| panic!("no trace: {said}")).unwrap().path();
        let trace = Trace::read(&path).unwrap();
        assert_eq!(trace.header.failure.as_ref().unwrap().kind, FailureKind::Crash, "{said}");
        let shard: Shard = shard.parse().unwrap();
        // What pct learns from every shard runs, and a search counts its own.
        assert!(strategy != "random" || shard.owns(trace.header.execution - 1), "{said}");
        // The child wants to know where traces go, though it makes none.
        let again = Again::test(TEST).map(|again| again.with_variable("BOHRBUG_TEST_TRACES", directory.path()));
        let replayed = replay(&trace, &program().started_again_by(again), Runtime::Native).unwrap();
        assert_eq!(replayed.verdict, ReplayVerdict::Reproduced, "{said}");
    }
}
