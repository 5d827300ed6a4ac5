//! `bohrbug merge`: of the results of shards the answer of one hunt.

use std::path::PathBuf;

use bohrbug::Environment;

use super::answer::{Form, Printer, conclude};
use super::console::Console;
use super::error::CliError;
use super::hunt::TRACES;
use super::merged_tests;
use crate::campaign::gather::Gathered;
use crate::campaign::merged::{self, Merged};
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::outcome::Outcome;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The directories that shards were given with --out, or files of theirs
    #[arg(value_name = "DIR", required = true)]
    directories: Vec<PathBuf>,
    /// The directory of traces; target/bohrbug/traces by default
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

pub(super) fn run(
    arguments: &Arguments,
    environment: &Environment,
    catalogue: &Catalogue,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let all = Gathered::all(&arguments.directories)?;
    let traces = arguments.traces.clone().or_else(|| environment.traces.clone()).unwrap_or_else(|| TRACES.into());
    if all.iter().any(|gathered| gathered.campaign.test.is_some()) {
        return merged_tests::run(&all, arguments.format, &traces, console);
    }
    let gathered = Gathered::from(&arguments.directories)?;
    let pairs = merged::pairs(&gathered, catalogue)?;
    let mut exits = vec![tell(&gathered, "", console)];
    let printer = Printer { format: arguments.format, is_alone: pairs.len() == 1 };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        match merged::merge(&gathered, number, *pair, &traces) {
            Merged::Outcome(outcome) => {
                printer.print(&outcome, console);
                exits.push(outcome.judgement().exit());
                outcomes.push(*outcome);
            }
            Merged::None(reason) => {
                console.error(&format!("{} {}: {reason}", pair.scenario.full_name(), pair.revision));
                exits.push(Exit::Unreadable);
            }
        }
    }
    conclude(arguments.format, &outcomes, console)?;
    Ok(Exit::worst(exits))
}

/// Says what is wrong with the results, and what that means; `what` is of what they are, if that has to be said.
pub(super) fn tell(gathered: &Gathered, what: &str, console: &mut Console) -> Exit {
    for repeated in &gathered.repeated {
        console.warn(repeated);
    }
    for left_out in &gathered.left_out {
        console.error(left_out);
    }
    let missing = gathered.missing();
    if let Some(first) = missing.first() {
        console.warn(&format!(
            "{what}of {of} shards these are missing: {shards}; what follows covers the others, and verifies \
             nothing: run them again, as with --shard {first}/{of}",
            of = gathered.of,
            shards = listed(&missing),
        ));
    }
    match (gathered.left_out.is_empty(), missing.is_empty()) {
        (false, _) => Exit::Unreadable,
        (true, false) => Exit::NoVerdict,
        (true, true) => Exit::AsAsked,
    }
}

/// Numbers as people list them: 2, 5-7, 9.
fn listed(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let text = |&(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn neighbours_are_a_range() {
        assert_eq!(listed(&[2, 5, 6, 7, 9]), "2, 5-7, 9");
        assert_eq!(listed(&[]), "");
    }
}
