//! Every behaviour of `replica-manager.json`, run against the revisions that it names.
//!
//! A case with `runs` is data alone: lines in the vocabulary of `script` (see `docs/observations.md`), for the revisions of its
//! `epoch` or those that a run names. What needs more than one thread's calls, or counts signals, has a function instead. A case
//! with neither, a function without a case and an epoch that this file cannot read all fail.

mod engine;
mod race;
mod rebuild;
mod replica;
mod script;
mod snapshot;
mod verify;
mod world;

use std::collections::BTreeMap;

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
    runs: Vec<ScriptedRun>,
}

/// One way in which a case comes out.
#[derive(Deserialize)]
struct ScriptedRun {
    /// On these revisions; on all of the epoch's where none is named.
    #[serde(default)]
    on: Vec<String>,
    /// Why these differ: a departure that is intended has to say so.
    why: Option<String>,
    script: Vec<String>,
}

type Run = fn(Revision);

/// How a case is shown to hold.
enum Shown {
    /// Step by step, here.
    Here(Run),
    /// Step by step for some interleavings here, for all of them by the harness's scenario of that name.
    HereAndByExploration(Run, &'static str),
    /// By the harness's scenario of that name: its interleaving blocks, which one thread cannot.
    ByExploration(&'static str),
}

use Shown::{ByExploration, Here, HereAndByExploration};

const SHOWN: &[(&str, Shown)] = &[
    ("LH-004", Here(replica::fresh_create)),
    ("LH-006", Here(replica::create_while_running)),
    ("LH-008", Here(replica::create_in_error)),
    ("LH-009", Here(replica::failure_in_the_body)),
    ("LH-010", Here(replica::ports_exhausted)),
    ("LH-011", Here(replica::missing_backing_image)),
    ("LH-015", Here(replica::detach_of_a_placeholder)),
    ("LH-020", Here(snapshot::create)),
    ("LH-027", Here(snapshot::purge)),
    ("LH-028", Here(snapshot::purge_without_a_head)),
    ("LH-033", Here(engine::no_client)),
    ("LH-034", Here(engine::err_is_sticky)),
    ("LH-056", Here(verify::listing_fails)),
    ("LH-057", Here(verify::broken_pipe)),
    ("LH-058", Here(verify::order_inside_a_pass)),
    ("LH-060", HereAndByExploration(race::drop_between_insert_and_lvol, "create-vs-verify")),
    ("LH-061", HereAndByExploration(race::sync_wins, "create-vs-verify")),
    ("LH-062", Here(race::leftover_hides_the_drop)),
    ("LH-063", Here(race::resurrection)),
    ("LH-064", HereAndByExploration(race::fixed_create_vs_verify, "create-vs-verify")),
    ("LH-066", HereAndByExploration(race::duplicate_creates, "duplicate-create")),
    ("LH-067", HereAndByExploration(race::create_vs_delete, "create-vs-delete")),
    ("LH-068", HereAndByExploration(race::delete_create_inside_verify, "delete-create-vs-verify")),
    ("LH-070", HereAndByExploration(race::generation_counter, "delete-create-vs-verify")),
    ("LH-071", Here(race::apply_step)),
    ("LH-073", HereAndByExploration(race::backing_images_are_swapped_blindly, "backing-image-vs-verify")),
    ("LH-074", ByExploration("engine-add-vs-verify")),
    ("LH-075", ByExploration("shallow-copy-vs-verify")),
    ("LH-079", Here(rebuild::destination_start)),
    ("LH-081", Here(rebuild::finish)),
    ("LH-084", Here(rebuild::destination_unknown)),
    ("LH-086", Here(rebuild::removed_during_the_copy)),
    ("LH-087", Here(rebuild::downgrade_during_finish)),
    ("LH-089", Here(rebuild::shutdown)),
    ("LH-090", Here(rebuild::slow_watcher)),
];

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
    let shown: BTreeMap<&str, &Shown> = SHOWN.iter().map(|(id, shown)| (*id, shown)).collect();
    let (mut ran, mut left_to_exploration, mut failed) = (0, Vec::new(), Vec::new());
    for case in cases() {
        let epoch = revisions(&case.epoch).unwrap_or_else(|| panic!("{}: epoch {:?}", case.id, case.epoch));
        if !case.runs.is_empty() {
            for (revision, script) in scripts(&case, &epoch) {
                ran += 1;
                if std::panic::catch_unwind(|| script::run(revision, script)).is_err() {
                    failed.push(format!("{} on {revision}: {}", case.id, case.title));
                }
            }
            continue;
        }
        let run = match shown.get(case.id.as_str()) {
            Some(Here(run)) => run,
            Some(HereAndByExploration(run, scenario)) => {
                left_to_exploration.push(format!("{} also: {scenario}", case.id));
                run
            }
            Some(ByExploration(scenario)) => {
                left_to_exploration.push(format!("{} only: {scenario}", case.id));
                continue;
            }
            None => panic!("no function shows {} ({})", case.id, case.title),
        };
        for revision in epoch {
            ran += 1;
            if std::panic::catch_unwind(|| run(revision)).is_err() {
                failed.push(format!("{} on {revision}: {}", case.id, case.title));
            }
        }
    }
    println!("{} cases, {ran} runs; {}", cases().len(), left_to_exploration.join(", "));
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

#[test]
fn every_function_shows_a_case() {
    let ids: Vec<String> = cases().into_iter().filter(|case| case.runs.is_empty()).map(|case| case.id).collect();
    let named: Vec<&str> = SHOWN.iter().map(|(id, _)| *id).collect();
    assert_eq!(named, ids);
}
