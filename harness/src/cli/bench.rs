//! `bohrbug bench`: how soon each strategy finds what is expected, as a section of a page.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bohrbug::{runtime_of, strategies};

use super::console::Console;
use super::error::CliError;
use super::progress::Progress;
use super::{count, seconds, threads};
use crate::bench::cell::{Cell, Effort, measure};
use crate::bench::conditions::{self, Conditions};
use crate::bench::page::{self, Results};
use crate::bench::published::Published;
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::scenario::Scenario;
use crate::select;
use crate::workers::{self, News};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenarios by name, by system, or by part of a name
    #[arg(value_name = "FILTER", required = true)]
    filters: Vec<String>,
    /// Only these strategies, separated by commas; all by default
    #[arg(long, value_name = "S,S", value_delimiter = ',')]
    strategies: Vec<String>,
    /// Seeds for each scenario and strategy
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value = "20")]
    seeds: u64,
    /// Maximum executions for each seed
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value = "10_000")]
    executions: u64,
    /// Maximum seconds for all seeds of a scenario and a strategy
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    time: Option<Duration>,
    /// Measurements at a time; the number of cores by default
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    jobs: Option<NonZeroUsize>,
    /// The page whose section is replaced; standard output by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The day of the measurement; today by default
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, catalogue: &Catalogue, console: &mut Console) -> Result<Exit, CliError> {
    let strategies = chosen(&arguments.strategies)?;
    let scenarios = page::measurable(select::scenarios(catalogue, &arguments.filters)?);
    // A page that has no place for it is better known before than after an hour.
    if let Some(file) = &arguments.out {
        with_section(file, arguments, "")?;
    }
    let jobs = arguments.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let Arguments { seeds, executions, time, .. } = *arguments;
    let effort = Effort { seeds, executions, time };
    let progress = Progress::new(scenarios.len() * strategies.len(), arguments.quiet, console);
    let cells = measured(&scenarios, &strategies, &effort, jobs, progress)?;
    let date = arguments.date.clone().unwrap_or_else(conditions::today);
    let conditions = Conditions { date, machine: conditions::machine(), jobs, effort };
    let section = page::section(&Results { scenarios, strategies, cells }, &Published::read(), &conditions);
    match &arguments.out {
        None => console.say(section.trim_end()),
        Some(file) => {
            let text = with_section(file, arguments, &section)?;
            fs::write(file, text).map_err(|error| CliError::Unwritable(file.clone(), error))?;
        }
    }
    Ok(Exit::AsAsked)
}

/// The strategies that were asked for, or all.
fn chosen(asked: &[String]) -> Result<Vec<String>, CliError> {
    if asked.is_empty() {
        return Ok(strategies().into_iter().map(|(name, _)| name.to_owned()).collect());
    }
    asked.iter().try_for_each(|name| runtime_of(name).map(drop))?;
    Ok(asked.to_vec())
}

/// The page in that file with its section.
fn with_section(file: &Path, arguments: &Arguments, section: &str) -> Result<String, CliError> {
    let page = fs::read_to_string(file).map_err(|error| CliError::NoPage(file.to_owned(), error))?;
    Ok(page::replaced(&page, &arguments.filters.join(" "), section)?)
}

/// The cells, by scenario and then by strategy.
fn measured(
    scenarios: &[&'static Scenario],
    strategies: &[String],
    effort: &Effort,
    jobs: usize,
    mut progress: Progress,
) -> Result<Vec<Vec<Cell>>, CliError> {
    let pieces = scenarios.len() * strategies.len();
    let place = |number: usize| (scenarios[number / strategies.len()], strategies[number % strategies.len()].as_str());
    let mut done: Vec<_> = (0..pieces).map(|_| None).collect();
    let work = |number: usize, _: &_| {
        let (scenario, strategy) = place(number);
        measure(scenario, strategy, effort)
    };
    workers::each(pieces, jobs, work, |news| match news {
        News::Done(number, cell) => {
            let (scenario, strategy) = place(number);
            progress.note(format!("{} under {strategy}", scenario.full_name()));
            progress.done(true);
            done[number] = Some(*cell);
        }
        News::At(..) | News::Nothing => progress.show(),
    });
    progress.finish();
    let mut cells = done.into_iter().flatten();
    let mut row = |_| cells.by_ref().take(strategies.len()).collect::<Result<Vec<_>, _>>();
    Ok(scenarios.iter().map(&mut row).collect::<Result<_, _>>()?)
}
