//! The generated parts of `docs/bugs/` are as the catalogue and the committed traces have them.
//!
//! `UPDATE_PAGES=1` writes them. What was explored to fill a matrix's cells that hold is not explored again here: a debug
//! build takes too long; `bohrbug matrix SYSTEM --out FILE --check` does that.

use std::fs;
use std::path::{Path, PathBuf};

use harness::catalogue::everything;
use harness::pages::{self, Committed};
use harness::scenario::Scenario;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn page_of(scenario: &Scenario) -> Option<String> {
    let name = format!("{}-{}.md", scenario.system, scenario.name);
    root().join("docs/bugs").join(&name).is_file().then_some(name)
}

fn committed(system: &str) -> Vec<Committed> {
    pages::committed(&root(), system).unwrap_or_else(|error| panic!("{error}"))
}

/// The text must be that of the file, or becomes it where somebody asks for that.
fn fresh(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(path, text).expect("the page can be written");
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(there, text, "{} is out of date; UPDATE_PAGES=1 writes it", path.display());
}

fn systems() -> Vec<&'static str> {
    let mut systems: Vec<_> = everything().scenarios().iter().map(|scenario| scenario.system).collect();
    systems.dedup();
    systems
}

#[test]
fn the_matrix_of_every_system_is_that_of_the_catalogue_and_the_traces() {
    for system in systems() {
        let path = root().join(format!("docs/bugs/{system}.md"));
        let there = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let held = pages::held_in(&there, system);
        for (cell, how) in &held {
            assert!(how.starts_with("verified (") || how.starts_with("passed ("), "{cell:?}: {how}");
        }
        let matrix = pages::matrix(&everything(), system, &committed(system), &held, page_of);
        fresh(&path, &matrix.unwrap_or_else(|error| panic!("{error}")));
    }
}

#[test]
fn the_page_of_every_scenario_has_its_revisions_and_its_timeline() {
    for system in systems() {
        let committed = committed(system);
        let catalogue = everything();
        for scenario in catalogue.scenarios().iter().filter(|scenario| scenario.system == system) {
            let Some(name) = page_of(scenario) else { continue };
            let path = root().join("docs/bugs").join(name);
            let there = fs::read_to_string(&path).expect("a page");
            let page = pages::scenario_page(&root(), &there, scenario, &committed);
            fresh(&path, &page.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}

#[test]
fn every_scenario_has_a_page() {
    for scenario in everything().scenarios() {
        assert!(page_of(scenario).is_some(), "{}", scenario.full_name());
    }
}

/// As large as a page of a failure may be: one looks at it on a phone.
const LARGEST: usize = 96 * 1024;

#[test]
fn every_failure_is_drawn_for_a_browser_and_linked_from_a_page() {
    let folder = root().join("docs/bugs");
    let mut drawn = Vec::new();
    for system in systems() {
        let committed = committed(system);
        let matrix = fs::read_to_string(folder.join(format!("{system}.md"))).expect("a matrix");
        let catalogue = everything();
        for scenario in catalogue.scenarios().iter().filter(|scenario| scenario.system == system) {
            let Some(page) = pages::drawing(&root(), scenario, &committed) else { continue };
            let name = pages::drawing_of(scenario);
            assert!(page.len() < LARGEST, "{name} has {} bytes", page.len());
            fresh(&folder.join(&name), &page);
            let own = page_of(scenario).map(|own| fs::read_to_string(folder.join(own)).expect("a page"));
            for linking in own.iter().chain([&matrix]) {
                assert!(linking.contains(&format!("({name})")), "{name} is not linked");
            }
            drawn.push(folder.join(name));
        }
    }
    drawn.sort();
    assert_eq!(crate::program::files(&folder.join("html")), drawn, "no page is left over");
}
