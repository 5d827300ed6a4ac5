//! `bohrbug list`.

use crate::program::{BOHRBUG, Shell, TOYS};

#[test]
fn a_list_has_the_scenarios_the_strategies_and_the_monitors() {
    let called = Shell::new(TOYS).call(&["list"]).ends_with(0).complains_of_nothing();
    insta::assert_snapshot!(called.out);
}

#[test]
fn a_filter_leaves_only_what_it_names() {
    let shell = Shell::new(TOYS);
    let names = |filters: &[&str]| {
        let arguments = [&["list", "--format", "json"], filters].concat();
        let objects = shell.call(&arguments).ends_with(0).json();
        objects.iter().map(|o| o["scenario"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["toys"]), ["toys/counter", "toys/two-locks"]);
    assert_eq!(names(&["counter", "holds"]), ["toys/counter", "surprises/holds"]);
    // The name of one scenario is the beginning of another's.
    assert_eq!(names(&["fails"]), ["surprises/fails"]);
    assert_eq!(names(&["fail"]), ["surprises/fails", "surprises/fails-differently"]);
}

#[test]
fn the_real_catalogue_says_what_it_expects_of_every_revision() {
    let called = Shell::new(BOHRBUG).call(&["list", "--format", "json"]).ends_with(0);
    let of_a_system = |object: &&serde_json::Value| object["scenario"].is_string() && object["benchmark"] == false;
    for object in called.json().iter().filter(of_a_system) {
        let revisions = object["revisions"].as_array().expect("revisions");
        assert!(revisions.iter().any(|revision| revision["expected"] == "holds"), "{object}");
    }
}
