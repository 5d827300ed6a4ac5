//! What is explored, in words: what it takes to run an execution of it again in another process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bohrbug_sync::control::Config;
use bohrbug_trace::{Carrier, Choices, FailureKind, Header, Trace};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CHILD, LOOP_TIME};
use crate::environment::Environment;
use crate::record;

/// How this program is started again, so that it comes to the same workload: as a process of its own that may end in any way.
///
/// The new process finds in its environment what it is to do; it asks with [`asked`](super::asked), or is a test whose
/// [`Check`](crate::Check) does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) goes_on: bool,
}

impl Again {
    /// That program with those arguments.
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
            goes_on: false,
        }
    }

    /// This program with the arguments that it has; `None` if it cannot be found.
    pub fn this_program() -> Option<Self> {
        Some(Self::new(std::env::current_exe().ok()?, std::env::args_os().skip(1)))
    }

    /// This test binary with that test alone, whatever else it was started for; `None` if it cannot be found.
    pub fn test(name: &str) -> Option<Self> {
        let arguments = [name, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"];
        Some(Self::new(std::env::current_exe().ok()?, arguments))
    }

    /// The same, with that variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The same; and when the trace of what ends this process has been made, which the other process says by exiting with 0, this
    /// process does not end: it becomes that program with those arguments once more, to go on with what is left.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { goes_on: true, ..self }
    }

    /// The command, told to do what is written there, and silent.
    pub(super) fn command(&self, task: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env(CHILD, task)
            .env("RUST_BACKTRACE", "0")
            .env_remove("BOHRBUG_REPLAY");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// In milliseconds, as it is written down.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// What is explored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) scenario: String,
    /// Which check of its thread it is, from 1; 0 for what is no check.
    pub(crate) nth: u32,
    pub(crate) revision: Option<String>,
    pub(crate) workload: Option<Value>,
    pub(crate) strategy: String,
    pub(crate) seed: u64,
    /// Where traces go, for whoever has no other word on it.
    pub(crate) traces: Option<PathBuf>,
    pub(crate) choices: Choices,
    #[serde(with = "bohrbug_trace::by_name")]
    pub(crate) carrier: Carrier,
    pub(crate) stack_size: usize,
    /// What a task may use of processor time without an event, in milliseconds.
    pub(crate) loop_time: u64,
    /// Which monitors watch.
    pub(crate) watch: Watch,
}

/// Which monitors watch an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Watch {
    /// The usual ones, those in `on`, and none in `off`.
    Exploring { on: Vec<String>, off: Vec<String> },
    /// Those of a replay of a failure of that kind.
    Replaying(Option<FailureKind>),
}

impl About {
    pub(crate) fn new(scenario: &str, strategy: &str) -> Self {
        let config = Config::default();
        Self {
            scenario: scenario.to_owned(),
            nth: 0,
            revision: None,
            workload: None,
            strategy: strategy.to_owned(),
            seed: 0,
            traces: None,
            choices: record::choices(&config),
            carrier: config.carrier,
            stack_size: config.stack_size,
            loop_time: millis(Environment::asked_loop_time().unwrap_or(LOOP_TIME)),
            watch: Watch::Replaying(None),
        }
    }

    /// What a trace is of, and how its failure is looked for.
    pub(crate) fn of_trace(trace: &Trace) -> Self {
        let header = &trace.header;
        Self {
            revision: header.revision.clone(),
            workload: header.workload.clone(),
            seed: header.seed,
            choices: header.choices.clone(),
            carrier: header.carrier,
            watch: Watch::Replaying(header.failure.as_ref().map(|failure| failure.kind)),
            ..Self::new(&header.scenario, &header.strategy)
        }
    }

    /// Whether it is of the check of that name and number, or, with 0, of what is called so and is no check.
    pub(crate) fn is_of(&self, scenario: &str, nth: u32) -> bool {
        self.scenario == scenario && self.nth == nth
    }

    /// Whether it is of the same, with traces in the same place: what keeps its traces elsewhere is another run, which may be going
    /// on beside this one.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        self.is_of(&other.scenario, other.nth) && self.revision == other.revision && self.traces == other.traces
    }

    pub(crate) fn set_config(&mut self, config: &Config) {
        self.choices = record::choices(config);
        self.carrier = config.carrier;
        self.stack_size = config.stack_size;
    }

    pub(crate) fn config(&self) -> Config {
        Config { stack_size: self.stack_size, ..record::config_of(&self.choices, self.carrier) }
    }

    /// The header of a trace of the execution of that number, from 0.
    pub(crate) fn header(&self, number: u64) -> Header {
        Header {
            revision: self.revision.clone(),
            workload: self.workload.clone(),
            seed: self.seed,
            execution: number + 1,
            choices: self.choices.clone(),
            carrier: self.carrier,
            ..Header::new(self.scenario.clone(), bohrbug_trace::Runtime::Native, self.strategy.clone())
        }
    }
}
