//! `bohrbug` on toys that end their process: the hunt goes on, and the traces replay.

use crate::program::{ENDS, Shell};

/// What the merge of three shards of that strategy, each ended by some of the toys, says of each revision.
fn merged(strategy: &str) -> Vec<(String, Option<String>, u64)> {
    let shell = Shell::new(ENDS);
    for number in 1..=3 {
        let shard = format!("{number}/3");
        let options = ["--strategy", strategy, "--executions", "60", "--jobs", "1", "--quiet", "--out", "results"];
        let called = shell.call(&[&["hunt", "ends/race", "--shard", &shard], &options[..]].concat()).ends_with(0);
        assert!(called.out.contains("aborts: it ended the process in execution"), "{called:#?}");
    }
    let called = shell.call(&["merge", "results", "--format", "json"]).ends_with(0);
    let rows = called.json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    for row in rows.iter().filter(|row| !row["failure"].is_null()) {
        let trace = text(&row["trace"]).expect("a failure has a trace");
        shell.call(&["replay", &trace]).ends_with(0).says("reproduced");
    }
    let came_to = |row: &serde_json::Value| {
        let revision = text(&row["revision"]).expect("a row has a revision");
        (revision, text(&row["failure"]["kind"]), row["executions"].as_u64().expect("a number"))
    };
    rows.iter().map(came_to).collect()
}

#[test]
fn shards_go_on_after_what_ends_their_process_and_the_merge_has_it() {
    let drawn = merged("random");
    let shell = Shell::new(ENDS);
    let options = ["--strategy", "random", "--executions", "60", "--jobs", "1", "--format", "json"];
    let whole = shell.call(&[&["hunt", "ends/race"], &options[..]].concat()).ends_with(0);
    let whole: Vec<_> = whole.json().iter().map(|row| row["executions"].as_u64().expect("a number")).collect();
    // The first failure is that of one process.
    assert_eq!(drawn.iter().map(|row| row.2).collect::<Vec<_>>(), whole);
    let kinds = [Some("crash"), None, Some("exit"), Some("stack-overflow"), None];
    for rows in [drawn, merged("dfs")] {
        assert_eq!(rows.iter().map(|row| row.1.as_deref()).collect::<Vec<_>>(), kinds, "{rows:?}");
    }
}

#[test]
fn a_hunt_goes_on_after_what_ends_its_process() {
    let shell = Shell::new(ENDS);
    let called = shell.call(&["hunt", "ends/race", "--format", "json", "--jobs", "1"]).ends_with(0);
    let lines: Vec<serde_json::Value> =
        called.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let came_to: Vec<_> =
        lines.iter().map(|line| (line["revision"].as_str(), line["failure"]["kind"].as_str())).collect();
    assert_eq!(
        came_to,
        [
            (Some("aborts"), Some("crash")),
            (Some("gives-way"), None),
            (Some("exits"), Some("exit")),
            (Some("recurses"), Some("stack-overflow")),
            (Some("does-nothing"), None),
        ],
        "{called:#?}"
    );
    assert!(lines.iter().all(|line| line["as_expected"] == true), "{called:#?}");
    let traces = shell.files("target/bohrbug/traces/ends");
    assert_eq!(traces.len(), 3);
    for trace in traces {
        let trace = trace.display().to_string();
        shell.call(&["replay", &trace, "--times", "2"]).ends_with(0).says("reproduced");
        shell.call(&["minimize", &trace]).ends_with(0);
        shell.call(&["explain", &trace]).ends_with(0);
    }
}

/// Ways to end, `kill -9` and `_exit` among them, on that carrier: a hunt outlives each, and has the trace.
fn outlives(scenario: &str, count: usize, carrier: &str) {
    let shell = Shell::new(ENDS).with("BOHRBUG_CARRIER", carrier).with("BOHRBUG_LOOP_TIME", "0.3");
    let hunt = ["hunt", scenario, "--jobs", "2", "--format", "json", "--quiet"];
    let called = shell.call(&hunt).ends_with(0);
    let rows = called.json();
    assert_eq!(rows.len(), count, "{called:#?}");
    for row in rows {
        assert_eq!(row["as_expected"], true, "{row:#}");
        let trace = row["trace"].as_str().expect("a failure has a trace");
        shell.call(&["replay", trace]).ends_with(0).says("reproduced");
    }
}

#[test]
fn a_hunt_outlives_ways_to_end_of_each_sort() {
    outlives("ends/few", 6, "coroutines");
}

#[test]
fn a_hunt_outlives_ways_to_end_of_each_sort_on_os_threads() {
    outlives("ends/few", 6, "threads");
}

/// The whole table, with `cargo test -p bohrbug-tests --test whole ending -- --ignored`.
#[test]
#[ignore = "a long run: each of the table's lines takes up to two hundred processes"]
fn a_hunt_outlives_every_way_to_end() {
    outlives("ends/ways", 23, "coroutines");
}

#[test]
#[ignore = "a long run, as the one before"]
fn a_hunt_outlives_every_way_to_end_on_os_threads() {
    outlives("ends/ways", 23, "threads");
}
