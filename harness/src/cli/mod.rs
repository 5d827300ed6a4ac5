//! The program `bohrbug`: its command line, and one file for each of its commands.
//!
//! A word on the command line beats an environment variable, and a variable beats the default. What is asked for goes to
//! standard output; warnings, errors and progress go to standard error.

mod answer;
mod around;
mod assign;
mod bench;
mod command;
mod console;
mod debug;
mod error;
mod explain;
mod hunt;
mod list;
mod matrix;
mod mcp;
mod merge;
mod merged_tests;
mod minimize;
mod outlived;
mod progress;
mod replay;
mod shard;
mod stacks;
mod table;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use bohrbug::Environment;
use clap::{Parser, Subcommand, ValueEnum};

use crate::catalogue::Catalogue;
use crate::ended;
use crate::exit::Exit;
use console::Console;
use error::CliError;

/// Hunts concurrency bugs, and makes those that it finds happen every time.
#[derive(Debug, Parser)]
#[command(name = "bohrbug", bin_name = "bohrbug", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the scenarios and what is expected of each revision, the strategies and the monitors.
    List(list::Arguments),
    /// Looks for expected and unexpected failures.
    Hunt(hunt::Arguments),
    /// Merges the results of the shards of a campaign.
    Merge(merge::Arguments),
    /// Replays recorded failures.
    Replay(replay::Arguments),
    /// Explains which orders of events a recorded failure needs.
    Explain(explain::Arguments),
    /// Minimises recorded failures.
    Minimize(minimize::Arguments),
    /// Writes what each revision of a system does under each scenario, as a page.
    Matrix(matrix::Arguments),
    /// Measures how soon each strategy finds the expected failure.
    Bench(bench::Arguments),
    /// Serves the Model Context Protocol over standard input and output, for agents.
    Mcp(mcp::Arguments),
    /// Moves a virtual machine to another account, in a ledger file.
    Assign(assign::Arguments),
}

/// In which form a command answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; not stable.
    #[default]
    Human,
    /// For programs: a JSON object on a line.
    Json,
}

const AFTER_HELP: &str = "\
Exit codes: 0 as asked; 1 a bug in bohrbug, or output that cannot be written; 2 usage; 4 nothing selected; 10 a bug was found that was not expected, or a \
replay failed differently; 11 a replay diverged; 12 a replay did not fail; 13 an expected failure was not found, or a \
shard is missing; 20 a trace, a ledger or a shard's results cannot be read.
Environment: BOHRBUG_STRATEGY, BOHRBUG_SEED, BOHRBUG_CARRIER, BOHRBUG_EXECUTIONS, BOHRBUG_TIME, BOHRBUG_REPLAY, \
BOHRBUG_TRACES, BOHRBUG_SHARD, BOHRBUG_SHARD_OUT; an option beats its variable.";

/// Runs the program on this catalogue and says how it ends.
pub fn main(catalogue: &Catalogue) -> ExitCode {
    ended::set_again(bohrbug::Again::this_program());
    if let Some(asked) = bohrbug::survive::asked() {
        return ended::carry_out(asked, catalogue, hunt::TRACES.as_ref()).into();
    }
    let mut console = Console::new();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is what was asked for; everything else is a mistake of usage.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::AsAsked.into() };
        }
    };
    if let Command::Hunt(_) = &cli.command
        && let Some(code) = hunt_outlived(&mut console)
    {
        return code;
    }
    let (environment, warnings) = Environment::read();
    for warning in warnings {
        console.warn(&warning);
    }
    let result = match cli.command {
        Command::List(arguments) => list::run(&arguments, catalogue, &mut console),
        Command::Hunt(arguments) => hunt::run(&arguments, &environment, catalogue, &mut console),
        Command::Merge(arguments) => merge::run(&arguments, &environment, catalogue, &mut console),
        Command::Explain(arguments) => explain::run(&arguments, catalogue, &mut console),
        Command::Minimize(arguments) => minimize::run(&arguments, catalogue, &mut console),
        Command::Bench(arguments) => bench::run(&arguments, catalogue, &mut console),
        Command::Mcp(arguments) => mcp::run(&arguments),
        Command::Assign(arguments) => assign::run(&arguments, &mut console),
        Command::Matrix(arguments) => matrix::run(&arguments, catalogue, &mut console),
        Command::Replay(arguments) => replay::run(&arguments, &environment, catalogue, &mut console),
    };
    finish(result, &mut console).into()
}

/// Has a hunt done by another process, unless this is that one; `None` where it has to be done here.
fn hunt_outlived(console: &mut Console) -> Option<ExitCode> {
    if !cfg!(unix) {
        return None;
    }
    if bohrbug::Environment::hunt().is_some() {
        outlived::end_with_the_other();
        return None;
    }
    outlived::run(&ended::Ledger::open(None), console).ok()
}

fn finish(result: Result<Exit, CliError>, console: &mut Console) -> Exit {
    let exit = result.unwrap_or_else(|error| {
        console.error(&error.to_string());
        error.exit()
    });
    // A reader that went away had enough; output that cannot be written is a fault that somebody must hear of.
    match console.lost() {
        Some(error) => {
            console.error(&format!("cannot write to standard output: {error}"));
            Exit::OurFault
        }
        None => exit,
    }
}

/// A text of several lines, an assertion's for one, where there is room for one.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(", ")
}

/// Reads a number of executions, `1_000_000` too.
fn count(text: &str) -> Result<u64, String> {
    match text.replace('_', "").parse() {
        Ok(0) => Err("expected at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("expected a whole number".to_owned()),
    }
}

/// Reads a seed, which may be any number.
fn seed(text: &str) -> Result<u64, String> {
    let most = || format!("expected a whole number from 0 to {}", u64::MAX);
    text.replace('_', "").parse().map_err(|_| most())
}

/// Reads a number of threads.
fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = count(text)?;
    usize::try_from(number).ok().and_then(NonZeroUsize::new).ok_or_else(|| "that is too many".to_owned())
}

/// Reads a time in seconds, `1.5` or `1.5s`.
fn seconds(text: &str) -> Result<Duration, String> {
    let wanted = || "expected a number of seconds".to_owned();
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().map_err(|_| wanted())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wanted())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(count("1_000"), Ok(1000));
        assert!(count("0").is_err() && count("-1").is_err() && count("many").is_err());
        assert_eq!(seed("0"), Ok(0));
        assert!(seed("-1").is_err() && seed("18446744073709551616").is_err());
        assert_eq!(threads("2").map(NonZeroUsize::get), Ok(2));
        assert!(threads("0").is_err() && threads("-1").is_err());
        assert_eq!(seconds("1.5s"), Ok(Duration::from_millis(1500)));
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("1e300").is_err() && seconds("").is_err());
    }
}
