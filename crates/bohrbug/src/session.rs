//! The driver of one exploration: a strategy that decides, and monitors that watch.

use bohrbug_sync::control::{Driver, Event, Incident, Reaction, View};
use bohrbug_trace::{StepIdx, TaskId};

use crate::determinism;
use crate::failure::Failure;
use crate::monitor::{self, Monitor};
use crate::strategy::Strategy;

/// A strategy and the monitors, as the driver of executions.
pub(crate) struct Session {
    strategy: Box<dyn Strategy>,
    monitors: Vec<Box<dyn Monitor>>,
    watching_monitors: bool,
    /// The first failure of the execution, and after how many events it came.
    failure: Option<(Failure, StepIdx)>,
}

impl Session {
    /// With every monitor but those named in `off`.
    pub(crate) fn new(strategy: Box<dyn Strategy>, off: &[String]) -> Self {
        let on = monitor::ALL.iter().filter(|entry| !off.iter().any(|name| name == entry.name));
        let monitors: Vec<_> = on.map(|entry| (entry.make)()).collect();
        let watching_monitors = monitors.iter().any(|monitor| monitor.watches());
        Self { strategy, monitors, watching_monitors, failure: None }
    }

    /// Begins an execution; `false` when there is nothing left to explore.
    pub(crate) fn begin(&mut self, execution: u64) -> bool {
        self.failure = None;
        for monitor in &mut self.monitors {
            monitor.begin();
        }
        self.strategy.begin(execution)
    }

    /// Ends an execution; its failure, if it failed, and after how many events it came.
    pub(crate) fn end(&mut self, view: View<'_>) -> Option<(Failure, StepIdx)> {
        self.strategy.end(view);
        // What a strategy has to complain of makes every other finding worthless.
        let complaint = self.strategy.complaint().map(|message| Failure::new(determinism::NAME, message));
        complaint.map(|complaint| (complaint, view.steps())).or_else(|| self.failure.take())
    }

    /// What decides.
    pub(crate) fn strategy(&self) -> &dyn Strategy {
        &*self.strategy
    }

    fn fail(&mut self, view: View<'_>, failure: Failure) {
        self.failure.get_or_insert((failure, view.steps()));
    }

    /// Whether the execution is over, since it has failed.
    fn is_over(&self) -> bool {
        self.failure.is_some() && !self.strategy.goes_on_after_failures()
    }
}

impl Driver for Session {
    #[inline]
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        if self.is_over() { None } else { Some(self.strategy.next_task(view)) }
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.strategy.choose(view, alternatives)
    }

    fn watches(&self) -> bool {
        self.watching_monitors || self.strategy.watches()
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.strategy.reported(view, event);
        let found = self.monitors.iter_mut().find_map(|monitor| monitor.reported(view, event));
        if let Some(failure) = found {
            self.fail(view, failure);
        }
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        let found = self.monitors.iter_mut().find_map(|monitor| monitor.incident(view, incident));
        let Some(failure) = found else { return Reaction::GoOn };
        self.fail(view, failure);
        // After these the program would not go on by itself.
        let is_end = matches!(incident, Incident::StepBound { .. } | Incident::Runtime { .. });
        if is_end || self.is_over() { Reaction::Stop } else { Reaction::GoOn }
    }
}
