//! The behaviour cases, as data: every one on both ledgers, in the fixed revisions and in the reported one.
//!
//! Each case is checked three times over: outcome and family of error against the data; the final state against what
//! the data says of it; and the full difference of state against a committed file, which both ledgers must give
//! (`UPDATE_DIFFS=1 cargo test -p vm-assignment` rewrites it).

mod moved;
mod run;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;
use vm_assignment::ledger::Table;
use vm_assignment::records as r;
use vm_assignment::{Error, ErrorKind, Revision};

use moved::{check_moved, policy_owners};
use run::{CASES, Run, cases, run};

/// Whether an error is of the family, and from the step, that the data names.
fn check_error(case: &Json, revision: Revision, error: &Error) {
    let family = case["expect"]["error"].as_str().unwrap();
    let expected = match family.split([' ', ':']).next().unwrap() {
        "InvalidParameter" => Some(ErrorKind::InvalidParameter),
        "PermissionDenied" => Some(ErrorKind::PermissionDenied),
        "ResourceAllocation" => Some(ErrorKind::ResourceAllocation),
        "CloudRuntime" => Some(ErrorKind::CloudRuntime),
        "injected" => Some(ErrorKind::Injected),
        "any" | "upstream" => None,
        other => panic!("unknown family {other}"),
    };
    if let Some(kind) = expected {
        assert_eq!(error.kind, kind, "case {} on {revision}: {error}", case["id"]);
    }
    let stage = case["expect"]["stage"].as_str().unwrap().split(' ').next().unwrap();
    // Case 16: a new owner that resolves to nothing exists in a mock only; a removed account stops a step earlier.
    let numbered = stage.starts_with(|first: char| first.is_ascii_digit()) && !stage.starts_with("21");
    if numbered && case["id"] != 16 {
        assert_eq!(error.stage, stage, "case {} on {revision}: {error}", case["id"]);
    }
}

/// The revisions that the data's expectation is about. The report's `transaction` is among them except where it has no
/// step in front of the transaction to fail in.
fn fixed(case: &Json) -> Vec<Revision> {
    let id = case["id"].as_i64().unwrap();
    match id {
        77 | 78 => vec![Revision::Strict],
        7 | 103 => vec![Revision::Pr10875],
        106 => vec![Revision::Reservations],
        94 => vec![Revision::Pr10875, Revision::Reservations, Revision::Strict],
        _ => vec![Revision::Transaction, Revision::Pr10875, Revision::Reservations, Revision::Strict],
    }
}

fn check_fixed(case: &Json) {
    for revision in fixed(case) {
        let run = run(case, revision);
        let id = case["id"].as_i64().unwrap();
        match (&run.outcome, case["expect"]["outcome"].as_str().unwrap()) {
            (Err(error), "error") => {
                check_error(case, revision, error);
                if id != 103 {
                    assert_eq!(run.diff(), [], "case {id} on {revision}: changed something");
                }
            }
            (Ok(()), "ok") => check_moved(id, revision, &run),
            (outcome, expected) => panic!("case {id} on {revision}: expected {expected}, got {outcome:?}"),
        }
    }
}

/// The reported revision, by the phrases in which the data describes what it leaves behind.
fn check_reported(case: &Json) {
    let id = case["id"].as_i64().unwrap();
    let said = case["buggy_4_20_0"].as_str().unwrap();
    // Not reachable there, or a flag it does not have.
    if said.starts_with("not reachable") || said == "flag absent" || said == "no reservations in assign" {
        return;
    }
    let run = run(case, Revision::Reported);
    let context = format!("case {id} on reported ({said}): {:?}", run.outcome);
    let group_lost = |run: &Run| run.after.all::<r::InstanceGroupMember>().is_empty();
    if said.contains("retry fails") {
        assert_eq!(run.outcome.as_ref().unwrap_err().stage, "9-same", "{context}");
    } else if said.starts_with("owner, volumes") || said.starts_with("moved; old NICs gone") {
        assert!(run.outcome.is_err(), "{context}");
        assert_eq!(run.owner(), "B", "{context}");
        let cards = run.live_cards().len();
        let expected = match said {
            said if said.contains("one new NIC only") => 1,
            said if said.contains("no new NIC") => 0,
            _ => run.before.all::<r::Nic>().iter().filter(|nic| nic.instance_id == 1).count(),
        };
        assert_eq!(cards, expected, "{context}");
        // The exceptions leave a machine that is on a network everybody may use, or has a card of its new owner's.
        let agrees_by_luck = [79, 99].contains(&id);
        assert!(agrees_by_luck || !run.audit().is_empty(), "{context}: the audit finds it");
    } else if said.contains("membership") || said.contains("except group") || said.contains("instance-group") {
        assert!(run.outcome.is_err(), "{context}");
        assert!(group_lost(&run), "{context}");
        assert!(run.diff().iter().all(|change| change.table == Table::InstanceGroupMember), "{context}");
    } else if case["expect"]["outcome"] == "error" {
        assert!(run.outcome.is_err(), "{context}");
        assert_eq!(run.diff(), [], "{context}");
    } else {
        assert_eq!(run.outcome, Ok(()), "{context}");
        assert_eq!(run.owner(), if id == 74 { "P1" } else { "B" }, "{context}");
    }
}

