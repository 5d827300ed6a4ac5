//! The header of a trace: what was run, how, and how it ended.

use bohrbug_events::{Carrier, MemoryModel, Runtime, vocabulary};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Before, FailureKind, Operation, by_name};

/// The version of the format that this crate writes, and the newest that it reads.
///
/// Format 1, which had no carrier and no writer, is still read.
pub const FORMAT: u32 = 2;

/// What was run, how, and what came of it.
///
/// ```
/// use bohrbug_trace::{Header, Runtime};
///
/// let header = Header { revision: Some("v3".into()), seed: 7, ..Header::new("shop/two-buyers", Runtime::Native, "pct") };
/// assert_eq!(header.execution, 1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What was run: `system/name`, or the name of a test.
    pub scenario: String,
    /// Which revision of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What it ran on.
    #[serde(with = "by_name")]
    pub runtime: Runtime,
    /// What carried its tasks.
    #[serde(default, skip_serializing_if = "is_default", with = "by_name")]
    pub carrier: Carrier,
    /// Who decided what ran next. Information only: the decisions are in the events.
    pub strategy: String,
    /// The seed of the strategy's random numbers. Also information only.
    pub seed: u64,
    /// Which execution of the run this was, from 1.
    pub execution: u64,
    /// How it failed; `None` for a recording of a run that did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureRecord>,
    /// What the scenario was asked to do, in its own terms. A JSON null counts as absent.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub workload: Option<Value>,
    /// What the scheduler was free to choose beyond who runs next.
    pub choices: Choices,
    /// Whether the process ends after the failure, as tasks unwind: then it is replayed in a child process only.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ends_process: bool,
    /// The ordered pairs of events without which it does not fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub essence: Vec<Before>,
    /// How many preemptions it has, and whether it could have fewer; only of a trace that was minimised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemptions: Option<Preemptions>,
    /// What tasks wait for where it failed: each with what it had announced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Fields that this version of the crate does not know, kept so that nothing is lost when a trace is written again.
    /// A key that the format itself uses is not written.
    #[serde(flatten, serialize_with = "unknown_only")]
    pub unknown: Map<String, Value>,
}

/// How often the scheduler preempts a task in the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preemptions {
    /// How often.
    pub count: u32,
    /// Whether fewer are impossible.
    pub fewest: Fewest,
}

vocabulary! {
    /// Whether an execution with fewer preemptions fails in the same way.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Fewest {
        /// None does: every one of them was run.
        Proved = "proved",
        /// None was found.
        NotFound = "not-found",
    }
}

/// A task that waits, and what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Who: the path of the task.
    pub task: String,
    /// What it wants to do.
    #[serde(with = "by_name")]
    pub operation: Operation,
    /// To which object, by its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Where in the code, `file:line:column`.
    pub site: String,
}

/// How an execution failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureRecord {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What it said.
    pub message: String,
    /// The task that failed, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Where in the code, `file:line:column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What makes it the same failure as another; see [`fingerprint`](crate::fingerprint()).
    pub fingerprint: String,
}

/// What the scheduler was free to choose beyond who runs next: budgets for one execution.
///
/// A replay needs the same freedom, since a choice that is off is no event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// How many steps an execution may take before it counts as endless.
    pub step_bound: u64,
    /// How many timed waits may time out.
    pub timeouts: u32,
    /// How many waits may end without a reason.
    pub spurious: u32,
    /// How many weak exchanges may fail without a reason.
    pub weak_failures: u32,
    /// Whether an access to unsynchronised data is a point at which another task can be scheduled.
    pub cell_points: bool,
    /// What loads could read.
    #[serde(skip_serializing_if = "is_default", with = "by_name")]
    pub memory: MemoryModel,
}

/// Room for a message: a failed `assert_eq!` of two large values must not make its own trace unreadable.
const MAX_MESSAGE: usize = 64 * 1024;

impl Header {
    /// A header of an execution that did not fail, the first of its run, with nothing left to choice.
    pub fn new(scenario: impl Into<String>, runtime: Runtime, strategy: impl Into<String>) -> Self {
        Self {
            scenario: scenario.into(),
            revision: None,
            runtime,
            carrier: Carrier::default(),
            strategy: strategy.into(),
            seed: 0,
            execution: 1,
            failure: None,
            workload: None,
            choices: Choices::default(),
            ends_process: false,
            essence: Vec::new(),
            preemptions: None,
            waiting: Vec::new(),
            unknown: Map::new(),
        }
    }
}

impl FailureRecord {
    /// A failure of that kind, its message cut to a length that a trace can carry.
    ///
    /// ```
    /// use bohrbug_trace::{FailureKind, FailureRecord, fingerprint};
    ///
    /// let mark = fingerprint(FailureKind::Panic, Some("main"), "lost 3 replicas", &[]);
    /// let failure = FailureRecord::new(FailureKind::Panic, "lost 3 replicas", mark).in_task("main");
    /// assert_eq!(failure.message, "lost 3 replicas");
    /// ```
    pub fn new(kind: FailureKind, message: impl Into<String>, fingerprint: impl Into<String>) -> Self {
        Self { kind, message: shortened(message.into()), task: None, site: None, fingerprint: fingerprint.into() }
    }

    /// The same failure, of that task.
    pub fn in_task(self, task: impl Into<String>) -> Self {
        Self { task: Some(task.into()), ..self }
    }

    /// The same failure, at that place in the code.
    pub fn at(self, site: impl Into<String>) -> Self {
        Self { site: Some(site.into()), ..self }
    }
}

fn shortened(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        let whole = message.len();
        let end = (0..=MAX_MESSAGE).rev().find(|&end| message.is_char_boundary(end)).unwrap_or_default();
        message.truncate(end);
        message += &format!("… ({whole} bytes in all)");
    }
    message
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn is_nothing(workload: &Option<Value>) -> bool {
    matches!(workload, None | Some(Value::Null))
}

/// The keys of a header line that have a field of their own.
const KEYS: [&str; 17] = [
    "format",
    "bohrbug",
    "scenario",
    "revision",
    "runtime",
    "carrier",
    "strategy",
    "seed",
    "execution",
    "events",
    "failure",
    "workload",
    "choices",
    "ends_process",
    "essence",
    "preemptions",
    "waiting",
];

fn unknown_only<S: serde::Serializer>(unknown: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(unknown.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())))
}
