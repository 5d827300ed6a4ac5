//! A test whose environment makes it a shard leaves results, of which `bohrbug merge` makes what one process says.
//!
//! The tests that are divided are the ignored ones of this file, each run by this program as `cargo test` runs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use bohrbug::Check;
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex, thread};
use serde_json::Value;

use crate::program::{BOHRBUG, Called, Shell};

#[test]
#[ignore = "it is run in shards"]
fn loses_updates() {
    bohrbug::check(|| {
        let number = Arc::new(AtomicU32::new(0));
        let add = || {
            let number = number.clone();
            thread::spawn(move || (0..3).for_each(|_| number.store(number.load(SeqCst) + 1, SeqCst)))
        };
        [(); 2].map(|()| add()).into_iter().for_each(|adder| adder.join().unwrap());
        assert!(number.load(SeqCst) > 3, "half of it was lost");
    });
}

#[test]
#[ignore = "it is run in shards"]
fn counts() {
    bohrbug::check(|| {
        let number = Arc::new(Mutex::new(0));
        let adder = thread::spawn({
            let number = number.clone();
            move || *number.lock().unwrap() += 1
        });
        *number.lock().unwrap() += 1;
        adder.join().unwrap();
    });
}

#[test]
#[ignore = "it is run in shards"]
fn ends_its_process() {
    Check::new().run(|| {
        let number = Arc::new(AtomicU32::new(0));
        let other = number.clone();
        let racer = thread::spawn(move || other.store(1, SeqCst));
        if number.load(SeqCst) == 1 {
            std::process::abort();
        }
        racer.join().unwrap();
    });
}

/// So many suffice for a failure and a proof.
const EXECUTIONS: &str = "2000";

/// Runs one of those tests with these variables, in a directory.
fn run(shell: &Shell, test: &str, variables: &[(&str, &str)]) -> Called {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([&format!("sharded_tests::{test}"), "--exact", "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOHRBUG_") || name == "CI" {
            command.env_remove(name);
        }
    }
    command.env("CARGO_PKG_NAME", "package").current_dir(shell.path("")).envs(variables.iter().copied());
    let output = command.output().expect("this program can be started");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Called { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn run_shard(shell: &Shell, test: &str, strategy: &str, shard: &str) -> Called {
    let variables = [("BOHRBUG_SHARD", shard), ("BOHRBUG_SHARD_OUT", "results"), ("BOHRBUG_STRATEGY", strategy)];
    run(shell, test, &[&variables[..], &[("BOHRBUG_EXECUTIONS", EXECUTIONS)]].concat())
}

fn merge(shell: &Shell, more: &[&str]) -> Called {
    shell.call(&[&["merge", "results", "--traces", "merged"], more].concat())
}

/// Each trace in the directory.
fn traces(directory: &Path) -> Vec<(String, String)> {
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("a trace"))
    };
    crate::program::files(directory).into_iter().map(read).collect()
}

/// What the whole says in its line on that test, or the report of its failure.
fn said_by_the_whole(whole: &Called) -> String {
    let line = |line: &str| line.strip_prefix("bohrbug: `").map(|_| line.trim_start_matches("bohrbug: ").to_owned());
    let headline = |line: &str| line.starts_with('`').then(|| line.to_owned());
    whole.err.lines().find_map(|text| line(text).or_else(|| headline(text))).expect("a line on the test")
}

#[test]
fn a_check_in_shards_is_the_check_of_one_process() {
    let tests =
        [("loses_updates", "random", 10), ("loses_updates", "dfs", 10), ("counts", "dfs", 0), ("counts", "pct", 0)];
    for (test, strategy, code) in tests {
        for of in [1, 3, 5] {
            let shell = Shell::new(BOHRBUG);
            let mut failed = 0;
            // In another order than theirs.
            for number in (1..=of).rev() {
                let called = run_shard(&shell, test, strategy, &format!("{number}/{of}"));
                failed += u32::from(called.code == Some(101));
                assert!(matches!(called.code, Some(0 | 101)), "{called:#?}");
            }
            assert_eq!(failed > 0, code == 10, "{test} under {strategy} in {of}");
            assert!(!shell.path("traces").exists(), "a shard keeps no traces");
            let variables =
                [("BOHRBUG_STRATEGY", strategy), ("BOHRBUG_EXECUTIONS", EXECUTIONS), ("BOHRBUG_TRACES", "whole")];
            let whole = run(&shell, test, &variables);
            let merged = merge(&shell, &[]).ends_with(code).complains_of_nothing();
            // The place tells it from others of its name.
            let said = said_by_the_whole(&whole).replace("`sharded_tests::", "`package/whole/sharded_tests::");
            let out = merged.out.replace("`sharded_tests::", "`package/whole/sharded_tests::");
            assert!(out.contains(&said), "{said:?} is not in {merged:#?}");
            let [merged, whole] = ["merged", "whole"].map(|name| traces(&shell.path(name)));
            assert_eq!(merged, whole, "{test} under {strategy} in {of}");
            assert_eq!(merged.is_empty(), code == 0);
        }
    }
}

