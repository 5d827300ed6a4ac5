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

    /// Ends an execution; its failure, if it failed.
    pub(crate) fn end(&mut self, view: View<'_>) -> Option<Failure> {
        self.strategy.end(view);
        // What a strategy has to complain of makes every other finding worthless.
        let complaint = self.strategy.complaint().map(|message| Failure::new(determinism::NAME, message));
        complaint.or_else(|| self.failure.take().map(|(failure, _)| failure))
    }

    /// What decides.
    pub(crate) fn strategy(&self) -> &dyn Strategy {
        &*self.strategy
    }

    fn fail(&mut self, view: View<'_>, failure: Failure) -> Reaction {
        self.failure.get_or_insert((failure, view.steps()));
        Reaction::Stop
    }
}

impl Driver for Session {
    #[inline]
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        if self.failure.is_some() { None } else { Some(self.strategy.next_task(view)) }
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
        match found {
            Some(failure) => self.fail(view, failure),
            None => Reaction::GoOn,
        }
    }
}
