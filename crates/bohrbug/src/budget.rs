//! How much an exploration may cost.

use std::time::{Duration, Instant};

/// How much an exploration may cost; it ends when either runs out.
///
/// ```
/// let budget = bohrbug::Budget::default().executions(10_000);
/// assert_eq!(budget.executions, Some(10_000));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// How many executions. Default: no bound.
    pub executions: Option<u64>,
    /// How many events, over all executions: about as long for a small workload as for a large one, and, unlike time,
    /// the same on every machine. Default: no bound.
    pub events: Option<u64>,
    /// How much time. Default: no bound.
    pub time: Option<Duration>,
}

/// A clock that measures and decides nothing that is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "how long something took is shown, and never recorded or compared")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

impl Budget {
    /// The same with that bound on executions, or with none.
    #[must_use]
    pub fn executions(self, executions: impl Into<Option<u64>>) -> Self {
        Self { executions: executions.into(), ..self }
    }

    /// The same with that bound on events, or with none.
    #[must_use]
    pub fn events(self, events: impl Into<Option<u64>>) -> Self {
        Self { events: events.into(), ..self }
    }

    /// The same with that bound on time, or with none.
    #[must_use]
    pub fn time(self, time: impl Into<Option<Duration>>) -> Self {
        Self { time: time.into(), ..self }
    }

    /// Whether it has run out after so many executions with so many events. The clock is looked at each time: an execution may
    /// take a second, and a look takes a small part of the shortest.
    pub(crate) fn is_spent(&self, executions: u64, events: u64, watch: Stopwatch) -> bool {
        self.is_used_up(executions, events) || self.is_out_of_time(watch)
    }

    /// Whether it has run out after so many executions with so many events, however long they took.
    pub(crate) fn is_used_up(&self, executions: u64, events: u64) -> bool {
        self.executions.is_some_and(|bound| executions >= bound) || self.events.is_some_and(|bound| events >= bound)
    }

    /// Whether its time has passed.
    pub(crate) fn is_out_of_time(&self, watch: Stopwatch) -> bool {
        self.time.is_some_and(|bound| watch.elapsed() >= bound)
    }
}
