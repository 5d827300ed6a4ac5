//! Every behaviour of `replica-manager.json`, run against the revisions that it names.
//!
//! A case is data alone: lines in the vocabulary of `script` (see `docs/observations.md`), for the revisions of its `epoch` or
//! those that a run names. One whose interleaving blocks, which one thread cannot show, names the harness's scenario that explores
//! it. A case with neither and an epoch that this file cannot read both fail.

mod script;

use replica_manager::Revision;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    epoch: String,
    source: String,
    #[serde(default)]
    runs: Vec<Run>,
    /// The harness's scenario that explores all interleavings of it.
    explored: Option<String>,
}

/// One way in which a case comes out.
#[derive(Deserialize)]
struct Run {
    /// On these revisions; on all of the epoch's where none is named.
    #[serde(default)]
    on: Vec<String>,
    /// Why these differ: a departure that is intended has to say so.
    why: Option<String>,
    script: Vec<String>,
}

/// The revisions that an epoch names. One that speaks of a change (`before/after`, `vs`, `lifted`, a date on) is run
/// everywhere: its function looks at [`replica_manager::Behaviour`] for which side it is on.
fn revisions(epoch: &str) -> Option<Vec<Revision>> {
    use Revision::{RecordAfterLvol, Strict, TransactionalCreate, V0, V3, V4, V5, V6, VerifyLock};
    Some(match epoch {
        "V0 (before be070c49)" => vec![V0],
        "V3" => vec![V3],
        "V4" => vec![V4],
        "V5" => vec![V5],
        "V6" => vec![V6],
        "V3,V4" | "dec2024 (V3/V4)" => vec![V3, V4],
        "V4,V6" => vec![V4, V6],
        "V4,V5,V6" => vec![V4, V5, V6],
        "V5,V6 (HEAD)" => vec![V5, V6],
        "V4+" => vec![V4, V5, V6, Strict],
        "2026-04+" => vec![V5, V6, Strict],
        "dec2024" => vec![V3, V4, RecordAfterLvol, VerifyLock, TransactionalCreate],
        "all"
        | "2025-06+ (cdcf20fd)"
        | "b789d730 baseline / after cc342d1f+1eff34cd / HEAD"
        | "before 2026-04"
        | "before/after 1eff34cd"
        | "before/after e06e39d9"
        | "dec2024 vs 2025-09+"
        | "dec2024; lifted by 976449c2/cb8bb18d" => Revision::ALL.to_vec(),
        _ => return None,
    })
}

fn cases() -> Vec<Case> {
    let data = include_str!("replica-manager.json");
    serde_json::from_str::<Cases>(data).expect("the cases are readable").cases
}

#[test]
fn every_case_holds_on_the_revisions_that_it_names() {
    let (mut ran, mut explored, mut failed) = (0, Vec::new(), Vec::new());
    for case in cases() {
        let epoch = revisions(&case.epoch).unwrap_or_else(|| panic!("{}: epoch {:?}", case.id, case.epoch));
        explored.extend(case.explored.as_ref().map(|scenario| format!("{}: {scenario}", case.id)));
        if case.runs.is_empty() {
            assert!(case.explored.is_some(), "nothing shows {} ({})", case.id, case.title);
            continue;
        }
        for (revision, script) in scripts(&case, &epoch) {
            ran += 1;
            if std::panic::catch_unwind(|| script::run(revision, script)).is_err() {
                failed.push(format!("{} on {revision}: {}", case.id, case.title));
            }
        }
    }
    println!("{} cases, {ran} runs; by scenarios, too: {}", cases().len(), explored.join(", "));
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// The script of each revision: there has to be one for all that the epoch names.
fn scripts<'c>(case: &'c Case, epoch: &[Revision]) -> Vec<(Revision, &'c [String])> {
    let parse = |name: &String| name.parse().unwrap_or_else(|error| panic!("{}: {error}", case.id));
    let runs = case.runs.iter().flat_map(|run| {
        let on: Vec<Revision> = if run.on.is_empty() { epoch.to_vec() } else { run.on.iter().map(parse).collect() };
        on.into_iter().map(|revision| (revision, run.script.as_slice()))
    });
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by_key(|(revision, _)| *revision);
    let named: Vec<Revision> = runs.iter().map(|(revision, _)| *revision).collect();
    let missing: Vec<&Revision> = epoch.iter().filter(|revision| !named.contains(revision)).collect();
    assert!(missing.is_empty(), "{}: no run is for {missing:?}", case.id);
    runs
}

#[test]
fn every_case_says_where_it_comes_from_and_why_strict_departs_from_it() {
    for case in cases() {
        assert!(!case.source.is_empty(), "{}: no source", case.id);
        for run in case.runs.iter().filter(|run| run.on == ["strict"]) {
            assert!(run.why.is_some(), "{}: strict departs, and nothing says why", case.id);
        }
    }
}
