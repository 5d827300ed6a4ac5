//! The behaviour cases, as data: every one on both ledgers, in the fixed revisions and in the reported one.
//!
//! Each case is checked three times over: outcome and family of error against the data; the final state against what
//! the data says of it (`docs/observations.md` has the words); and the full difference of state against a committed file, which both ledgers must give
//! (`UPDATE_DIFFS=1 cargo test -p vm-assignment` rewrites it).

mod after;
mod run;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;
use vm_assignment::ledger::Table;
use vm_assignment::records as r;
use vm_assignment::{Error, ErrorKind, Revision};

use run::{CASES, Run, cases, lines, run};

/// Whether an error is of the family, and from the step, that the data names; `stage_here` is where it comes from here, if
/// another step comes first.
fn check_error(case: &Json, expect: &Json, error: &Error, context: &str) {
    let family = expect["error"].as_str().unwrap();
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
        assert_eq!(error.kind, kind, "{context}: {error}");
    }
    let stage = case["stage_here"].as_str().unwrap_or(expect["stage"].as_str().unwrap().split(' ').next().unwrap());
    // The network phase is one step in the data, and several here; a dotted name is one of ours.
    let is_exact =
        stage.contains('.') || (stage.starts_with(|first: char| first.is_ascii_digit()) && !stage.starts_with("21"));
    if is_exact {
        assert_eq!(error.stage, stage, "{context}: {error}");
    }
}

/// The revisions that this expectation is about: those it names, or the fixed ones. The report's `transaction` is among them
/// unless it has no step in front of the transaction to fail in.
fn revisions(expectation: &Json) -> Vec<Revision> {
    let named: Vec<Revision> = lines(expectation, "on").iter().map(|name| name.parse().unwrap()).collect();
    match named.is_empty() {
        true => vec![Revision::Transaction, Revision::Pr10875, Revision::Reservations, Revision::Strict],
        false => named,
    }
}

/// The case's own expectation, and those of revisions that depart from it.
fn check_expectations(case: &Json) {
    let also = case["also"].as_array().cloned().unwrap_or_default();
    for expectation in std::iter::once(case).chain(&also) {
        for revision in revisions(expectation) {
            let run = run(case, revision);
            let context = format!("case {} on {revision}", case["id"]);
            let after = lines(expectation, "after");
            match (&run.outcome, expectation["expect"]["outcome"].as_str().unwrap()) {
                (Err(error), "error") => {
                    check_error(case, &expectation["expect"], error, &context);
                    match after.is_empty() {
                        true => assert_eq!(run.diff(), [], "{context}: changed something"),
                        false => after::check(&after, &run, &context),
                    }
                }
                (Ok(()), "ok") => after::check(&after, &run, &context),
                (outcome, expected) => panic!("{context}: expected {expected}, got {outcome:?}"),
            }
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
        let agrees_by_luck = !case["sound_on_reported"].is_null();
        assert_eq!(run.audit().is_empty(), agrees_by_luck, "{context}: the audit finds it");
    } else if said.contains("membership") || said.contains("except group") || said.contains("instance-group") {
        assert!(run.outcome.is_err(), "{context}");
        assert!(group_lost(&run), "{context}");
        assert!(run.diff().iter().all(|change| change.table == Table::InstanceGroupMember), "{context}");
    } else if case["expect"]["outcome"] == "error" {
        assert!(run.outcome.is_err(), "{context}");
        assert_eq!(run.diff(), [], "{context}");
    } else {
        assert_eq!(run.outcome, Ok(()), "{context}");
        let owner = lines(case, "after").iter().find_map(|line| line.strip_prefix("owner ").map(str::to_owned));
        assert_eq!(run.owner(), owner.as_deref().unwrap_or("B"), "{context}");
    }
}

fn check_group(group: &str) {
    let cases = cases(group);
    assert!(!cases.is_empty(), "the data has a group {group}");
    for case in cases {
        check_expectations(&case);
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
    // The data says what the answer is, and of which case.
    for answer in cases("api") {
        let error = run(&case(answer["of"].as_i64().unwrap()), Revision::Pr10875).outcome.unwrap_err();
        let (found, text) = error.api_answer("v1");
        let code = found.to_string();
        assert!(answer["expect"]["error"].as_str().unwrap().contains(&code), "{} {error}: {code}", answer["id"]);
        assert!(text.contains("v1") && !text.contains(&error.message), "{text}");
        let (found, text) = error.reported_api_answer("v1");
        assert_eq!(found, 530, "{error}");
        assert!(text.contains(&error.message), "{text}");
    }
}

/// What `strict` does otherwise than the data expects of upstream says why.
#[test]
fn every_departure_says_why() {
    let all: Json = serde_json::from_str(CASES).unwrap();
    for case in all["cases"].as_array().unwrap() {
        for departure in case["also"].as_array().into_iter().flatten() {
            assert!(departure["why"].is_string(), "case {}", case["id"]);
        }
        assert!(
            case["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty()),
            "case {}: no source",
            case["id"]
        );
    }
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
