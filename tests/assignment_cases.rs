//! The races among the behaviour cases of the VM assignment are scenarios, which upstream's code fails and `strict` holds.

use harness::catalogue::everything;
use harness::scenario::Expectation;
use serde_json::Value;

const CASES: &str = include_str!("../crates/vm-assignment/tests/cases/vm-assignment.json");

/// The scenario that a case is.
fn scenario_of(case: i64) -> Option<&'static str> {
    Some(match case {
        110 => "double-assign",
        111 => "assign-vs-start",
        112 => "assign-vs-destroy",
        113 | 114 => "last-quota-slot",
        115 => "sibling-domains-shared-parent",
        117 => "assign-vs-deploy-same-ip",
        118 => "swap-owners",
        120 => "assign-vs-attach",
        121 => "assign-vs-disable",
        122 => "reader-sees-all-or-nothing",
        _ => return None,
    })
}

#[test]
fn every_race_of_the_data_is_a_scenario_that_reported_fails_and_strict_holds() {
    let data: Value = serde_json::from_str(CASES).expect("JSON");
    let cases = data["cases"].as_array().expect("a list");
    let races: Vec<&Value> = cases.iter().filter(|case| case["group"] == "concurrency").collect();
    assert!(!races.is_empty());
    let catalogue = everything();
    for race in races {
        let name = race["id"].as_i64().and_then(scenario_of).unwrap_or_else(|| panic!("no scenario for {race}"));
        let scenario = catalogue.find(&format!("vm-assignment/{name}"));
        let scenario = scenario.unwrap_or_else(|| panic!("no scenario {name}"));
        let expected = |revision| scenario.revision(revision).map(|(_, expected)| expected);
        assert!(matches!(expected("reported"), Some(Expectation::Fails { .. })), "{name}");
        assert_eq!(expected("strict"), Some(Expectation::Holds), "{name}");
    }
}
