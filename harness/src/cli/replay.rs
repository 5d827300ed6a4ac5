//! `bohrbug replay`: makes recorded failures happen again.

use std::io;
use std::path::{Path, PathBuf};

use bohrbug::report::{self, Kept};
use bohrbug::trace::{Carrier, ReadError, Saved, Trace, first_difference};
use bohrbug::{Environment, Program, Replay, ReplayError, ReplayVerdict, Runtime, replay};
use clap::ValueEnum;
use serde_json::json;

use super::console::Console;
use super::debug::Stop;
use super::error::CliError;
use super::stacks::{self, Stack};
use super::{Format, around, command, count, debug, one_line, seed};
use crate::catalogue::Catalogue;
use crate::ended;
use crate::exit::Exit;
use crate::hunt::scale_of;
use crate::numbers::grouped;
use crate::select::{self, SelectError};
use crate::store::usual_runtime;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The traces to replay
    #[arg(value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// On this revision; on the recorded one by default
    #[arg(long)]
    revision: Option<String>,
    /// On this runtime; native by default, loom for a trace that needs its memory model
    #[arg(long, value_enum, value_name = "RUNTIME")]
    on: Option<On>,
    /// How many times, all with identical events
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, default_value = "1")]
    times: u64,
    /// How many random schedules to run that keep what made it fail
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true, conflicts_with_all = ["times", "on"])]
    around: Option<u64>,
    /// The seed of --around
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, requires = "around")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    debug: debug::Arguments,
    /// Show each task's stack before this step
    #[arg(long, value_name = "STEP", conflicts_with_all = ["times", "on", "around", "debug"])]
    stacks: Option<usize>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum On {
    /// Bohrbug's own coroutines
    Native,
    /// shuttle
    Shuttle,
    /// loom
    Loom,
}

impl From<On> for Runtime {
    fn from(on: On) -> Self {
        match on {
            On::Native => Self::Native,
            On::Shuttle => Self::Shuttle,
            On::Loom => Self::Loom,
        }
    }
}

pub(super) fn run(
    arguments: &Arguments,
    environment: &Environment,
    catalogue: &Catalogue,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let mut paths = arguments.traces.clone();
    if paths.is_empty() {
        paths.push(environment.replay.clone().ok_or(CliError::NoTrace)?);
    }
    let is_alone = paths.len() == 1;
    let exits: Vec<Exit> = paths
        .iter()
        .map(|path| {
            let exit = match arguments.around {
                Some(schedules) => around::run(path, arguments, environment, catalogue, schedules)
                    .map(|done| done.print(arguments.format, console)),
                None => one(path, arguments, environment, catalogue)
                    .map(|done| done.print(arguments.format, is_alone, console)),
            };
            exit.unwrap_or_else(|error| error.print(path, arguments.format, console))
        })
        .collect();
    Ok(Exit::worst(exits))
}

/// Why one trace is not replayed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotReplayed {
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error(
        "{path}:1: this trace is of no scenario of this program: {source}; a test's trace is replayed by its test: {command}"
    )]
    NoScenario { path: String, source: SelectError, command: String },
    #[error("{path}:1: {source}")]
    NoRevision { path: String, source: SelectError },
    #[error("{path}:1: the trace names no revision; give one with --revision")]
    RevisionMissing { path: String },
    #[error("{path}: the trace has {steps} steps, counted from 0; there is no step {step}")]
    NoStep { path: String, step: usize, steps: usize },
    #[error("{path}: this trace needs loom, whose tasks share one thread: a debugger cannot tell them apart")]
    NotOnThreads { path: String },
    #[error("{}: cannot write the file: {error}; create its directory, or choose another path", path.display())]
    NotWritten { path: PathBuf, error: io::Error },
    #[error("{path}: {source}")]
    Impossible { path: String, source: ReplayError },
}

impl NotReplayed {
    const fn exit(&self) -> Exit {
        match self {
            Self::Unreadable(_) => Exit::Unreadable,
            _ => Exit::Usage,
        }
    }

    fn print(&self, path: &Path, format: Format, console: &mut Console) -> Exit {
        console.error(&self.to_string());
        if format == Format::Json {
            let verdict = if self.exit() == Exit::Unreadable { "unreadable" } else { "not replayed" };
            let object =
                json!({ "trace": path.display().to_string(), "verdict": verdict, "message": self.to_string() });
            console.say(&object.to_string());
        }
        self.exit()
    }
}

/// One trace, replayed.
struct Done {
    path: PathBuf,
    recorded: Trace,
    revision: &'static str,
    on: Runtime,
    first: Replay,
    times: u64,
    /// The first replay that differed from the first: its number, and how it differed.
    odd: Option<(u64, String)>,
    /// Where a debugger is to stop.
    stop: Option<Stop>,
    /// Where the tasks stand, if that was asked for.
    stacks: Option<Vec<Stack>>,
}

/// A trace, and the revision that it is replayed on.
pub(super) struct Subject {
    pub(super) recorded: Trace,
    pub(super) revision: &'static str,
    pub(super) program: Program,
}

/// Reads a trace and finds what it is replayed on.
pub(super) fn subject(path: &Path, arguments: &Arguments, catalogue: &Catalogue) -> Result<Subject, NotReplayed> {
    let recorded = Trace::read(path)?;
    let name = || path.display().to_string();
    let scenario = catalogue.find(&recorded.header.scenario).ok_or_else(|| NotReplayed::NoScenario {
        path: name(),
        source: select::unknown_scenario(catalogue, &recorded.header.scenario),
        command: command_of_test(arguments, &name(), &recorded),
    })?;
    let wanted = arguments.revision.as_ref().or(recorded.header.revision.as_ref());
    let wanted = wanted.ok_or_else(|| NotReplayed::RevisionMissing { path: name() })?;
    let (revision, _) = scenario.revision(wanted).ok_or_else(|| NotReplayed::NoRevision {
        path: name(),
        source: select::unknown_revision(&[scenario], wanted),
    })?;
    let program = scenario.program(revision, scale_of(&recorded)).started_again_by(ended::again());
    Ok(Subject { recorded, revision, program })
}

