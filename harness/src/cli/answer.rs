//! The answers of `hunt` and `merge`: outcomes one after the other, and what they come to.

use bohrbug::report::{self, Kept};
use clap::ValueEnum;

use super::console::{Console, coloured};
use super::error::CliError;
use super::{command, one_line, table};
use crate::documents;
use crate::numbers::grouped;
use crate::outcome::{Judgement, Outcome};
use crate::scenario::Expectation;

/// In which form a hunt answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people; it changes from one version to the next.
    #[default]
    Human,
    /// For programs: one JSON object a line.
    Json,
    /// For CI: JUnit's XML, when all is done.
    Junit,
    /// For editors: SARIF 2.1.0, when all is done.
    Sarif,
}

/// What comes after the last outcome.
pub(super) fn conclude(form: Form, outcomes: &[Outcome], console: &mut Console) -> Result<(), CliError> {
    let document = match form {
        Form::Json => return Ok(()),
        Form::Human => summary(outcomes),
        Form::Junit => documents::junit(outcomes).map_err(|error| CliError::Document("JUnit", error.to_string()))?,
        Form::Sarif => documents::sarif(outcomes).map_err(|error| CliError::Document("SARIF", error.to_string()))?,
    };
    console.say(document.trim_end());
    Ok(())
}

/// Prints one outcome after the other.
pub(super) struct Printer {
    pub(super) format: Form,
    /// Whether only one pair was selected, so that its failure is what somebody wants to read.
    pub(super) is_alone: bool,
}

impl Printer {
    /// Prints one of them.
    pub(super) fn print(&self, outcome: &Outcome, console: &mut Console) {
        let full = self.in_full(outcome);
        match self.format {
            Form::Json | Form::Junit | Form::Sarif => {
                if self.format == Form::Json {
                    console.say(&outcome.json().to_string());
                }
                // A schedule that is in no file must not be lost.
                if let (true, Some(text)) = (is_lost(outcome), full) {
                    console.note(&text);
                }
            }
            Form::Human => full.into_iter().for_each(|text| console.say(&format!("{text}\n"))),
        }
    }

    /// The failure as its finder reads it, unless it is one of many that were expected and are safe in a file.
    fn in_full(&self, outcome: &Outcome) -> Option<String> {
        let name = format!("{} {}", outcome.pair.scenario.full_name(), outcome.pair.revision);
        if let Some(fault) = &outcome.fault {
            return Some(format!("{name}: this is a bug in bohrbug: {fault}"));
        }
        let find = outcome.find.as_ref()?;
        let as_expected = outcome.judgement() == Judgement::AsExpected;
        if as_expected && !self.is_alone && !is_lost(outcome) {
            return None;
        }
        let (executions, strategy) = (grouped(outcome.executions), &outcome.strategy);
        let mut headline = format!("{name} failed at execution {executions} under {strategy}");
        if !as_expected {
            let replayed = one_line(&find.replayed.to_string());
            headline += &format!("\nexpected: {}; its replay: {replayed}", outcome.pair.expected);
        }
        Some(report::failure(&headline, &find.trace, &find.kept, command::replay))
    }
}

fn is_lost(outcome: &Outcome) -> bool {
    outcome.find.as_ref().is_some_and(|find| matches!(find.kept, Kept::Lost(_)))
}

/// The table, and below it what it comes to.
fn summary(outcomes: &[Outcome]) -> String {
    let surprises: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| outcome.judgement() != Judgement::AsExpected).collect();
    let mut text = table::table(outcomes);
    text += "\n\n";
    if surprises.is_empty() {
        let all =
            if outcomes.len() == 1 { "as expected".to_owned() } else { format!("all {} as expected", outcomes.len()) };
        return text + &coloured(&all, true);
    }
    text += &coloured(&format!("{} of {} not as expected:", surprises.len(), outcomes.len()), false);
    for outcome in surprises {
        let name = format!("{} {}", outcome.pair.scenario.full_name(), outcome.pair.revision);
        text += &format!("\n  {name}: {}", one_line(&what_is_wrong(outcome)));
    }
    text
}

fn what_is_wrong(outcome: &Outcome) -> String {
    let expected = format!("expected {}", said(outcome));
    let Some(find) = &outcome.find else {
        return match &outcome.fault {
            Some(fault) => format!("a bug in bohrbug: {fault}"),
            None => format!("{expected}, found none in {} executions", grouped(outcome.executions)),
        };
    };
    match outcome.judgement() {
        Judgement::NotReproduced => format!("the failure was found, but its replay {}", find.replayed),
        Judgement::BeyondTheRuntime => format!("no verdict: {}", find.failure.message),
        _ => format!("{expected}, got {}: {}", find.failure.kind.with_article(), find.failure.message),
    }
}

/// What was expected, as a noun.
fn said(outcome: &Outcome) -> String {
    match outcome.pair.expected {
        Expectation::Holds => "no failure".to_owned(),
        Expectation::Fails { kind, message: "" } => kind.with_article(),
        Expectation::Fails { kind, message } => format!("{} saying \"{message}\"", kind.with_article()),
    }
}
