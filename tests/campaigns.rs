//! Campaigns: shards in processes of their own come to what one process comes to, and what is wrong with their results is said.

use std::fs;
use std::path::PathBuf;

use bohrbug::shard::Part;
use harness::campaign::gather::Gathered;
use harness::campaign::results::{CameTo, Results};
use serde_json::{Value, json};

use crate::program::{Called, Shell, TOYS, files};

/// What is hunted for: with a failure, without, and with surprises.
const HUNT: [&str; 4] = ["hunt", "counter", "two-locks", "fails-differently"];

fn hunt(strategy: &str, more: &[&str]) -> Vec<String> {
    let options = ["--strategy", strategy, "--quiet"];
    HUNT.iter().chain(&options).chain(more).map(|word| (*word).to_owned()).collect()
}

/// Runs the shard of that name, with its results in `results`.
fn run_shard(shell: &Shell, strategy: &str, shard: &str) -> Called {
    shell.call(&hunt(strategy, &["--executions", "60", "--shard", shard, "--out", "results"]))
}

/// The rows, without what differs from one run to the next.
fn rows(called: &Called, traces: &str) -> Vec<Value> {
    let mut rows = called.json();
    for row in &mut rows {
        row["seconds"] = json!(0);
        if let Some(trace) = row["trace"].as_str() {
            row["trace"] = json!(trace.replace(traces, "traces"));
        }
        // Only one process estimates how far a search came that did not end.
        row["estimate"] = Value::Null;
    }
    rows
}

#[test]
fn shards_that_come_in_any_order_and_twice_are_the_hunt_of_one_process() {
    for (strategy, of) in [("pct", 7), ("dfs", 5)] {
        let shell = Shell::new(TOYS);
        // Three are lost, and run again.
        let order = (0..of).rev().chain(0..of.min(3)).map(|number| (number * 3) % of + 1);
        for (place, number) in order.enumerate() {
            if place as u64 == of {
                for lost in files(&shell.path("results")).into_iter().take(of.min(3) as usize) {
                    fs::remove_file(lost).unwrap();
                }
            }
            run_shard(&shell, strategy, &format!("{number}/{of}")).ends_with(0).complains_of_nothing();
        }
        for number in 1..=of {
            run_shard(&shell, strategy, &format!("{number}/{of}")).ends_with(0);
        }
        let merged = shell.call(&["merge", "results", "--format", "json", "--traces", "merged"]);
        let whole = ["--executions", "60", "--format", "json", "--traces", "whole"];
        let whole = shell.call(&hunt(strategy, &whole));
        assert_eq!(rows(&merged, "merged"), rows(&whole, "whole"), "{strategy}");
        assert_eq!((merged.code, whole.code), (Some(10), Some(10)), "{merged:?}");
        let traces = |below: &str| -> Vec<(PathBuf, Vec<u8>)> {
            let relative =
                |path: PathBuf| (path.strip_prefix(shell.path(below)).unwrap().to_owned(), fs::read(path).unwrap());
            shell.files(below).into_iter().map(relative).collect()
        };
        assert_eq!(traces("merged"), traces("whole"), "{strategy}");
        assert!(!traces("whole").is_empty());
        let verified = rows(&merged, "merged").iter().filter(|row| row["verdict"] == "verified").count();
        assert_eq!(verified > 0, strategy == "dfs", "{strategy}");
    }
}

