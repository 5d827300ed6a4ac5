//! What `cargo bohrbug` tells the process of a test, and what it is told: JSON in a variable, and in a file.
//!
//! ```
//! use bohrbug_plan::{Mode, Plan};
//!
//! let plan = Plan { mode: Mode::Probe, ..Plan::default() };
//! assert_eq!(Plan::from_text(&plan.to_text()).unwrap().mode, Mode::Probe);
//! ```

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The variable that has the plan.
pub const VARIABLE: &str = "BOHRBUG_TEST_PLAN";

/// The exit code of a probe whose test was about to start a thread.
pub const STARTS_THREADS: i32 = 93;

/// What is to be done with a test in this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Run it once as it is, on real threads.
    #[default]
    Plain,
    /// Run it once as it is, and end with [`STARTS_THREADS`] where it starts a thread.
    Probe,
    /// Explore it.
    Explore,
    /// Replay [`Plan::trace`].
    Replay,
}

/// What is to be done with a test, and within which bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// What is to be done.
    pub mode: Mode,
    /// The name in traces: `PACKAGE/TARGET/TEST`.
    pub scenario: String,
    /// The strategy's name.
    pub strategy: String,
    /// The seed of random numbers.
    pub seed: u64,
    /// How many executions at the most.
    pub executions: u64,
    /// How many events at the most, over all executions.
    pub events: u64,
    /// How many milliseconds at the most.
    pub milliseconds: u64,
    /// The crates that are not under test: their statics keep their values.
    pub foreign: Vec<String>,
    /// Whether the program was built so that every access to memory is seen.
    pub every_access: bool,
    /// The folder from which on places in the code are named.
    pub root: PathBuf,
    /// Where traces are saved.
    pub traces: PathBuf,
    /// The trace to be replayed.
    pub trace: Option<PathBuf>,
    /// How often it is to be replayed.
    pub times: u64,
    /// The part of it that is to be explored, as `3/7`; without one, everything.
    pub shard: Option<String>,
    /// The directory for the results of that part.
    pub out: PathBuf,
    /// Whether a replay has a thread for each task, in which a debugger can stop before this step.
    pub debug: Option<u64>,
    /// The file for the [`Outcome`].
    pub outcome: PathBuf,
}

/// Where a test is that was built so that every access is seen, as the results of a shard have it; the place of others is empty.
/// So the results of the two are never merged.
pub const EVERY_ACCESS: &str = "--every-access";

impl Plan {
    /// Where the test is, as the results of a shard have it.
    ///
    /// ```
    /// use bohrbug_plan::{EVERY_ACCESS, Plan};
    ///
    /// assert_eq!(Plan::default().place(), "");
    /// assert_eq!(Plan { every_access: true, ..Plan::default() }.place(), EVERY_ACCESS);
    /// ```
    pub const fn place(&self) -> &'static str {
        if self.every_access { EVERY_ACCESS } else { "" }
    }

    /// The file that is there when an execution has come to its end.
    pub fn mark(&self) -> PathBuf {
        self.outcome.with_extension("mark")
    }

    /// The plan in a line.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("a plan is JSON: {error}"))
    }

    /// The plan in that line.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// What came of a test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The name in traces: `PACKAGE/TARGET/TEST`.
    pub test: String,
    /// In a word: `verified`, `passed`, `failed`, `sequential`, `uncontrolled`, `cut`, `ignored`, or what a replay came to.
    pub verdict: String,
    /// How many executions ran.
    pub executions: u64,
    /// How many different behaviours were seen, if that was counted.
    pub behaviours: Option<u64>,
    /// How many executions were cut off at the bound on their length.
    pub cut: u64,
    /// How many milliseconds it took.
    pub milliseconds: u64,
    /// The kind of the failure.
    pub failure: Option<String>,
    /// The trace of the failure.
    pub trace: Option<PathBuf>,
    /// What is to be said of the failure if the process ends before it says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

impl Outcome {
    /// The outcome in a line.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("an outcome is JSON: {error}"))
    }

    /// The outcome in that line.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
