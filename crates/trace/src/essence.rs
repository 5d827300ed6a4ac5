//! Events by what they are, and orders between them: the *essence* of a failure is the few ordered pairs of events
//! without which it does not happen.
//!
//! A step number means nothing in another schedule. An event that is known by its task, its operation, its object and the
//! number among such events of its task means the same in every schedule, as long as paths and labels do.

use std::fmt;

use bohrbug_sorted::SortedMap;
use serde::{Deserialize, Serialize};

use crate::{Operation, TraceEvent, is_task_path, nearest};

/// An event by what it is: the `nth` time, from 1, that a task does an operation to an object.
///
/// ```
/// use bohrbug_trace::{EventKey, Operation, TraceEvent, keys};
///
/// let lock = TraceEvent::new("main/verify", Operation::Lock, "src/server.rs:10:2").on("server");
/// let second = &keys(&[lock.clone(), lock])[1];
/// assert_eq!(*second, EventKey::new("main/verify", Operation::Lock, Some("server"), 2));
/// assert_eq!(second.to_string(), "main/verify lock server, time 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "KeyFields", into = "KeyFields")]
pub struct EventKey {
    /// Who: the path of the task.
    pub task: String,
    /// What is done.
    pub operation: Operation,
    /// To which object, by its label.
    pub object: Option<String>,
    /// Its number among such events, from 1.
    pub nth: u32,
}

/// An order between two events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The event that happens first.
    pub first: EventKey,
    /// The event that happens only when the first has happened.
    pub then: EventKey,
}

impl EventKey {
    /// The `nth` such event of that task.
    pub fn new(task: impl Into<String>, operation: Operation, object: Option<&str>, nth: u32) -> Self {
        Self { task: task.into(), operation, object: object.map(str::to_owned), nth }
    }
}

/// What each event is, in the order of the events.
pub fn keys(events: &[TraceEvent]) -> Vec<EventKey> {
    let mut counts: SortedMap<(&str, Operation, Option<&str>), u32> = SortedMap::new();
    let key = |event: &'_ TraceEvent, nth| EventKey::new(&event.task, event.operation, event.object.as_deref(), nth);
    let mut all = Vec::with_capacity(events.len());
    for event in events {
        let count = counts.entry((&event.task, event.operation, event.object.as_deref())).or_default();
        *count += 1;
        all.push(key(event, *count));
    }
    all
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.task, self.operation)?;
        if let Some(object) = &self.object {
            write!(f, " {object}")?;
        }
        if self.nth > 1 { write!(f, ", time {}", self.nth) } else { Ok(()) }
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} before {}", self.first, self.then)
    }
}

/// An event's key as it stands in a header: the first time is not written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFields {
    task: String,
    operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    nth: u32,
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_first(nth: &u32) -> bool {
    *nth == 1
}

impl From<EventKey> for KeyFields {
    fn from(key: EventKey) -> Self {
        Self { task: key.task, operation: key.operation.name().to_owned(), object: key.object, nth: key.nth }
    }
}

impl TryFrom<KeyFields> for EventKey {
    type Error = String;

    fn try_from(fields: KeyFields) -> Result<Self, String> {
        let Some(operation) = Operation::from_name(&fields.operation) else {
            let near = nearest(&fields.operation, Operation::ALL.iter().map(|operation| operation.name()));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("`{}` is not an operation{hint}", fields.operation));
        };
        if !is_task_path(&fields.task) {
            return Err(format!("`{}` is not a task path", fields.task));
        }
        if fields.nth == 0 {
            return Err("events are counted from 1".to_owned());
        }
        Ok(Self { task: fields.task, operation, object: fields.object, nth: fields.nth })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_task_operation_and_object() {
        let event = |task: &str, operation, object: &str| TraceEvent::new(task, operation, "a.rs:1:1").on(object);
        let events = [
            event("main", Operation::Lock, "a"),
            event("main", Operation::Lock, "b"),
            event("main/x", Operation::Lock, "a"),
            event("main", Operation::Unlock, "a"),
            event("main", Operation::Lock, "a"),
        ];
        let nth: Vec<u32> = keys(&events).iter().map(|key| key.nth).collect();
        assert_eq!(nth, [1, 1, 1, 1, 2]);
    }

    #[test]
    fn a_pair_is_read_as_it_was_written_and_nothing_else_is() {
        let key = |nth| EventKey::new("main/x", Operation::ReadLock, Some("server"), nth);
        let pair = Before { first: key(1), then: key(2) };
        let text = serde_json::to_string(&pair).unwrap();
        let first = r#"{"task":"main/x","operation":"read-lock","object":"server"}"#;
        assert_eq!(text, format!(r#"{{"first":{first},"then":{}"nth":2}}}}"#, first.replace('}', ",")));
        assert_eq!(serde_json::from_str::<Before>(&text).unwrap(), pair);
        for (from, to, says) in [
            ("read-lock", "read-lokc", "did you mean `read-lock`?"),
            ("main/x", "x", "`x` is not a task path"),
            ("\"nth\":2", "\"nth\":0", "counted from 1"),
            ("\"nth\":2", "\"nth\":2,\"more\":1", "unknown field"),
        ] {
            let error = serde_json::from_str::<Before>(&text.replace(from, to)).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