#[test]
fn what_is_missing_repeated_or_damaged_is_said_and_the_rest_counts() {
    let shell = Shell::new(TOYS);
    for number in 1..=4 {
        run_shard(&shell, "dfs", &format!("{number}/4")).ends_with(0).says("tolerant: ");
    }
    let file = |name: &str| shell.path("results").join(name);
    let merge = |code| shell.call(&["merge", "results", "--format", "json"]).ends_with(code);
    let verified = |called: &Called| called.json().iter().filter(|row| row["verdict"] == "verified").count();
    assert_eq!(verified(&merge(10).complains_of_nothing()), 2);

    fs::copy(file("shard-2-of-4.jsonl"), file("shard-2-of-4 (1).jsonl")).unwrap();
    assert_eq!(verified(&merge(10).complains("shard 2 is there twice, and counts once")), 2);
    fs::remove_file(file("shard-2-of-4 (1).jsonl")).unwrap();

    let text = fs::read_to_string(file("shard-3-of-4.jsonl")).unwrap();
    for (wrong, said) in [
        (text[..text.len() / 2].to_owned(), "shard-3-of-4.jsonl: the file was cut off; run the shard again"),
        (text[..5].to_owned(), "shard-3-of-4.jsonl: the file was cut off"),
        (text.replacen("\"proves\":true", "\"proves\":false", 1), "the file is damaged: its checksum does not match"),
        (text.replacen("\"bohrbug\":\"", "\"bohrbug\":\"0.0.", 1), "bohrbug 0.0."),
        (
            text.replacen("{\"results\":1", "{\"results\":2", 1),
            "the results have format 2 and this version reads format 1",
        ),
        ("a shopping list\n".to_owned(), "these are no results of a shard"),
        (String::new(), "these are no results of a shard"),
    ] {
        assert_ne!(wrong, text);
        fs::write(file("shard-3-of-4.jsonl"), &wrong).unwrap();
        let called = merge(20).complains(said).complains("of 4 shards these are missing: 3;");
        assert_eq!((verified(&called), called.json().len()), (0, 6), "{called:?}");
        assert_eq!(fs::read_to_string(file("shard-3-of-4.jsonl")).unwrap(), wrong);
    }
    fs::remove_file(file("shard-3-of-4.jsonl")).unwrap();
    assert_eq!(verified(&merge(10).complains("run them again, as with --shard 3/4")), 0);
    run_shard(&shell, "dfs", "3/4").ends_with(0);
    assert_eq!(verified(&merge(10).complains_of_nothing()), 2);
}

#[test]
fn nothing_found_in_some_shards_is_no_verdict() {
    let shell = Shell::new(TOYS);
    let guarded =
        ["hunt", "counter", "--revision", "guarded", "--strategy", "random", "--shard", "1/2", "--out", "results"];
    shell.call(&guarded).ends_with(0).says("toys/counter guarded: 5,000 executions, no failure");
    shell.call(&["merge", "results"]).ends_with(13).complains("of 2 shards these are missing: 2;").says("passed");
}

#[test]
fn results_of_two_campaigns_are_not_mixed() {
    let shell = Shell::new(TOYS);
    run_shard(&shell, "random", "1/3").ends_with(0);
    for (other, said) in [
        (vec!["--shard", "1/4"], "3 shards and not 4"),
        (vec!["--shard", "2/3", "--seed", "9"], "seed 9 and not 0"),
        (vec!["--shard", "2/3", "--executions", "61"], "executions 61 and not 60"),
        (vec!["--shard", "2/3", "--scale", "full"], "scale full and not small"),
        (vec!["--shard", "2/3", "--revision", "unguarded"], "other scenarios or revisions"),
        (vec!["--shard", "2/3", "--strategy", "pct"], "strategy pct and not random"),
    ] {
        let mut command = hunt("random", &["--executions", "60", "--out", "results"]);
        for pair in other.chunks(2) {
            // An option that is there twice is refused by itself.
            if let Some(place) = command.iter().position(|word| word == pair[0]) {
                command[place + 1] = pair[1].to_owned();
            } else {
                command.extend(pair.iter().map(|word| (*word).to_owned()));
            }
        }
        let called = shell.call(&command).ends_with(2).complains("are of two campaigns");
        assert!(called.err.contains(said) || said.contains("3 shards"), "{called:?}");
        assert_eq!(shell.files("results").len(), 1);
    }
    shell.call(&hunt("pct", &["--executions", "60", "--shard", "2/3", "--out", "other"])).ends_with(0);
    shell.call(&["merge", "results", "other"]).ends_with(2).complains("give each campaign a directory of its own");
}

