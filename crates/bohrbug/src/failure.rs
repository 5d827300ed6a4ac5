//! A failure: what a monitor found wrong with an execution.

use std::fmt;

use bohrbug_trace::{Certainty, FailureKind, FailureRecord, Operation, Waiting, fingerprint, portable_site};

/// What a monitor found wrong with an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// Its certainty: that of its kind, unless the monitor knows better.
    pub certainty: Certainty,
    /// What happened, in a sentence.
    pub message: String,
    /// The path of the task that failed, where it was one.
    pub task: Option<String>,
    /// Where in the code, `file:line:column`.
    pub site: Option<String>,
    /// The operations that identify the failure, each with its task and object, where the message does not.
    pub involved: Vec<(Operation, String)>,
    /// What tasks wait for where it failed.
    pub waiting: Vec<Waiting>,
}

impl Failure {
    /// A failure of that kind.
    pub const fn new(kind: FailureKind, message: String) -> Self {
        let certainty = kind.certainty();
        Self { kind, certainty, message, task: None, site: None, involved: Vec::new(), waiting: Vec::new() }
    }

    /// The same failure, of that task.
    #[must_use]
    pub fn in_task(self, task: String) -> Self {
        Self { task: Some(task), ..self }
    }

    /// The same failure, at that place.
    #[must_use]
    pub fn at(self, site: Option<String>) -> Self {
        Self { site: site.map(|site| portable_site(&site)), ..self }
    }

    /// The same failure, with that certainty.
    #[must_use]
    pub fn with_certainty(self, certainty: Certainty) -> Self {
        Self { certainty, ..self }
    }

    /// The same failure, identified by those operations.
    #[must_use]
    pub fn of(self, involved: Vec<(Operation, String)>) -> Self {
        Self { involved, ..self }
    }

    /// The same failure, with what tasks wait for.
    #[must_use]
    pub fn while_waiting(self, waiting: Vec<Waiting>) -> Self {
        Self { waiting, ..self }
    }

    /// Whether the execution went well, and it is only another one that may not.
    pub fn is_suspected(&self) -> bool {
        self.certainty == Certainty::Suspected
    }

    /// What makes it the same failure as another one; it survives line shifts.
    pub fn fingerprint(&self) -> String {
        if !self.involved.is_empty() {
            // Which of them came last, and what had happened before, is a matter of the schedule.
            let involved: Vec<_> = self.involved.iter().map(|(operation, what)| (*operation, what.as_str())).collect();
            return fingerprint(self.kind, None, "", &involved);
        }
        // Which of a deadlock's tasks closes the cycle is a matter of the schedule.
        let task = self.task.as_deref().filter(|_| self.kind != FailureKind::Deadlock);
        fingerprint(self.kind, task, &self.message, &[])
    }

    /// Whether it is the failure of that fingerprint.
    pub fn has_fingerprint(&self, fingerprint: &str) -> bool {
        self.fingerprint() == fingerprint
    }

    /// The failure as a trace has it.
    pub fn record(&self) -> FailureRecord {
        let mut record = FailureRecord::new(self.kind, self.message.clone(), self.fingerprint());
        record.task.clone_from(&self.task);
        record.site.clone_from(&self.site);
        record
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}