fn check_group(group: &str) {
    let cases = cases(group);
    assert!(!cases.is_empty(), "the data has a group {group}");
    for case in cases {
        check_fixed(&case);
        check_reported(&case);
    }
}

#[test]
fn preconditions_refuse_in_their_order_and_change_nothing() {
    check_group("precondition");
}

#[test]
fn quotas_are_checked_for_the_account_and_every_domain_above_it() {
    check_group("quota");
}

#[test]
fn templates_are_checked_for_the_new_owner() {
    check_group("access");
}

#[test]
fn a_move_changes_everything_that_belongs_to_the_machine() {
    check_group("success");
}

#[test]
fn a_failure_in_the_network_phase_undoes_everything_in_the_fixed_revisions_only() {
    check_group("network-failure");
}

#[test]
fn the_api_answers_two_codes_and_hides_the_cause_since_the_first_fix() {
    let case = |id: i64| cases("precondition").into_iter().find(|case| case["id"] == id).unwrap();
    // The data says what the answer is, and of which cases; the number of one of these is here.
    for (answer, id) in cases("api").into_iter().zip([19, 18]) {
        let error = run(&case(id), Revision::Pr10875).outcome.unwrap_err();
        let (found, text) = error.api_answer("v1");
        let code = found.to_string();
        assert!(answer["expect"]["error"].as_str().unwrap().contains(&code), "{} {error}: {code}", answer["id"]);
        assert!(text.contains("v1") && !text.contains(&error.message), "{text}");
        let (found, text) = error.reported_api_answer("v1");
        assert_eq!(found, 530, "{error}");
        assert!(text.contains(&error.message), "{text}");
    }
}

#[test]
fn an_orphan_network_of_a_failed_cleanup_is_found_and_strict_leaves_none() {
    let case = cases("network-failure").into_iter().find(|case| case["id"] == 103).unwrap();
    let upstream = run(&case, Revision::Pr10875);
    assert_eq!(upstream.outcome.as_ref().unwrap_err().stage, "undo.network", "the deletion's error masks the first");
    assert!(upstream.audit().iter().any(|finding| finding.starts_with("I10")), "{:?}", upstream.audit());
    let strict = run(&case, Revision::Strict);
    assert_eq!(strict.outcome.as_ref().unwrap_err().stage, "network.allocate");
    assert_eq!(strict.diff(), []);
}

#[test]
fn strict_moves_a_stopped_machine_only() {
    let case = cases("precondition").into_iter().find(|case| case["id"] == 7).unwrap();
    let run = run(&case, Revision::Strict);
    assert_eq!(run.outcome.as_ref().unwrap_err().stage, "3-state");
    assert_eq!(run.diff(), []);
}

#[test]
fn snapshot_policies_follow_in_strict_only() {
    let case = cases("success").into_iter().find(|case| case["id"] == 77).unwrap();
    assert_eq!(policy_owners(&run(&case, Revision::Reported)), ["A", "A"]);
    assert_eq!(policy_owners(&run(&case, Revision::Pr10875)), ["A", "A"]);
    assert_eq!(policy_owners(&run(&case, Revision::Strict)), ["B", "B"]);
}

/// Nothing of the data is left out: what is not in the groups above is a race, and a scenario of the catalogue.
#[test]
fn every_case_belongs_to_a_group_that_is_run() {
    let groups = ["precondition", "quota", "access", "success", "network-failure", "api", "concurrency"];
    let all: Json = serde_json::from_str(CASES).unwrap();
    let number: usize = groups.iter().map(|group| cases(group).len()).sum();
    assert_eq!(number, all["cases"].as_array().unwrap().len());
    assert_eq!(cases("api").len(), 2);
}

/// Every change of every case in three revisions, against the committed file.
#[test]
fn the_full_differences_of_state_are_as_committed() {
    let mut found = String::new();
    for group in ["precondition", "quota", "access", "success", "network-failure"] {
        for case in cases(group) {
            for revision in [Revision::Reported, Revision::Pr10875, Revision::Strict] {
                let run = run(&case, revision);
                if run.outcome.is_err() && run.diff().is_empty() {
                    continue;
                }
                let outcome = run.outcome.as_ref().map_or_else(ToString::to_string, |()| "ok".to_owned());
                writeln!(found, "case {} on {revision}: {outcome}", case["id"]).unwrap();
                for change in run.diff() {
                    writeln!(found, "  {change}").unwrap();
                }
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/differences.txt");
    if std::env::var_os("UPDATE_DIFFS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = found.lines().zip(committed.lines()).position(|(found, committed)| found != committed);
    assert!(found == committed, "differs from {} at line {line:?}; UPDATE_DIFFS=1 rewrites it", path.display());
}