#[test]
fn what_is_no_shard_is_refused_with_the_reason() {
    let shell = Shell::new(TOYS);
    for (options, said) in [
        (&["--shard", "0/3"] as &[&str], "there is no shard 0 of 3; they count from 1 to 3"),
        (&["--shard", "4/3"], "there is no shard 4 of 3"),
        (&["--shard", "-1/3"], "`-1/3` names no shard"),
        (&["--shard", "three"], "`three` names no shard"),
        (&["--shard", "1/0"], "a campaign has 1 to 10000 shards, not 0"),
        (&["--shard", "env/3"], "no engine says which shard this is"),
        (&["--shard", "1/3", "--time", "9"], "with a time each machine would end elsewhere"),
        (&["--shard", "1/3", "--long"], "and not with --long"),
        (&["--shard", "1/3", "--traces", "t"], "`bohrbug merge --traces DIR` keeps them"),
        (&["--shard", "1/3", "--format", "junit"], "`bohrbug merge --format junit`"),
    ] {
        let mut command = hunt("random", &["--out", "results"]);
        command.extend(options.iter().map(|word| (*word).to_owned()));
        shell.call(&command).ends_with(2).complains(said);
    }
    for (strategy, said) in [
        ("dpor", "`dpor` cannot be divided into shards: what one subtree shows"),
        ("portfolio", "`portfolio` cannot be divided into shards"),
        ("shuttle-random", "a foreign runtime"),
        ("rondom", "did you mean random?"),
    ] {
        shell.call(&hunt(strategy, &["--shard", "1/3", "--out", "results"])).ends_with(2).complains(said);
    }
    shell.call(&["hunt", "--shard", "1/3", "--out", "results"]).ends_with(2).complains("name it with --strategy");
    shell.call(&hunt("random", &["--shard", "1/3"])).ends_with(2).complains("--shard needs --out DIR");
    shell.call(&hunt("random", &["--out", "results"])).ends_with(2).complains("name it with --shard");
    shell.call(&["merge", "nowhere"]).ends_with(20).complains("nowhere: cannot read the directory");
    fs::create_dir(shell.path("empty")).unwrap();
    shell.call(&["merge", "empty"]).ends_with(4).complains("no results of a shard are in empty");
    shell.call(&["merge"]).ends_with(2);
    assert!(!shell.path("results").exists());
}

#[test]
fn an_engine_says_which_shard_it_is() {
    let shell = Shell::new(TOYS)
        .with("TEST_SHARD_INDEX", "1")
        .with("TEST_TOTAL_SHARDS", "3")
        .with("TEST_SHARD_STATUS_FILE", "divided")
        .with("BOHRBUG_SHARD_OUT", "results")
        .with("BOHRBUG_SHARD", "env/3");
    shell
        .call(&hunt("random", &["--executions", "9"]))
        .ends_with(0)
        .says("the results of shard 2/3: results/shard-2-of-3");
    assert!(shell.path("divided").exists());
    let shell = shell.with("SLURM_ARRAY_TASK_ID", "3");
    shell
        .call(&hunt("random", &["--executions", "9"]))
        .ends_with(2)
        .complains("SLURM_ARRAY_TASK_ID=3 (shard 3 in Slurm) and TEST_SHARD_INDEX=1 (shard 2 in Bazel) disagree");
}

/// Numbers of which the next follows from the last: the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// The text with one thing changed, in a way that leaves it JSON now and then.
fn mutated(text: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = text.to_vec();
    let at = numbers.below(bytes.len());
    match numbers.below(6) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << numbers.below(8),
        2 => drop(bytes.remove(at)),
        // Another digit is what passes the reader of JSON.
        3 | 4 => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|&place| bytes[place].is_ascii_digit()).collect();
            let place = digits[numbers.below(digits.len())];
            bytes[place] = b'0' + numbers.below(10) as u8;
        }
        _ => {
            let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
            lines.swap(one, other);
            bytes = lines.concat();
        }
    }
    bytes
}

