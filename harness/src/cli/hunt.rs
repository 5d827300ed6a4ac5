//! `bohrbug hunt`: looks for the failures that are expected, and for those that are not.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use bohrbug::{Environment, runtime_of};

use super::answer::{Form, Printer, conclude};
use super::console::Console;
use super::error::CliError;
use super::progress::Progress;
use super::{count, seconds, seed, shard, threads};
use crate::catalogue::Catalogue;
use crate::ended::Ledger;
use crate::exit::Exit;
use crate::hunt::look_back;
use crate::outcome::{Judgement, Outcome};
use crate::plan::Settings;
use crate::scenario::Scale;
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
    /// Only this part of the campaign: 3/7, or env/7 where an engine sets the number; see `bohrbug merge`
    #[arg(long, value_name = "M/N", allow_hyphen_values = true)]
    shard: Option<String>,
    /// Where the results of a shard go
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
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
    let ledger = Ledger::open(Environment::hunt());
    settings.ledger = Some(ledger.clone());
    if let Some(text) = arguments.shard.as_ref().or(environment.shard.as_ref()) {
        let out = arguments.out.as_ref().or(environment.shard_out.as_ref()).ok_or(CliError::NoOut)?;
        let traces = arguments.traces.is_some();
        let asked = shard::Asked { text, out, settings: &settings, traces, format: arguments.format, jobs };
        return shard::run(&asked, &pairs, Progress::new(pairs.len(), arguments.quiet, console), console);
    }
    if arguments.out.is_some() {
        return Err(CliError::OutWithoutShard);
    }
    settings.jobs = workers::inside(jobs, pairs.len());
    let traces = arguments.traces.clone().or_else(|| environment.traces.clone()).unwrap_or_else(|| TRACES.into());
    ledger.go_on();
    look_back(&pairs, &settings, &traces);
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

fn settings(arguments: &Arguments, environment: &Environment) -> Settings {
    Settings {
        strategy: arguments.strategy.clone().or_else(|| environment.strategy.clone()),
        executions: arguments.executions.or(environment.executions),
        time: arguments.time.or(environment.time),
        seed: arguments.seed.or(environment.seed).unwrap_or_default(),
        scale: arguments.scale,
        long: arguments.long,
        jobs: 1,
        carrier: environment.carrier.unwrap_or_default(),
        loop_time: environment.loop_time,
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
            let (printer, console, progress) = (&self.printer, &mut *self.console, &self.progress);
            if self.done.len() >= self.printed {
                let (ledger, count) = (self.ledger, self.done.len() + 1);
                bohrbug::survive::undisturbed(|| {
                    progress.aside(|| printer.print(&outcome, console));
                    ledger.printed(count);
                });
            }
            self.done.push(outcome);
        }
    }

    fn finish(self) -> Vec<Outcome> {
        self.progress.finish();
        self.done
    }
}
