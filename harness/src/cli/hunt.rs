//! `bohrbug hunt`: looks for the failures that are expected, and for those that are not.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use bohrbug::report::{self, Kept};
use bohrbug::{Environment, runtime_of};
use clap::ValueEnum;

use super::console::{Console, coloured};
use super::error::CliError;
use super::progress::Progress;
use super::{command, count, one_line, seconds, seed, table, threads};
use crate::catalogue::Catalogue;
use crate::documents;
use crate::ended::Ledger;
use crate::exit::Exit;
use crate::numbers::grouped;
use crate::outcome::{Judgement, Outcome};
use crate::plan::Settings;
use crate::scenario::{Expectation, Scale};
use crate::select::{self, Pair};
use crate::workers::{self, News};

/// Where traces go unless somebody says where: out of the way of the committed ones.
pub(super) const TRACES: &str = "target/bohrbug/traces";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Scenarios by name, by system, or by part of a name
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Only this revision
    #[arg(long)]
    revision: Option<String>,
    /// Only this strategy; several in turn by default
    #[arg(long)]
    strategy: Option<String>,
    /// Maximum executions, for each strategy
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    executions: Option<u64>,
    /// Maximum seconds, for each strategy
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    time: Option<Duration>,
    /// The seed; 0 by default
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Threads; the number of cores by default
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    jobs: Option<NonZeroUsize>,
    /// The directory of traces; target/bohrbug/traces by default
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// The size of the workloads
    #[arg(long, value_enum, default_value_t)]
    scale: Scale,
    /// Fifty times the budget where no failure is expected, also for workloads too large for a usual hunt: an hour or more
    #[arg(long)]
    long: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// In which form a hunt answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
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

pub(super) fn run(
    arguments: &Arguments,
    environment: &Environment,
    catalogue: &Catalogue,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let mut settings = settings(arguments, environment);
    if let Some(strategy) = &settings.strategy {
        runtime_of(strategy)?;
    }
    let scenarios = select::scenarios(catalogue, &arguments.filters)?;
    let pairs = select::pairs(catalogue, &scenarios, arguments.revision.as_deref())?;
    let jobs = jobs(arguments);
    settings.jobs = workers::inside(jobs, pairs.len());
    let traces = arguments.traces.clone().or_else(|| environment.traces.clone()).unwrap_or_else(|| TRACES.into());
    let ledger = Ledger::open(Environment::hunt());
    ledger.go_on();
    settings.ledger = Some(ledger.clone());
    let progress = Progress::new(pairs.len(), arguments.quiet, console);
    let printer = Printer { format: arguments.format, is_alone: pairs.len() == 1 };
    let mut hunt = Hunt {
        pairs: &pairs,
        printer,
        progress,
        console,
        waiting: pairs.iter().map(|_| None).collect(),
        done: Vec::new(),
        printed: ledger.already_printed(),
        ledger: &ledger,
    };
    workers::run(&pairs, &settings, &traces, jobs, |news| hunt.hear(news));
    let outcomes = hunt.finish();
    ledger.close();
    conclude(arguments.format, &outcomes, console)?;
    Ok(Exit::worst(outcomes.iter().map(|outcome| outcome.judgement().exit())))
}

/// What comes after the last outcome.
fn conclude(form: Form, outcomes: &[Outcome], console: &mut Console) -> Result<(), CliError> {
    let document = match form {
        Form::Json => return Ok(()),
        Form::Human => summary(outcomes),
        Form::Junit => documents::junit(outcomes).map_err(|error| CliError::Document("JUnit", error.to_string()))?,
        Form::Sarif => documents::sarif(outcomes).map_err(|error| CliError::Document("SARIF", error.to_string()))?,
    };
    console.say(document.trim_end());
    Ok(())
}

fn settings(arguments: &Arguments, environment: &Environment) -> Settings {
    Settings {
        strategy: arguments.strategy.clone().or_else(|| environment.strategy.clone()),
        executions: arguments.executions.or(environment.executions),
        time: arguments.time.or(environment.time),
        seed: arguments.seed.or(environment.seed).unwrap_or_default(),
        scale: arguments.scale,
        long: arguments.long,
        jobs: 1,
        ledger: None,
    }
}

fn jobs(arguments: &Arguments) -> usize {
    let cores = || std::thread::available_parallelism().ok();
    arguments.jobs.or_else(cores).map_or(1, NonZeroUsize::get)
}

/// A hunt under way: what is done is printed in the order of the pairs, whichever finished first.
struct Hunt<'a> {
    pairs: &'a [Pair],
    printer: Printer,
    progress: Progress,
    console: &'a mut Console,
    /// By number of the pair, what is done and waits for those before it.
    waiting: Vec<Option<Outcome>>,
    /// What has been printed.
    done: Vec<Outcome>,
    /// How many of these by the process that this one was before.
    printed: usize,
    ledger: &'a Ledger,
}

impl Hunt<'_> {
    fn hear(&mut self, news: News) {
        match news {
            News::Nothing => self.progress.show(),
            News::At(number, progress) => self.progress.at(&self.pairs[number], progress),
            News::Done(number, outcome) => {
                self.progress.done(outcome.judgement() == Judgement::AsExpected);
                self.waiting[number] = Some(*outcome);
                self.print_what_is_next();
            }
        }
    }

    fn print_what_is_next(&mut self) {
        while let Some(outcome) = self.waiting.get_mut(self.done.len()).and_then(Option::take) {
            let (printer, console) = (&self.printer, &mut *self.console);
            if self.done.len() >= self.printed {
                self.progress.aside(|| printer.print(&outcome, console));
                self.ledger.printed(self.done.len() + 1);
            }
            self.done.push(outcome);
        }
    }

    fn finish(self) -> Vec<Outcome> {
        self.progress.finish();
        self.done
    }
}

/// Prints one outcome after the other.
struct Printer {
    format: Form,
    /// Whether only one pair was selected, so that its failure is what somebody wants to read.
    is_alone: bool,
}

impl Printer {
    fn print(&self, outcome: &Outcome, console: &mut Console) {
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