/// The command for the trace of a test.
fn command_of_test(arguments: &Arguments, path: &str, trace: &Trace) -> String {
    if arguments.debug.debug {
        command::debug(path, &trace.header.scenario, arguments.debug.step_of(trace))
    } else {
        command::test(path, &trace.header.scenario)
    }
}

fn one(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
    catalogue: &Catalogue,
) -> Result<Done, NotReplayed> {
    let Subject { recorded, revision, program } = subject(path, arguments, catalogue)?;
    let name = || path.display().to_string();
    let on = arguments.on.map_or_else(|| usual_runtime(&recorded), Runtime::from);
    let mut asked = recorded.clone();
    let mut stop = None;
    if arguments.debug.debug {
        if on != Runtime::Native {
            return Err(NotReplayed::NotOnThreads { path: name() });
        }
        asked.header.carrier = Carrier::Threads;
        stop = Some(arguments.debug.stop(path, &recorded, arguments.revision.as_deref())?);
    } else if let Some(carrier) = environment.carrier {
        asked.header.carrier = carrier;
    }
    let impossible = |source| NotReplayed::Impossible { path: name(), source };
    let again = || replay(&asked, &program, on).map_err(impossible);
    let (first, stacks) = match arguments.stacks {
        Some(step) => {
            let (replayed, seen) = stacks::replay(path, &asked, &program, step)?.map_err(impossible)?;
            (replayed, Some(seen))
        }
        None => (again()?, None),
    };
    let mut odd = None;
    for number in 2..=arguments.times {
        if let Some(difference) = difference(&first, &again()?) {
            odd = Some((number, difference));
            break;
        }
    }
    let (path, times) = (path.to_owned(), arguments.times);
    Ok(Done { path, revision, on, first, times, odd, recorded, stop, stacks })
}

/// How two replays of one trace differ, which they never should.
fn difference(first: &Replay, other: &Replay) -> Option<String> {
    if let Some(difference) = first_difference(&first.events, &other.events) {
        return Some(difference.to_string());
    }
    (first.verdict != other.verdict).then(|| other.verdict.to_string())
}

impl Done {
    fn exit(&self) -> Exit {
        match &self.first.verdict {
            _ if self.odd.is_some() => Exit::Diverged,
            ReplayVerdict::Reproduced => Exit::AsAsked,
            ReplayVerdict::DidNotFail => Exit::DidNotFail,
            ReplayVerdict::FailedDifferently(_) => Exit::BugFound,
            ReplayVerdict::Diverged { .. } => Exit::Diverged,
        }
    }

    fn print(&self, format: Format, is_alone: bool, console: &mut Console) -> Exit {
        if let Some(stop) = self.stop.as_ref().filter(|_| format == Format::Human) {
            console.say(&stop.text());
        }
        match format {
            Format::Json => console.say(&self.json().to_string()),
            Format::Human if self.stacks.is_some() => {
                console.say(&format!("{}: {}", self.path.display(), self.headline()));
                self.stacks.iter().flatten().for_each(|stack| console.say(&stack.to_string()));
            }
            Format::Human if is_alone && self.exit() == Exit::AsAsked => console.say(&self.in_full()),
            Format::Human => console.say(&format!("{}: {}", self.path.display(), self.headline())),
        }
        self.exit()
    }

    fn headline(&self) -> String {
        let name = format!("{} {} on {}", self.recorded.header.scenario, self.revision, self.on.name());
        let (verdict, mode) = (one_line(&self.first.verdict.to_string()), self.first.mode.name());
        match &self.odd {
            Some((number, difference)) => format!("{name}: replay {number} differed from the first: {difference}"),
            None if self.times > 1 => {
                format!("{name}: {verdict}, {} times with identical events ({mode})", grouped(self.times))
            }
            None => format!("{name}: {verdict} ({mode})"),
        }
    }

    /// What failed and what every task did last: of this replay, with the lines of today.
    fn in_full(&self) -> String {
        let seen = Trace { header: self.recorded.header.clone(), events: self.first.events.clone() };
        let kept = Kept::Saved(Saved::Known(self.path.clone()));
        report::failure(&self.headline(), &seen, &kept, command::replay)
    }

    fn json(&self) -> serde_json::Value {
        let other = self.first.verdict.other_failure();
        let same = self.recorded.header.failure.as_ref();
        let failure = match &self.first.verdict {
            ReplayVerdict::Reproduced => {
                same.map(|f| json!({ "kind": f.kind, "fingerprint": f.fingerprint, "message": f.message }))
            }
            _ => other.map(|f| json!({ "kind": f.kind, "fingerprint": f.fingerprint(), "message": f.message })),
        };
        let mut object = json!({
            "trace": self.path.display().to_string(),
            "scenario": self.recorded.header.scenario,
            "revision": self.revision,
            "on": self.on.name(),
            "verdict": self.first.verdict.name(),
            "mode": self.first.mode.name(),
            "message": self.headline(),
            "times": self.times,
            "all_alike": self.odd.is_none(),
            "as_recorded": self.first.identical,
            "failure": failure,
        });
        if let Some(stacks) = &self.stacks {
            object["stacks"] = json!(stacks);
        }
        if let Some(stop) = &self.stop {
            object["debugger"] = stop.command().into();
        }
        object
    }
}
