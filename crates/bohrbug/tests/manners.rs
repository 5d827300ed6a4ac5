//! What an exploration does to the process around it: nothing that lasts, and nothing that is seen.
//!
//! A panic hook and what is printed belong to the whole process, so those tests run one of the `#[ignore]`d tests below in
//! a process of its own.

#[path = "common/another_process.rs"]
mod another_process;
#[path = "common/lost_update.rs"]
mod lost_update;

use std::panic::{catch_unwind, set_hook};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use another_process::another_process;
use bohrbug::{Budget, Check, Exploration, FailureKind, Program, Report, Verdict, strategies};
use bohrbug_sync::{Arc, Condvar, Mutex, thread};
use lost_update::lost_update;

/// Two tasks take two locks in opposite orders.
fn opposite_orders() {
    let locks = Arc::new((Mutex::new(()), Mutex::new(())));
    let other = thread::spawn({
        let locks = locks.clone();
        move || {
            let _first = locks.0.lock();
            let _second = locks.1.lock();
        }
    });
    {
        let _second = locks.1.lock();
        let _first = locks.0.lock();
    }
    other.join().unwrap();
}

/// Nothing is wrong.
fn fine() {
    let number = Arc::new(Mutex::new(0));
    let other = thread::spawn({
        let number = number.clone();
        move || *number.lock().unwrap() += 1
    });
    *number.lock().unwrap() += 1;
    other.join().unwrap();
}

/// A program, and the kind of its failure.
type Expected = (fn(), Option<FailureKind>);

const PROGRAMS: [Expected; 3] =
    [(lost_update, Some(FailureKind::Panic)), (opposite_orders, Some(FailureKind::Deadlock)), (fine, None)];

fn explore(run: fn(), strategy: &str) -> Report {
    let budget = Budget::default().executions(2_000);
    let exploration = Exploration::new("manners", strategy).budget(budget);
    exploration.run(&Program::new(run), |_| ()).unwrap()
}

/// Explores everything with every strategy, and says of each whether it ended as it must.
fn explore_all() {
    for (run, kind) in PROGRAMS {
        for (strategy, _) in strategies() {
            let report = explore(run, strategy);
            assert_eq!(report.failure().map(|failure| failure.kind), kind, "{strategy}: {:?}", report.failure());
        }
    }
}

/// Runs an ignored test of this file in a process of its own.
fn in_another_process(test: &str) -> Output {
    let output = another_process(test).output().unwrap();
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(output.status.success() && ran, "{test}: {output:?}");
    output
}

/// Lines on standard output that the test harness did not write.
fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let harness = ["running 1 test", "test result: ok.", "test "];
    let others = text.lines().filter(|line| !line.is_empty() && !harness.iter().any(|start| line.starts_with(start)));
    others.map(str::to_owned).collect()
}

