//! A trace: one recorded execution, as its header and its events.

use crate::{Header, TraceEvent, line};

/// One recorded execution: what was run and how it failed, then every event in the order in which they happened.
///
/// ```
/// use bohrbug_trace::{Header, Operation, Runtime, Trace, TraceEvent};
///
/// let mut trace = Trace::new(Header::new("shop/two-buyers", Runtime::Native, "random"));
/// trace.events.push(TraceEvent::new("main", Operation::Lock, "src/shop.rs:10:5").on("stock"));
/// let text = trace.render();
/// assert_eq!(text.lines().count(), 2);
/// assert_eq!(Trace::parse("shop.jsonl", text.as_bytes())?, trace);
/// # Ok::<(), bohrbug_trace::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What was run, how, and what came of it.
    pub header: Header,
    /// What happened, step by step.
    pub events: Vec<TraceEvent>,
}

impl Trace {
    /// A trace without events as yet.
    pub const fn new(header: Header) -> Self {
        Self { header, events: Vec::new() }
    }

    /// The text of the trace: a header line, then one line an event.
    ///
    /// It depends on the trace alone (fixed order of keys, no clock, no path of this machine), so that a diff of two
    /// traces is a diff of two interleavings, and a replay that does the same gives the same bytes.
    pub fn render(&self) -> String {
        let mut text = line::render_header(&self.header, self.events.len());
        for (step, event) in self.events.iter().enumerate() {
            text.push('\n');
            text.push_str(&line::render_event(step, event));
        }
        text.push('\n');
        text
    }

    /// Whether the process ends with its failure, or after it, so that it is replayed in a child process only.
    pub fn ends_process(&self) -> bool {
        let ends = |failure: &crate::FailureRecord| failure.kind.ends_process();
        self.header.ends_process || self.header.failure.as_ref().is_some_and(ends)
    }

    /// Whether it has a stale read that only loom's memory model allows, not that of its header.
    pub fn needs_weak_memory(&self) -> bool {
        self.header.choices.memory == crate::MemoryModel::Sc && self.has_stale_reads()
    }

    /// Whether it has a stale read.
    pub fn has_stale_reads(&self) -> bool {
        self.events.iter().any(|event| event.outcome == crate::Outcome::Stale)
    }

    /// The tasks in the order of their first event.
    ///
    /// ```
    /// # use bohrbug_trace::{Header, Operation, Runtime, Trace, TraceEvent};
    /// # let mut trace = Trace::new(Header::new("shop", Runtime::Native, "random"));
    /// for task in ["main", "main/buyer", "main"] {
    ///     trace.events.push(TraceEvent::new(task, Operation::Yield, "src/shop.rs:1:1"));
    /// }
    /// assert_eq!(trace.tasks(), ["main", "main/buyer"]);
    /// ```
    pub fn tasks(&self) -> Vec<&str> {
        let mut seen = bohrbug_sorted::SortedSet::new();
        self.events.iter().map(|event| event.task.as_str()).filter(|task| seen.insert(*task)).collect()
    }
}
