//! What the revisions that hold come to under a small budget: the same on every machine.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use harness::catalogue::everything;
use harness::outcome::{Judgement, Outcome};
use harness::plan::Settings;
use harness::scenario::Expectation;
use harness::select::{self, Pair};
use harness::workers::{self, News};

/// The scenarios that brute force gets through on some revisions, and quickly enough for a debug build.
const LIGHT: [&str; 6] = [
    "create-vs-verify",
    "duplicate-create",
    "create-vs-delete",
    "engine-mode",
    "swallowed-rollback",
    "new-network-invisible",
];
/// What it takes there, and what there is patience for elsewhere.
const EXECUTIONS: (u64, u64) = (1_600, 60);

#[test]
fn the_revisions_that_are_expected_to_hold_do_hold() {
    let catalogue = everything();
    let pairs = select::pairs(&catalogue, catalogue.scenarios(), None).expect("there are some");
    let pairs: Vec<Pair> = pairs.into_iter().filter(|pair| pair.expected == Expectation::Holds).collect();
    let (light, heavy): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|pair| LIGHT.contains(&pair.scenario.name));
    let mut outcomes = hunted(&light, "dfs", EXECUTIONS.0);
    outcomes.extend(hunted(&heavy, "random", EXECUTIONS.1));
    let lines = outcomes.iter().map(|outcome| {
        assert_eq!(outcome.judgement(), Judgement::AsExpected, "{outcome:#?}");
        let name = outcome.pair.scenario.full_name();
        let Outcome { strategy, verdict, executions, .. } = outcome;
        format!("{name:44} {:20} {strategy:6} {verdict:8} {executions:>5}\n", outcome.pair.revision)
    });
    insta::assert_snapshot!(lines.collect::<String>());
}

/// The outcomes in the order of the pairs.
fn hunted(pairs: &[Pair], strategy: &str, executions: u64) -> Vec<Outcome> {
    let strategy = Some(strategy.to_owned());
    let settings = Settings { strategy, executions: Some(executions), ..Settings::default() };
    let jobs = thread::available_parallelism().map_or(1, Into::into);
    let (sender, done) = mpsc::channel();
    // Nothing fails, so nothing is written there.
    workers::run(pairs, &settings, Path::new("/dev/null/no-traces"), jobs, |news| {
        if let News::Done(number, outcome) = news {
            sender.send((number, *outcome)).expect("the receiver is below");
        }
    });
    drop(sender);
    let mut outcomes: Vec<(usize, Outcome)> = done.into_iter().collect();
    outcomes.sort_by_key(|(number, _)| *number);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
