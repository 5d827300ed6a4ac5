//! The two kinds of line of a trace file, and what each must look like.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read_error::{ReadErrorKind, printable, shown};
use crate::{FORMAT, FailureKind, Header, MemoryOrder, Operation, Outcome, TraceEvent, is_task_path, nearest};

/// The header line: the header between its format and the number of events that must follow.
#[derive(Serialize)]
struct HeaderLine<'a> {
    format: u32,
    bohrbug: &'static str,
    events: usize,
    #[serde(flatten)]
    header: &'a Header,
}

/// As above, as it is read: the format has been looked at before.
#[derive(Deserialize)]
struct ReadHeader {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(default)]
    bohrbug: Option<String>,
    events: u64,
    #[serde(flatten)]
    header: Header,
}

/// What is looked at before anything else, so that a newer format is called newer and not broken.
#[derive(Deserialize)]
struct Probe {
    format: u64,
    #[serde(default)]
    bohrbug: Option<Value>,
    #[serde(default)]
    failure: Option<Value>,
}

/// A header line as it was read.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) header: Header,
    /// How many events must follow.
    pub(crate) events: u64,
    /// The version that wrote the trace, if the header says so.
    pub(crate) writer: Option<String>,
}

/// The version that writes.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The line of an event. A field that is not known is an error: it would change what the event *is*.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine<'a> {
    step: u64,
    task: Cow<'a, str>,
    operation: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    older: u32,
    site: Cow<'a, str>,
}

pub(crate) fn render_header(header: &Header, events: usize) -> String {
    json(&HeaderLine { format: FORMAT, bohrbug: VERSION, events, header })
}

pub(crate) fn render_event(step: usize, event: &TraceEvent) -> String {
    json(&EventLine {
        step: step as u64,
        task: Cow::Borrowed(&event.task),
        operation: Cow::Borrowed(event.operation.name()),
        object: event.object.as_deref().map(Cow::Borrowed),
        other: event.other.as_deref().map(Cow::Borrowed),
        order: (event.order != MemoryOrder::None).then(|| Cow::Borrowed(event.order.name())),
        outcome: (event.outcome != Outcome::Done).then(|| Cow::Borrowed(event.outcome.name())),
        value: event.value,
        older: event.older,
        site: Cow::Borrowed(&event.site),
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("a bug in bohrbug-trace: every key is text, so that JSON can always be written")
}

impl TraceEvent {
    /// The event as a line of its own, for whoever writes down what happens as it happens.
    ///
    /// ```
    /// use bohrbug_trace::{Operation, TraceEvent};
    ///
    /// let event = TraceEvent::new("main", Operation::Lock, "src/a.rs:1:1").on("stock");
    /// assert_eq!(TraceEvent::from_line(&event.to_line()), Some(event));
    /// ```
    pub fn to_line(&self) -> String {
        render_event(0, self)
    }

    /// The event that was written so; `None` if it is none.
    pub fn from_line(line: &str) -> Option<Self> {
        parse_event(line, 0).ok()
    }
}

/// How a header line begins, as it is written here: enough to tell a trace that is cut off from another kind of file.
const BEGINNING: &str = "{\"format\":";

/// Reads a header line.
pub(crate) fn parse_header(line: &str) -> Result<Opening, ReadErrorKind> {
    // serde would take a list of the fields for the object, too.
    let object = Some(line).filter(|line| line.starts_with('{')).ok_or(ReadErrorKind::NotATrace)?;
    let Probe { format, bohrbug, failure } = serde_json::from_str(object).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof if line.starts_with(BEGINNING) => ReadErrorKind::Truncated,
        _ => ReadErrorKind::NotATrace,
    })?;
    if format > u64::from(FORMAT) {
        let writer = bohrbug.as_ref().and_then(Value::as_str).map(shown);
        return Err(ReadErrorKind::NewerFormat { found: format, writer });
    }
    if format == 0 {
        return Err(ReadErrorKind::BadHeader { message: format!("there never was a format {format}") });
    }
    check_kind(failure.as_ref(), bohrbug.as_ref())?;
    let line: ReadHeader = serde_json::from_str(line).map_err(|e| ReadErrorKind::BadHeader { message: plain(&e) })?;
    check_failed_task(&line.header)?;
    Ok(Opening { header: line.header, events: line.events, writer: line.bohrbug })
}

/// A kind of failure that this version does not know is told apart from a header that is broken.
fn check_kind(failure: Option<&Value>, writer: Option<&Value>) -> Result<(), ReadErrorKind> {
    let kind = failure.and_then(|failure| failure.get("kind")).and_then(Value::as_str);
    let Some(unknown) = kind.filter(|kind| FailureKind::from_trace(kind).is_none()) else { return Ok(()) };
    Err(ReadErrorKind::Unknown {
        what: "kind of failure",
        found: shown(unknown),
        nearest: nearest(unknown, FailureKind::ALL.iter().map(|kind| kind.name())),
        writer: writer.and_then(Value::as_str).map(shown),
    })
}

fn check_failed_task(header: &Header) -> Result<(), ReadErrorKind> {
    match header.failure.as_ref().and_then(|failure| failure.task.as_ref()) {
        Some(task) if !is_task_path(task) => Err(ReadErrorKind::BadTask { found: shown(task) }),
        _ => Ok(()),
    }
}

/// Reads the line of the event that must be number `step`.
pub(crate) fn parse_event(line: &str, step: u64) -> Result<TraceEvent, ReadErrorKind> {
    if !line.starts_with('{') {
        return Err(ReadErrorKind::BadEvent { message: "it is not a JSON object".to_owned() });
    }
    let line: EventLine<'_> = serde_json::from_str(line)
        .map_err(|e| ReadErrorKind::BadEvent { message: format!("{} at column {}", plain(&e), e.column()) })?;
    if line.step != step {
        return Err(ReadErrorKind::WrongStep { expected: step, found: line.step });
    }
    if !is_task_path(&line.task) {
        return Err(ReadErrorKind::BadTask { found: shown(&line.task) });
    }
    Ok(TraceEvent {
        operation: known("operation", &line.operation, Operation::from_name, Operation::ALL, Operation::name)?,
        order: match line.order {
            Some(order) => known("order", &order, MemoryOrder::from_name, MemoryOrder::ALL, MemoryOrder::name)?,
            None => MemoryOrder::None,
        },
        outcome: match line.outcome {
            Some(outcome) => known("outcome", &outcome, Outcome::from_name, Outcome::ALL, Outcome::name)?,
            None => Outcome::Done,
        },
        task: line.task.into_owned(),
        object: line.object.map(Cow::into_owned),
        other: line.other.map(Cow::into_owned),
        value: line.value,
        older: line.older,
        site: line.site.into_owned(),
    })
}

/// The value of that name, or an error that names the nearest one there is.
fn known<T: Copy>(
    what: &'static str,
    found: &str,
    from_name: fn(&str) -> Option<T>,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, ReadErrorKind> {
    from_name(found).ok_or_else(|| ReadErrorKind::Unknown {
        what,
        found: shown(found),
        nearest: nearest(found, all.iter().map(|&value| name(value))),
        writer: None,
    })
}

/// What serde_json says, without its own line number, which counts within the line.
///
/// It may quote what it found, however long that was and whatever it contained.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    printable(text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said))
}
