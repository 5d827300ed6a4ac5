//! `bohrbug list`: what there is.

use std::collections::BTreeMap;
use std::fmt::Write;

use bohrbug::{FailureKind, monitor, runtime_of, strategies};
use serde_json::{Value, json};

use super::Format;
use super::console::Console;
use super::error::CliError;
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::scenario::{Expectation, Scenario};
use crate::select;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenarios by name, by system, or by part of a name
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, catalogue: &Catalogue, console: &mut Console) -> Result<Exit, CliError> {
    // Whoever names scenarios asks about these.
    let rest = arguments.filters.is_empty();
    let scenarios = if rest { catalogue.all().collect() } else { select::scenarios(catalogue, &arguments.filters)? };
    match arguments.format {
        Format::Human => {
            for scenario in scenarios {
                console.say(&described(scenario));
            }
            if rest {
                console.say(&format!("strategies\n{}", listed(&strategy_lines())));
                console.say(format!("monitors\n{}", listed(&monitor_lines())).trim_end());
            }
        }
        Format::Json => {
            let objects = scenarios.into_iter().map(|scenario| object(scenario, catalogue.is_benchmark(scenario)));
            let others = strategy_objects().chain(monitor_objects()).filter(|_| rest);
            objects.chain(others).for_each(|object| console.say(&object.to_string()));
        }
    }
    Ok(Exit::AsAsked)
}

/// A scenario, and its revisions by what is expected of them.
fn described(scenario: &Scenario) -> String {
    let mut text = format!("{}\n  {}\n", scenario.full_name(), scenario.summary);
    let mut groups: BTreeMap<(bool, String), Vec<&str>> = BTreeMap::new();
    for (revision, expected) in scenario.expectations {
        groups.entry((*expected == Expectation::Holds, expected.to_string())).or_default().push(revision);
    }
    for ((_, expected), revisions) in groups {
        let _ = writeln!(text, "  {expected}: {}", revisions.join(", "));
    }
    if let Some(why) = scenario.out_of_reach {
        let _ = writeln!(text, "  not proved: {why}");
    }
    text
}

fn object(scenario: &'static Scenario, is_benchmark: bool) -> Value {
    let revisions = scenario.expectations.iter().map(|(revision, expected)| match expected {
        Expectation::Fails { kind, message } => {
            json!({ "revision": revision, "expected": "fails", "kind": kind, "message": message })
        }
        Expectation::Holds => json!({ "revision": revision, "expected": "holds" }),
    });
    json!({
        "scenario": scenario.full_name(),
        "summary": scenario.summary,
        "benchmark": is_benchmark,
        "out_of_reach": scenario.out_of_reach,
        "revisions": revisions.collect::<Vec<_>>(),
    })
}

fn runtime(strategy: &str) -> &'static str {
    runtime_of(strategy).map_or("", |runtime| runtime.name())
}

fn strategy_lines() -> Vec<(&'static str, String)> {
    strategies().into_iter().map(|(name, summary)| (name, format!("{summary} (on {})", runtime(name)))).collect()
}

fn strategy_objects() -> impl Iterator<Item = Value> {
    let object = |(name, summary)| json!({ "strategy": name, "summary": summary, "runtime": runtime(name) });
    strategies().into_iter().map(object)
}

/// The monitors; the check for nondeterminism goes before an exploration and is in no list of theirs.
fn monitors() -> impl Iterator<Item = (&'static str, &'static str)> {
    let listed = monitor::ALL.iter().map(|entry| (entry.name(), entry.summary));
    listed.chain([(FailureKind::Nondeterminism.name(), "a program that behaves differently under the same schedule")])
}

fn monitor_lines() -> Vec<(&'static str, String)> {
    monitors().map(|(name, summary)| (name, summary.to_owned())).collect()
}

fn monitor_objects() -> impl Iterator<Item = Value> {
    monitors().map(|(name, summary)| json!({ "monitor": name, "summary": summary }))
}

fn listed(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().map(|(name, summary)| format!("  {name:width$}  {summary}\n")).collect()
}
