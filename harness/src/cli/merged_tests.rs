//! `bohrbug merge` of what the shards of tests have left: each test as a run of it would have been told.

use std::path::Path;

use bohrbug::report;
use bohrbug::shell::quoted;

use super::answer::Form;
use super::command;
use super::console::Console;
use super::error::CliError;
use super::merge::tell;
use crate::campaign::gather::Gathered;
use crate::campaign::tests::{self, Merged};
use crate::exit::Exit;

/// Merges each test, keeps the traces in that directory, and prints what they came to.
pub(super) fn run(all: &[Gathered], form: Form, traces: &Path, console: &mut Console) -> Result<Exit, CliError> {
    if matches!(form, Form::Junit | Form::Sarif) {
        return Err(CliError::NoDocument);
    }
    let mut exits = Vec::new();
    let mut failures = 0;
    for gathered in all {
        exits.push(tell(gathered, &format!("{}: ", tests::name(gathered)), console));
        match tests::merge(gathered, traces) {
            Ok(merged) => {
                say(gathered, &merged, form, console);
                if merged.failed {
                    failures += 1;
                    exits.push(Exit::BugFound);
                }
            }
            Err(reason) => {
                console.error(&format!("{}: {reason}", tests::name(gathered)));
                exits.push(Exit::Unreadable);
            }
        }
    }
    if form == Form::Human {
        let plural = if all.len() == 1 { "" } else { "s" };
        console.say(&format!("{} test{plural}, {failures} failed", all.len()));
    }
    Ok(Exit::worst(exits))
}

fn say(gathered: &Gathered, merged: &Merged, form: Form, console: &mut Console) {
    if form == Form::Json {
        return console.say(&merged.outcome.to_text());
    }
    let Some(find) = &merged.find else {
        return console.say(&format!("`{}` {}", tests::name(gathered), merged.basis));
    };
    let replay = |path: &str| {
        if tests::is_unmodified(gathered) {
            let switch = if tests::sees_every_access(gathered) { " --every-access" } else { "" };
            return format!("cargo bohrbug replay {}{switch}", quoted(path));
        }
        // Cargo runs a test in the directory of its package.
        let path = std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string());
        let name = gathered.campaign.pairs.first().map_or("", |(name, _)| name);
        command::test(&path, name)
    };
    console.say(&format!("{}\n", report::failure(&find.headline, &find.trace, &find.kept, replay)));
}