#[test]
fn what_is_lost_or_of_another_campaign_is_said() {
    let shell = Shell::new(BOHRBUG);
    for number in [1, 2, 4, 5] {
        run_shard(&shell, "counts", "dfs", &format!("{number}/5")).ends_with(0).complains("which proves nothing yet");
    }
    let lost = merge(&shell, &["--format", "json"]).ends_with(13);
    let lost = lost.complains("counts: of 5 shards these are missing: 3").complains("verifies nothing");
    let rows: Vec<Value> = lost.json();
    assert_eq!((rows.len(), &rows[0]["verdict"]), (1, &Value::from("passed")));
    run_shard(&shell, "counts", "dfs", "3/5").ends_with(0);
    let rows = merge(&shell, &["--format", "json"]).ends_with(0).complains_of_nothing().json();
    assert_eq!(rows[0]["verdict"], "verified, `Arc` counts excepted");
    assert_eq!(rows[0]["test"], "package/whole/sharded_tests::counts");
    // Another test's results are merged beside them, and a file that is cut off is left out.
    run_shard(&shell, "loses_updates", "random", "1/5").complains("in shard 1/5; its results: ");
    merge(&shell, &[]).ends_with(10).complains("loses_updates: of 5 shards these are missing: 2-5");
    run_shard(&shell, "loses_updates", "random", "1/4").ends_with(101).complains("4 shards and not 5");
    run_shard(&shell, "loses_updates", "pct", "2/5").ends_with(101).complains("strategy pct and not random");
    let file = shell.files("results").into_iter().find(|file| file.display().to_string().contains("counts"));
    let file = file.expect("the results of a shard");
    let text = fs::read_to_string(&file).expect("its text");
    fs::write(&file, &text[..text.len() / 2]).expect("the test's own file");
    merge(&shell, &[]).ends_with(20).complains("the file was cut off");
    merge(&shell, &["--format", "junit"]).ends_with(2).complains("--format human or json");
}

#[test]
fn what_ends_its_process_in_a_shard_is_in_its_results() {
    let shell = Shell::new(BOHRBUG);
    for number in 1..=3 {
        let called = run_shard(&shell, "ends_its_process", "random", &format!("{number}/3"));
        called.complains("ended its process").complains("it is in the results of the shard");
    }
    let variables = [("BOHRBUG_STRATEGY", "random"), ("BOHRBUG_EXECUTIONS", EXECUTIONS), ("BOHRBUG_TRACES", "whole")];
    run(&shell, "ends_its_process", &variables).complains("ended its process");
    merge(&shell, &[]).ends_with(10).complains_of_nothing().says("` ended its process in execution ").says("crash");
    let [merged, whole] = ["merged", "whole"].map(|name| traces(&shell.path(name)));
    assert_eq!(merged, whole);
    assert_eq!(merged.len(), 1);
}

#[test]
fn what_names_no_shard_or_cannot_be_divided_fails_the_check_in_clear_words() {
    let shell = Shell::new(BOHRBUG);
    for (shard, strategy, said) in [
        ("6/5", "dfs", "BOHRBUG_SHARD=6/5: there is no shard 6 of 5; they count from 1 to 5"),
        ("third", "dfs", "`third` names no shard"),
        ("env/5", "dfs", "no engine says which shard this is"),
        ("1/5", "portfolio", "`portfolio` cannot be divided into shards"),
        ("1/5", "dpor", "`dpor` cannot be divided into shards"),
    ] {
        run_shard(&shell, "counts", strategy, shard).ends_with(101).complains(said);
    }
    let without = [("BOHRBUG_SHARD", "1/5"), ("BOHRBUG_STRATEGY", "dfs")];
    run(&shell, "counts", &without).ends_with(101).complains("BOHRBUG_SHARD needs BOHRBUG_SHARD_OUT");
    assert!(!shell.path("results").exists());
    // An engine's number is that of the check, too.
    let engine = [("BOHRBUG_SHARD", "env/5"), ("BOHRBUG_SHARD_OUT", "results"), ("JOB_COMPLETION_INDEX", "1")];
    let engine = [&engine[..], &[("BOHRBUG_STRATEGY", "dfs")]].concat();
    run(&shell, "counts", &engine).ends_with(0).complains("of shard 2/5");
}
