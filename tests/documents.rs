//! A hunt as a document for other tools: JUnit's XML and SARIF.

use serde_json::{Value, json};

use crate::program::{Shell, TOYS};

#[test]
fn junit_has_a_case_for_each_revision_and_a_failure_for_each_surprise() {
    let called = Shell::new(TOYS).call(&["hunt", "--format", "junit", "--quiet"]).ends_with(10);
    let begins = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bohrbug hunt\"";
    assert!(called.out.starts_with(begins), "{}", called.out);
    for (text, times) in [("<testcase ", 8), ("<failure ", 3), ("<testsuite ", 2), ("trace: target", 4)] {
        assert_eq!(called.out.matches(text).count(), times, "{text}: {}", called.out);
    }
}

#[test]
fn sarif_has_a_note_for_what_was_expected_and_an_error_for_each_surprise() {
    let called = Shell::new(TOYS).call(&["hunt", "--format", "sarif", "--quiet"]).ends_with(10);
    let document: Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let results = document["runs"][0]["results"].as_array().unwrap();
    let levels: Vec<_> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["note", "note", "error", "error", "error"]);
    let counter = &results[0];
    assert_eq!(counter["ruleId"], "panic");
    let place = &counter["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "tests/programs/with_toys.rs");
    assert!(place["region"]["startLine"].as_u64().unwrap() > 1, "{place}");
    assert_ne!(counter["partialFingerprints"]["bohrbug/v1"], json!(null));
    assert!(counter["properties"]["trace"].as_str().unwrap().ends_with(".jsonl"));
}
