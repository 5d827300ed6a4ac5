//! A whole hunt as one document for other people's tools: JUnit's XML for CI, SARIF for editors and code scanning.

mod junit;
mod sarif;

pub use junit::junit;
pub use sarif::sarif;

use crate::outcome::Outcome;

/// A scenario on a revision.
fn name(outcome: &Outcome) -> String {
    format!("{} {}", outcome.pair.scenario.full_name(), outcome.pair.revision)
}

/// What came of it and what was expected, in a line.
fn told(outcome: &Outcome) -> String {
    let found = match (&outcome.fault, &outcome.find) {
        (Some(fault), _) => format!("a bug in bohrbug: {fault}"),
        (None, Some(find)) => find.failure.to_string(),
        (None, None) => outcome.verdict.to_string(),
    };
    format!("{found} (expected: {})", outcome.pair.expected)
}
