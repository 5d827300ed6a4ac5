//! From names on the command line to pairs of a scenario and a revision.

use std::collections::BTreeSet;

use bohrbug::trace::nearest;

use crate::catalogue::Catalogue;
use crate::scenario::{Expectation, Scenario};

/// A scenario on a revision.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The revision's name.
    pub revision: &'static str,
    /// What is expected of it.
    pub expected: Expectation,
}

/// Names that select nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No scenario is called that.
    #[error("no scenario is called `{name}`; {suggestion}")]
    UnknownScenario {
        /// The name that was asked for.
        name: String,
        /// What may have been meant.
        suggestion: String,
    },
    /// No revision is called that.
    #[error("no revision is called `{name}`; {suggestion}")]
    UnknownRevision {
        /// The name that was asked for.
        name: String,
        /// What may have been meant.
        suggestion: String,
    },
    /// There are such scenarios and there is such a revision, and they do not meet.
    #[error("nothing is selected: no scenario selected has the revision `{revision}`; they have {known}")]
    Nothing {
        /// The revision that was asked for.
        revision: String,
        /// Those that there are.
        known: String,
    },
}

/// The scenarios that the filters name; without a filter all but those of benchmarks.
///
/// A filter is a scenario's name, `system/name`, or the name of a system; if it is none of these, whatever contains it
/// is selected.
///
/// # Errors
///
/// If a filter selects no scenario at all: more probably a slip of the hand than a wish.
pub fn scenarios(catalogue: &Catalogue, filters: &[String]) -> Result<Vec<&'static Scenario>, SelectError> {
    let mut names = BTreeSet::new();
    for filter in filters {
        let found = one_filter(catalogue, filter);
        if found.is_empty() {
            return Err(unknown_scenario(catalogue, filter));
        }
        names.extend(found);
    }
    if filters.is_empty() {
        return Ok(catalogue.scenarios().to_vec());
    }
    Ok(catalogue.all().filter(|scenario| names.contains(&scenario.full_name())).collect())
}

fn one_filter(catalogue: &Catalogue, filter: &str) -> Vec<String> {
    let those = |is_wanted: &dyn Fn(&Scenario) -> bool| -> Vec<String> {
        let wanted = catalogue.all().filter(|scenario| is_wanted(scenario));
        wanted.map(|scenario| scenario.full_name()).collect()
    };
    // A name may be a part of another one, `create-vs-verify` of `delete-create-vs-verify`: whoever types it means it.
    let named =
        those(&|scenario| scenario.name == filter || scenario.full_name() == filter || scenario.system == filter);
    // What is empty is in every name, and is meant for none: usually a variable of the shell that is not set.
    let is_part = named.is_empty() && !filter.is_empty();
    if is_part { those(&|scenario| scenario.full_name().contains(filter)) } else { named }
}

/// The error for a name that is no scenario's.
pub fn unknown_scenario(catalogue: &Catalogue, name: &str) -> SelectError {
    let full: Vec<String> = catalogue.all().map(Scenario::full_name).collect();
    let short = catalogue.all().flat_map(|scenario| [scenario.name, scenario.system]);
    let near = nearest(name, short).or_else(|| nearest(name, full.iter().map(String::as_str)));
    let suggestion = suggestion(near, || "`bohrbug list` shows those that there are".to_owned());
    SelectError::UnknownScenario { name: name.to_owned(), suggestion }
}

/// The pairs of these scenarios with that revision, or with each of theirs.
///
/// # Errors
///
/// If no scenario of the catalogue has such a revision, or none of these.
pub fn pairs(
    catalogue: &Catalogue,
    scenarios: &[&'static Scenario],
    revision: Option<&str>,
) -> Result<Vec<Pair>, SelectError> {
    let all = scenarios.iter().flat_map(|scenario| {
        let with = |&(revision, expected)| Pair { scenario, revision, expected };
        scenario.expectations.iter().map(with)
    });
    let pairs: Vec<Pair> = all.filter(|pair| revision.is_none_or(|name| name == pair.revision)).collect();
    match revision {
        Some(name) if pairs.is_empty() => {
            let all: Vec<_> = catalogue.all().collect();
            let elsewhere = revisions(&all).contains(name);
            Err(if elsewhere { nothing(scenarios, name) } else { unknown_revision(&all, name) })
        }
        _ => Ok(pairs),
    }
}

/// The first of a scenario's revisions that is expected to fail, and how.
pub fn failing(scenario: &Scenario) -> Option<(&'static str, Expectation)> {
    scenario.expectations.iter().copied().find(|(_, expected)| *expected != Expectation::Holds)
}

/// The revision whose failure a scenario's page shows: the one that it names, and otherwise the first that fails.
pub fn shown(scenario: &Scenario) -> Option<&'static str> {
    scenario.shown.or_else(|| failing(scenario).map(|(revision, _)| revision))
}

fn revisions(scenarios: &[&'static Scenario]) -> BTreeSet<&'static str> {
    scenarios.iter().flat_map(|scenario| scenario.expectations).map(|(revision, _)| *revision).collect()
}

/// The error for a revision of other scenarios than the selected ones.
fn nothing(selected: &[&'static Scenario], name: &str) -> SelectError {
    let known: Vec<&str> = revisions(selected).into_iter().collect();
    SelectError::Nothing { revision: name.to_owned(), known: known.join(", ") }
}

/// The error for a revision that no scenario has; `known` are those among which it may be.
pub fn unknown_revision(known: &[&'static Scenario], name: &str) -> SelectError {
    let names = revisions(known);
    let those = || format!("there are {}", names.iter().copied().collect::<Vec<_>>().join(", "));
    SelectError::UnknownRevision {
        name: name.to_owned(),
        suggestion: suggestion(nearest(name, names.iter().copied()), those),
    }
}

fn suggestion(near: Option<&str>, otherwise: impl Fn() -> String) -> String {
    near.map_or_else(otherwise, |near| format!("did you mean {near}?"))
}