#[test]
fn an_exploration_prints_nothing_whatever_it_finds() {
    let output = in_another_process("explores_everything");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(said(&output), Vec::<String>::new());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn explores_everything() {
    explore_all();
}

#[test]
fn what_prints_a_failing_check_is_its_own_panic_and_no_other() {
    let output = in_another_process("fails_a_check_on_each_runtime");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(printed.matches("panicked at").count(), 3, "{printed}");
    for word in ["Shuttle", "shuttle::", "loom::", "failing seed", "serializing schedule", "test panicked in task"] {
        assert!(!printed.contains(word), "{word:?} in {printed}");
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn fails_a_check_on_each_runtime() {
    let traces = tempfile::tempdir().unwrap();
    for strategy in ["dfs", "shuttle-random", "loom"] {
        let check = Check::named("fails_a_check").strategy(strategy).traces(traces.path().join(strategy));
        assert!(catch_unwind(|| check.run(lost_update)).is_err());
    }
}

#[test]
fn two_panics_at_once_end_the_process_and_are_named() {
    let program = std::env::current_exe().unwrap();
    // Without `--nocapture`: what the runner captures is lost with it.
    let arguments = ["panics_while_it_unwinds", "--exact", "--ignored"];
    let mut command = Command::new(program);
    // Where CI is set nobody saves the trace that is made of it.
    command.args(arguments).env("RUST_BACKTRACE", "0").env("CI", "1").env_remove("BOHRBUG_TRACES");
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let printed = String::from_utf8_lossy(&output.stderr);
    for word in
        ["in an execution of `panics_while_it_unwinds`", "the first panic", "the destructor's panic", "manners.rs:"]
    {
        assert!(printed.contains(word), "{word:?} is not in {printed}");
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn panics_while_it_unwinds() {
    struct Careless;
    impl Drop for Careless {
        fn drop(&mut self) {
            panic!("the destructor's panic");
        }
    }
    Check::named("panics_while_it_unwinds").run(|| {
        let _careless = Careless;
        panic!("the first panic");
    });
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn the_panic_hook_that_was_there_before_is_there_after() {
    let output = in_another_process("counts_panics_with_a_hook_of_its_own");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn counts_panics_with_a_hook_of_its_own() {
    set_hook(Box::new(|_| _ = PANICS.fetch_add(1, SeqCst)));
    for (strategy, _) in strategies() {
        for (run, _) in PROGRAMS {
            let before = PANICS.load(SeqCst);
            explore(run, strategy);
            assert_eq!(PANICS.load(SeqCst), before, "the hook was called for the tasks of {strategy}");
            assert!(catch_unwind(|| panic!("on purpose")).is_err());
            assert_eq!(PANICS.load(SeqCst), before + 1, "the hook is gone after {strategy}");
        }
    }
    // A panic outside of the exploration, while one is under way, goes to the hook at once.
    let before = PANICS.load(SeqCst);
    let exploration = Exploration::new("manners", "random").budget(Budget::default().executions(10));
    let outsider = || std::thread::spawn(|| panic!("on purpose")).join().is_err();
    exploration.run(&Program::new(fine), |_| ()).unwrap();
    let elsewhere = exploration.explore(&Program::new(fine), move |_| {
        assert!(outsider());
        std::ops::ControlFlow::Break(())
    });
    assert_eq!(elsewhere.unwrap().executions, 1);
    assert_eq!(PANICS.load(SeqCst), before + 1);
    // An exploration that is left by a panic puts the hook back, too.
    let left = catch_unwind(|| exploration.explore(&Program::new(fine), |_| panic!("on purpose")).is_ok());
    assert!(left.is_err());
    let before = PANICS.load(SeqCst);
    assert!(catch_unwind(|| panic!("on purpose")).is_err());
    assert_eq!(PANICS.load(SeqCst), before + 1, "the hook is gone after a panic in the observer");
}

#[test]
fn a_thousand_explorations_do_not_wrap_the_hook_a_thousand_times() {
    let output = in_another_process("panics_after_many_explorations");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn panics_after_many_explorations() {
    set_hook(Box::new(|_| _ = PANICS.fetch_add(1, SeqCst)));
    let exploration = Exploration::new("manners", "random").budget(Budget::default().executions(1));
    for _ in 0..20_000 {
        exploration.run(&Program::new(|| ()), |_| ()).unwrap();
    }
    // A chain of so many hooks would not fit on this stack.
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    assert!(small.spawn(|| panic!("on purpose")).unwrap().join().is_err());
    assert_eq!(PANICS.load(SeqCst), 1);
}

/// Waits with a timeout for a word that comes.
fn waits_with_a_timeout() -> bool {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let teller = thread::spawn({
        let pair = pair.clone();
        move || {
            *pair.0.lock().unwrap() = true;
            pair.1.notify_one();
        }
    });
    let mut told = pair.0.lock().unwrap();
    let mut early = false;
    while !*told {
        let (guard, result) = pair.1.wait_timeout(told, Duration::from_secs(1)).unwrap();
        told = guard;
        early |= result.timed_out();
    }
    drop(told);
    teller.join().unwrap();
    early
}

/// Removes saved traces, which the next check of the name would replay; with `CI` set there are none.
fn forget(traces: &std::path::Path) {
    let _ = std::fs::remove_dir_all(traces);
}

#[test]
fn two_differently_configured_checks_in_one_process_each_get_what_they_ask_for() {
    let traces = tempfile::tempdir().unwrap();
    let long = || (0..100).for_each(|_| thread::yield_now());
    for strategy in ["random", "shuttle-random"] {
        for _ in 0..2 {
            let check = || Check::named("configured").strategy(strategy).executions(300).traces(traces.path());
            let on_time = check().run(|| assert!(!waits_with_a_timeout(), "a timeout fired"));
            assert_eq!(on_time.verdict, Verdict::Passed);
            assert!(catch_unwind(|| check().timeouts(1).run(|| assert!(!waits_with_a_timeout()))).is_err());
            forget(traces.path());

            assert_eq!(check().run(long).verdict, Verdict::Passed);
            assert!(catch_unwind(|| check().step_bound(20).run(long)).is_err());
            forget(traces.path());
        }
    }
}

#[test]
fn eight_explorations_in_parallel_find_what_each_finds_alone() {
    let work: Vec<(fn(), &str)> = vec![
        (lost_update, "random"),
        (lost_update, "shuttle-random"),
        (lost_update, "loom"),
        (opposite_orders, "pct"),
        (opposite_orders, "shuttle-pct"),
        (opposite_orders, "dfs"),
        (fine, "shuttle-dfs"),
        (fine, "dfs"),
    ];
    // The trace has no clock and no address in it, so it must be the same to the letter.
    let outcome = |(run, strategy): (fn(), &str)| {
        let report = explore(run, strategy);
        let trace = report.trace().map(|trace| trace.render());
        (report.verdict, report.executions, trace)
    };
    let alone: Vec<_> = work.iter().map(|&work| outcome(work)).collect();
    for _ in 0..5 {
        let threads: Vec<_> = work.iter().map(|&work| std::thread::spawn(move || outcome(work))).collect();
        let together: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(together, alone);
    }
}
