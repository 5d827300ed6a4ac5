//! A recorded event: everything in words that mean the same in every execution and after every edit.

use std::fmt;

use crate::site::without_line;
use crate::{MemoryOrder, Operation, Outcome};

/// One event of a trace.
///
/// Tasks and objects are text here, not numbers: a number shifts as soon as somebody adds a thread, a path does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// Who: the path of the task, `main` or `main/worker#2`.
    pub task: String,
    /// What was done.
    pub operation: Operation,
    /// To which object: its name, or its kind, place of creation and number there.
    pub object: Option<String>,
    /// A second object: the mutex that a wait gives back.
    pub other: Option<String>,
    /// The memory order, of an atomic operation.
    pub order: MemoryOrder,
    /// What came of it.
    pub outcome: Outcome,
    /// The value read, written, chosen or counted.
    pub value: Option<u64>,
    /// Where in the code: `file:line:column`.
    pub site: String,
}

impl TraceEvent {
    /// An event that was done, on no object.
    ///
    /// ```
    /// use bohrbug_trace::{Operation, TraceEvent};
    ///
    /// let event = TraceEvent::new("main/verify", Operation::Lock, "src/server.rs:10:2").on("server");
    /// assert_eq!(event.to_string(), "main/verify lock server (src/server.rs:10:2)");
    /// ```
    pub fn new(task: impl Into<String>, operation: Operation, site: impl Into<String>) -> Self {
        Self {
            task: task.into(),
            operation,
            object: None,
            other: None,
            order: MemoryOrder::None,
            outcome: Outcome::Done,
            value: None,
            site: site.into(),
        }
    }

    /// The same event on that object.
    pub fn on(self, object: impl Into<String>) -> Self {
        Self { object: Some(object.into()), ..self }
    }

    /// The same event with that outcome.
    pub fn with_outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// The same event with that value.
    pub fn with_value(self, value: u64) -> Self {
        Self { value: Some(value), ..self }
    }

    /// What the scheduler chose there, if it had a choice: a number, 1 for a fault and for a clock that jumps, and 1 for a
    /// weak exchange that fails for no reason.
    ///
    /// ```
    /// use bohrbug_trace::{Operation, Outcome, TraceEvent};
    ///
    /// let exchange = TraceEvent::new("main", Operation::CompareExchange, "src/a.rs:1:1").with_value(7);
    /// assert_eq!(exchange.clone().with_outcome(Outcome::WeakFailure).chosen(), Some(1));
    /// assert_eq!(exchange.chosen(), Some(0));
    /// assert_eq!(TraceEvent::new("main", Operation::Load, "src/a.rs:1:1").with_value(7).chosen(), None);
    /// ```
    pub fn chosen(&self) -> Option<u64> {
        match self.operation {
            Operation::CompareExchange => Some(u64::from(self.outcome == Outcome::WeakFailure)),
            Operation::Choose | Operation::Fault | Operation::Now => self.value,
            _ => None,
        }
    }

    /// Whether two events are the same step of the program: same task, operation, order and objects.
    ///
    /// What came of it and where the line stands today are left out: a replay compares what a task *is about to do*, and
    /// an edit above a function must not make its recorded schedules worthless.
    ///
    /// ```
    /// use bohrbug_trace::{Operation, TraceEvent};
    ///
    /// let at = |line| TraceEvent::new("main", Operation::Lock, format!("src/a.rs:{line}:1")).on("mutex src/a.rs:2:1");
    /// assert!(at(10).is_same_step(&at(12)));
    /// assert!(!at(10).is_same_step(&at(10).on("another")));
    /// ```
    pub fn is_same_step(&self, other: &Self) -> bool {
        self.operation == other.operation
            && self.order == other.order
            && same_but_for_lines(Some(&self.task), Some(&other.task))
            && same_but_for_lines(self.object.as_deref(), other.object.as_deref())
            && same_but_for_lines(self.other.as_deref(), other.other.as_deref())
    }

    /// What was done, and to what.
    pub(crate) fn action(&self, object: impl Fn(&str) -> String) -> String {
        let mut text = self.operation.name().to_owned();
        if let Some(label) = &self.object {
            text += &format!(" {}", object(label));
        }
        if let Some(label) = &self.other {
            text += &format!(" with {}", object(label));
        }
        if self.order != MemoryOrder::None {
            text += &format!(" {}", self.order);
        }
        text
    }

    /// What came of it; nothing when it was simply done.
    pub(crate) fn result(&self) -> String {
        let value = self.value.map(|value| format!(" = {value}")).unwrap_or_default();
        let outcome = Some(self.outcome).filter(|outcome| *outcome != Outcome::Done);
        value + &outcome.map(|outcome| format!(": {outcome}")).unwrap_or_default()
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{} ({})", self.task, self.action(str::to_owned), self.result(), self.site)
    }
}

fn same_but_for_lines(a: Option<&str>, b: Option<&str>) -> bool {
    // Nearly always equal as they stand, and then nothing is allocated.
    a == b || matches!((a, b), (Some(a), Some(b)) if without_line(a) == without_line(b))
}
