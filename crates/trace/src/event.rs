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
    /// Under a weak memory model, how many of the stores that could have been read, or gone behind in modification order, are
    /// later than the one that was; 0 is the latest.
    pub older: u32,
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
            older: 0,
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
    /// weak exchange that fails for no reason or a reader that is held back for a writer's sake. Under a weak memory model also
    /// the [older](TraceEvent::older) store that was chosen; [`choice_in`] tells the two choices of a compare-exchange apart.
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
            Operation::CompareExchange => {
                Some(2 * u64::from(self.older) + u64::from(self.outcome == Outcome::WeakFailure))
            }
            Operation::Load | Operation::Store | Operation::Rmw => Some(self.older.into()).filter(|older| *older > 0),
            Operation::ReadLock => Some(u64::from(self.outcome == Outcome::WouldBlock)),
            operation if operation.is_chosen() => self.value,
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

    /// Whether it is a compare-exchange that wrote nothing.
    pub(crate) fn is_failed_exchange(&self) -> bool {
        self.operation == Operation::CompareExchange && matches!(self.outcome, Outcome::Mismatch | Outcome::WeakFailure)
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

/// What an operation's [chosen](TraceEvent::chosen) number says of one of its choices: of a store, or of the other kind.
///
/// ```
/// use bohrbug_trace::{Operation, choice_in};
///
/// // The second latest store was read, and then the exchange failed for no reason.
/// assert_eq!(choice_in(Operation::CompareExchange, 3, true), 1);
/// assert_eq!(choice_in(Operation::CompareExchange, 3, false), 1);
/// assert_eq!(choice_in(Operation::CompareExchange, 2, false), 0);
/// assert_eq!(choice_in(Operation::Load, 3, true), 3);
/// ```
pub const fn choice_in(operation: Operation, chosen: u64, of_store: bool) -> u64 {
    match operation {
        Operation::CompareExchange if of_store => chosen / 2,
        Operation::CompareExchange => chosen % 2,
        _ => chosen,
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
