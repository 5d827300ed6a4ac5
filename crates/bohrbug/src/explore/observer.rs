//! Who sees one execution after the other, and says when an exploration is over.

use std::fmt;
use std::ops::ControlFlow;

use super::tally::{Record, Summary, Tally};
use super::{Exploration, Progress};
use crate::budget::Stopwatch;
use crate::failure::Failure;
use crate::search::Searches;

/// How many executions pass between two words on progress.
const TOLD_EVERY: u64 = 1024;

/// Is shown how each execution ended, and says whether to go on.
type Seen = Box<dyn FnMut(Option<&Failure>) -> ControlFlow<()>>;

/// Whoever wants to hear of an exploration.
pub(super) struct Listeners {
    seen: Seen,
    progress: Box<dyn Fn(Progress)>,
    /// Whether the first failure ends the exploration.
    until_failure: bool,
    /// How many executions they were shown, those before an exploration had to begin again included.
    told: u64,
}

impl Listeners {
    pub(super) fn new(
        seen: impl FnMut(Option<&Failure>) -> ControlFlow<()> + 'static,
        progress: impl Fn(Progress) + 'static,
    ) -> Self {
        Self { seen: Box::new(seen), progress: Box::new(progress), until_failure: false, told: 0 }
    }

    /// Those who stop at the first failure.
    pub(super) fn until_failure(self) -> Self {
        Self { until_failure: true, ..self }
    }

    /// Shows them how the execution of that number ended, unless they know already. A failure that ends the exploration does
    /// so again: where it was the first of several threads, it was worth nothing.
    fn hear(&mut self, number: u64, failure: Option<&Failure>) -> ControlFlow<()> {
        if number < self.told && !(self.until_failure && failure.is_some()) {
            return ControlFlow::Continue(());
        }
        self.told = number + 1;
        (self.seen)(failure)
    }
}

/// Counts executions in the order of their numbers, tells the listeners, and looks at the budget.
pub(super) struct Observer {
    exploration: Exploration,
    watch: Stopwatch,
    listeners: Listeners,
    tally: Tally,
}

impl Observer {
    pub(super) fn new(exploration: &Exploration, watch: Stopwatch, listeners: Listeners) -> Self {
        Self { exploration: exploration.clone(), watch, listeners, tally: Tally::default() }
    }

    /// Sees the next execution; says whether to go on.
    pub(super) fn see(&mut self, record: Record) -> ControlFlow<()> {
        let verdict = self.listeners.hear(self.tally.executions, record.failure());
        self.tally.count(record);
        let Tally { executions, events, .. } = self.tally;
        if executions.is_multiple_of(TOLD_EVERY) {
            (self.listeners.progress)(self.tally.progress());
        }
        if self.exploration.budget.is_spent(executions, events, self.watch) { ControlFlow::Break(()) } else { verdict }
    }

    /// Sees the next executions, with which no budget but that of time runs out, and of which none failed.
    pub(super) fn see_all(&mut self, summary: Summary) {
        let before = self.tally.executions;
        self.tally.count_all(summary);
        let executions = self.tally.executions;
        (before..executions).for_each(|number| _ = self.listeners.hear(number, None));
        if before / TOLD_EVERY < executions / TOLD_EVERY {
            (self.listeners.progress)(self.tally.progress());
        }
    }

    /// The foreign runtime gave up on its own account.
    pub(super) fn gave_up(&mut self, searches: &Searches, message: String) {
        self.tally.gave_up(&self.exploration, searches, message);
    }

    /// Forgets what it has seen; who was told of it is not told again.
    pub(super) fn begin_again(&mut self) {
        self.tally = Tally::default();
    }

    pub(super) const fn executions(&self) -> u64 {
        self.tally.executions
    }

    pub(super) const fn events(&self) -> u64 {
        self.tally.events
    }

    pub(super) const fn watch(&self) -> Stopwatch {
        self.watch
    }

    /// Whether the first failure ends the exploration.
    pub(super) const fn stops_at_failures(&self) -> bool {
        self.listeners.until_failure
    }

    pub(super) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("tally", &self.tally).finish_non_exhaustive()
    }
}