/// The text with the checksum that it would have, so that what is behind the checksum is reached.
fn signed(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(text) = String::from_utf8(bytes.clone()) else { return bytes };
    let Some((before, last)) = text.trim_end().rsplit_once('\n') else { return bytes };
    let Ok(mut last) = serde_json::from_str::<Value>(last) else { return bytes };
    last["checksum"] = json!(harness::campaign::results::checksum(&format!("{before}\n")));
    format!("{before}\n{last}\n").into_bytes()
}

/// The results without their times, so that the same is changed in every run.
fn untimed(bytes: &[u8]) -> Vec<u8> {
    let mut results = Results::parse(bytes).unwrap();
    results.lines.iter_mut().for_each(|line| line.seconds = 0.5);
    results.render().into_bytes()
}

#[test]
fn ten_thousand_mutated_results_are_read_or_refused_and_nothing_panics() {
    let shell = Shell::new(TOYS);
    let mut numbers = Numbers(7);
    let (mut read, mut refused, mut merged) = (0, 0, 0);
    for strategy in ["random", "dfs", "pct"] {
        for number in 1..=2 {
            let options = ["--strategy", strategy, "--executions", "30", "--out", "results", "--quiet", "--shard"];
            let command = ["hunt", "counter"].iter().chain(&options).map(|word| (*word).to_owned());
            shell.call(&command.chain([format!("{number}/2")]).collect::<Vec<_>>()).ends_with(0);
        }
        let files = shell.files("results");
        let texts: Vec<Vec<u8>> = files.iter().map(|file| untimed(&fs::read(file).unwrap())).collect();
        let other = Results::parse(&texts[1]).unwrap();
        for _ in 0..3334 {
            let mut bytes = mutated(&texts[0], &mut numbers);
            if numbers.below(4) > 0 {
                bytes = signed(bytes);
            }
            match Results::parse(&bytes) {
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty());
                }
                Ok(results) => {
                    read += 1;
                    merged += usize::from(merge_all(&results, &other));
                }
            }
        }
        // The whole way, for some.
        for _ in 0..8 {
            fs::write(&files[0], signed(mutated(&texts[0], &mut numbers))).unwrap();
            let called = shell.call(&["merge", "results", "--format", "json"]);
            // A forged failure is another one than expected, or its trace does not reproduce it; that is no bug of ours.
            assert!([0, 2, 10, 11, 13, 20].contains(&called.code.unwrap()), "{called:?}");
            assert!(!called.err.contains("panicked"), "{called:?}");
        }
        fs::remove_dir_all(shell.path("results")).unwrap();
    }
    assert!(read > 300 && refused > 5000 && merged > 200, "{read} {refused} {merged}");
}

/// Merges each line of both; whether all went well.
fn merge_all(results: &Results, other: &Results) -> bool {
    let part = |line: &CameTo| -> Option<Part> {
        match line {
            CameTo::Part(part) => Some((**part).clone()),
            CameTo::Ended(_) | CameTo::Refused(_) | CameTo::Fault(_) | CameTo::Ran { .. } => None,
        }
    };
    results.lines.iter().zip(&other.lines).all(|(one, two)| {
        let exploration = bohrbug::Exploration::new(one.scenario.clone(), results.campaign.strategy.as_str());
        let parts: Vec<Part> = [one, two].into_iter().filter_map(|line| part(&line.came_to)).collect();
        exploration.merge(&parts).is_ok()
    })
}

#[test]
fn results_are_found_in_directories_below() {
    let shell = Shell::new(TOYS);
    for number in 1..=2 {
        run_shard(&shell, "random", &format!("{number}/2")).ends_with(0);
        let name = format!("shard-{number}-of-2.jsonl");
        fs::create_dir_all(shell.path(&format!("all/{number}"))).unwrap();
        fs::rename(shell.path("results").join(&name), shell.path("all").join(number.to_string()).join(&name)).unwrap();
    }
    let gathered = Gathered::from(&[shell.path("all")]).unwrap();
    assert_eq!((gathered.missing(), gathered.of, gathered.results.len()), (vec![], 2, 2));
}
