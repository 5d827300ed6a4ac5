//! The races among the behaviour cases of the VM assignment are scenarios, which upstream's code fails and `strict` holds.

use harness::catalogue::everything;
use harness::scenario::Expectation;
use serde_json::Value;

const CASES: &str = include_str!("../crates/vm-assignment/tests/cases/vm-assignment.json");

#[test]
fn every_race_of_the_data_is_a_scenario_that_reported_fails_and_strict_holds() {
    let data: Value = serde_json::from_str(CASES).expect("JSON");
    let cases = data["cases"].as_array().expect("a list");
    let races: Vec<&Value> = cases.iter().filter(|case| case["group"] == "concurrency").collect();
    assert!(!races.is_empty());
    let catalogue = everything();
    for race in races {
        let name = race["explored"].as_str().unwrap_or_else(|| panic!("no scenario for {race}"));
        let scenario = catalogue.find(&format!("vm-assignment/{name}"));
        let scenario = scenario.unwrap_or_else(|| panic!("no scenario {name}"));
        let expected = |revision| scenario.revision(revision).map(|(_, expected)| expected);
        assert!(matches!(expected("reported"), Some(Expectation::Fails { .. })), "{name}");
        assert_eq!(expected("strict"), Some(Expectation::Holds), "{name}");
    }
}

#[test]
fn every_scenario_that_a_case_of_the_replica_manager_names_is_one() {
    let data = include_str!("../crates/replica-manager/tests/cases/replica-manager.json");
    let data: Value = serde_json::from_str(data).expect("JSON");
    let cases = data["cases"].as_array().expect("a list");
    let named: Vec<&str> = cases.iter().filter_map(|case| case["explored"].as_str()).collect();
    assert!(!named.is_empty());
    for name in named {
        assert!(everything().find(&format!("replica-manager/{name}")).is_some(), "{name}");
    }
}
