//! `bohrbug matrix`: what each revision of a system does under each scenario, as a page.

use std::fs;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::error::CliError;
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::outcome::{Judgement, Outcome};
use crate::pages::{self, Holds};
use crate::plan::Settings;
use crate::scenario::Expectation;
use crate::select::{self, Pair};
use crate::workers::{self, News};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The system
    system: String,
    /// The file to write; standard output by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only say whether that file is up to date
    #[arg(long, requires = "out")]
    check: bool,
}

pub(super) fn run(arguments: &Arguments, catalogue: &Catalogue, console: &mut Console) -> Result<Exit, CliError> {
    let system = arguments.system.as_str();
    if catalogue.benchmarks().iter().any(|scenario| scenario.system == system) {
        return Err(CliError::Benchmark(system.to_owned()));
    }
    if !catalogue.scenarios().iter().any(|scenario| scenario.system == system) {
        return Err(select::unknown_scenario(catalogue, system).into());
    }
    let committed = pages::committed(Path::new(""), system)?;
    let held = held(catalogue, system)?;
    let text = pages::matrix(catalogue, system, &committed, &held, |scenario| {
        let page = format!("{system}-{}.md", scenario.name);
        let folder = arguments.out.as_deref().and_then(Path::parent).unwrap_or(Path::new("docs/bugs"));
        folder.join(&page).is_file().then_some(page)
    })?;
    let Some(path) = &arguments.out else {
        console.say(text.trim_end());
        return Ok(Exit::AsAsked);
    };
    if arguments.check {
        let is_fresh = fs::read_to_string(path).map_err(|error| CliError::NoPage(path.clone(), error))? == text;
        console.say(&format!("{} is {}", path.display(), if is_fresh { "up to date" } else { "out of date" }));
        return Ok(if is_fresh { Exit::AsAsked } else { Exit::Diverged });
    }
    fs::write(path, text).map_err(|error| CliError::Unwritable(path.clone(), error))?;
    Ok(Exit::AsAsked)
}

/// Explores what is expected to hold, as a hunt does.
fn held(catalogue: &Catalogue, system: &str) -> Result<Holds, CliError> {
    let scenarios = select::scenarios(catalogue, &[system.to_owned()])?;
    let pairs: Vec<Pair> = select::pairs(catalogue, &scenarios, None)?;
    let pairs: Vec<Pair> = pairs.into_iter().filter(|pair| pair.expected == Expectation::Holds).collect();
    let jobs = std::thread::available_parallelism().map_or(1, Into::into);
    let (mut held, mut surprise) = (Holds::new(), None);
    // A trace of a surprise goes where those of a hunt go.
    workers::run(&pairs, &Settings::default(), Path::new(super::hunt::TRACES), jobs, |news| {
        if let News::Done(_, outcome) = news {
            let name = (outcome.pair.scenario.full_name(), outcome.pair.revision.to_owned());
            if outcome.judgement() == Judgement::AsExpected {
                held.insert(name, how(&outcome));
            } else {
                surprise.get_or_insert(name);
            }
        }
    });
    match surprise {
        Some((scenario, revision)) => Err(CliError::Surprise(scenario, revision)),
        None => Ok(held),
    }
}

fn how(outcome: &Outcome) -> String {
    format!("{} ({})", outcome.verdict, outcome.strategy.replace('+', ", "))
}
