//! The driver of one exploration: a strategy that decides, and monitors that watch.

use bohrbug_sync::control::{Driver, Event, Incident, RawAccess, Reaction, View};
use bohrbug_trace::{FailureKind, ObjectId, StepIdx, TaskId};

use crate::basis::Doubt;
use crate::failure::Failure;
use crate::memory;
use crate::monitor::{self, Entry, Monitor, Panic};
use crate::names::site;
use crate::runtime::Program;
use crate::strategy::{Descriptor, Standing, Strategy};
use crate::survive::{self, Pen, Watch};

/// So many times its step bound an execution may take where its length is no failure; all but the first part is scheduled fairly.
const LONGEST: u32 = 16;

/// A strategy and the monitors, as the driver of executions.
pub(crate) struct Session {
    strategy: Box<dyn Strategy>,
    /// What it wants of this execution.
    wants: Descriptor,
    /// How far the strategy had come after the last execution.
    standing: Standing,
    monitors: Vec<Box<dyn Monitor>>,
    /// The places of the monitors that watch every event, and of those that watch accesses to cells.
    watching: Vec<usize>,
    watching_cells: Vec<usize>,
    /// Whether a use of freed memory is the business of one.
    watches_memory: bool,
    /// Whether an execution is not wrong because it is long.
    lets_run: bool,
    /// The first failure of the execution, and after how many events it came; boxed, since most have none.
    failure: Option<(Box<Failure>, StepIdx)>,
    /// What keeps the execution from being part of a proof.
    doubts: Vec<Doubt>,
    /// What writes its decisions down where they outlive the process.
    pen: Option<Pen>,
}

// SAFETY: on OS threads it is used by one task's thread after the other, while the one that explores waits. A strategy or a
// monitor of somebody's own is `Send`, for each comes of a conversion that wants it; ours have nothing that is bound to a
// thread, and what they share by reference counts is used by nobody else meanwhile.
unsafe impl Send for Session {}

impl Session {
    /// With the usual monitors and those named in `on`, without those named in `off`.
    pub(crate) fn new(strategy: Box<dyn Strategy>, program: &Program, on: &[String], off: &[String]) -> Self {
        survive::tell_watch(Watch::Exploring { on: on.to_vec(), off: off.to_vec() });
        let is_in = |names: &[String], entry: &Entry| names.iter().any(|name| name == entry.name());
        let own = program.monitors.make().filter(|monitor| !off.iter().any(|name| name == monitor.kind().name()));
        Self::with(strategy, own, |entry| (entry.usual || is_in(on, entry)) && !is_in(off, entry))
    }

    /// For a replay of a failure of that kind: of the monitors that predict only the one of that kind.
    pub(crate) fn replaying(strategy: Box<dyn Strategy>, program: &Program, kind: Option<FailureKind>) -> Self {
        survive::tell_watch(Watch::Replaying(kind));
        Self::with(strategy, program.monitors.make(), |entry| {
            !entry.kind.predicts() || kind.is_some_and(|kind| entry.finds(kind))
        })
    }

    fn with(
        strategy: Box<dyn Strategy>,
        own: impl Iterator<Item = Box<dyn Monitor>>,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Self {
        let make = |entry: &Entry| match (wanted(entry), entry.kind) {
            (true, _) => Some((entry.make)()),
            (false, FailureKind::Panic) => Some(Box::new(Panic::in_main()) as Box<dyn Monitor>),
            (false, _) => None,
        };
        let monitors: Vec<_> = monitor::ALL.iter().filter_map(make).chain(own).collect();
        let places =
            |wants: fn(&dyn Monitor) -> bool| (0..monitors.len()).filter(|&place| wants(&*monitors[place])).collect();
        let watching = places(|monitor| monitor.watches());
        let watching_cells = places(|monitor| monitor.watches_cells());
        let lets_run = !monitors.iter().any(|monitor| monitor.kind() == FailureKind::StepBound);
        let watches_memory = monitors.iter().any(|monitor| monitor.watches_memory());
        Self {
            wants: strategy.descriptor(),
            standing: Standing::default(),
            strategy,
            monitors,
            watching,
            watching_cells,
            watches_memory,
            lets_run,
            failure: None,
            doubts: Vec::new(),
            pen: None,
        }
    }

    /// Writes its decisions down from now on, or does not.
    pub(crate) fn write_with(&mut self, pen: Option<Pen>) {
        self.pen = pen;
    }

    /// Begins an execution; `false` when there is nothing left to explore.
    pub(crate) fn begin(&mut self, execution: u64) -> bool {
        self.failure = None;
        self.doubts.clear();
        for monitor in &mut self.monitors {
            monitor.begin();
        }
        let begun = memory::aside(|| self.strategy.begin(execution));
        self.wants = self.strategy.descriptor();
        if let Some(pen) = self.pen.filter(|_| begun) {
            pen.begin(execution, self.wants.goes_on_after_failures);
        }
        begun
    }

    /// Ends an execution; its failure, if it failed, and after how many events it came.
    pub(crate) fn end(&mut self, view: View<'_>) -> Option<(Box<Failure>, StepIdx)> {
        if let Some(pen) = self.pen {
            pen.end();
        }
        memory::aside(|| self.strategy.end(view));
        self.standing = memory::aside(|| self.strategy.standing());
        if self.failure.is_some() {
            self.monitors.iter_mut().for_each(|monitor| monitor.failed());
        }
        // Each of them is told.
        let found = self.monitors.iter_mut().filter_map(|monitor| monitor.end(view)).reduce(|first, _| first);
        if let Some(failure) = found {
            self.fail(view, failure);
        }
        for monitor in &mut self.monitors {
            monitor.doubts(&mut self.doubts);
        }
        if let Some(place) = view.intruder() {
            self.doubts.push(Doubt::Uncontrolled { made: site(place) });
        }
        if !self.doubts.is_empty() {
            memory::aside(|| self.strategy.doubted());
        }
        // What a strategy has to complain of makes every other finding worthless.
        if let Some(complaint) = self.standing.complaint.clone() {
            self.failure = Some((Box::new(Failure::new(FailureKind::Nondeterminism, complaint)), view.steps()));
        }
        self.failure.take()
    }

    /// What keeps the execution that has ended from being part of a proof.
    pub(crate) fn take_doubts(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.doubts)
    }

    /// How far the strategy had come after the last execution.
    pub(crate) const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What decides.
    pub(crate) fn strategy(&self) -> &dyn Strategy {
        &*self.strategy
    }

    #[cold]
    fn fail(&mut self, view: View<'_>, failure: Failure) {
        survive::failed(&failure, view.steps());
        self.failure.get_or_insert_with(|| (Box::new(failure), view.steps()));
    }

    /// Whether the execution is over, since it has failed.
    fn is_over(&self) -> bool {
        self.failure.is_some() && !self.wants.goes_on_after_failures
    }
}

impl Driver for Session {
    #[inline]
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        if self.is_over() {
            return None;
        }
        let task = if memory::is_installed() { self.decide_aside(view) } else { self.strategy.next_task(view) };
        if let Some(pen) = self.pen.filter(|_| view.ready().only().is_none()) {
            pen.decided(task);
        }
        Some(task)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let value = memory::aside(|| self.strategy.choose(view, alternatives));
        if let Some(pen) = self.pen {
            pen.chose(value);
        }
        value
    }

    fn wants_forced_steps(&self) -> bool {
        self.wants.wants_forced_steps
    }

    fn wants_words(&self) -> bool {
        self.wants.wants_words
    }

    fn watches(&self) -> bool {
        !self.watching.is_empty() || self.wants.watches
    }

    fn watches_cells(&self) -> bool {
        !self.watching_cells.is_empty()
    }

    fn watches_memory(&self) -> bool {
        self.watches_memory
    }

    fn is_freed(&mut self, _: View<'_>, address: usize) -> bool {
        memory::is_freed(address)
    }

    fn dropped(&mut self, view: View<'_>, cell: ObjectId) {
        let asked = &self.watching_cells;
        memory::aside(|| asked.iter().for_each(|&place| self.monitors[place].dropped(view, cell)));
    }

    fn accessed(&mut self, view: View<'_>, access: &RawAccess) {
        let asked = &self.watching_cells;
        let found = memory::aside(|| asked.iter().find_map(|&place| self.monitors[place].accessed(view, access)));
        if let Some(failure) = found {
            self.fail(view, failure);
        }
    }

    fn is_over(&self) -> bool {
        Self::is_over(self)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        memory::aside(|| self.hear(view, event));
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        memory::aside(|| self.judge(view, incident))
    }
}

impl Session {
    #[cold]
    fn decide_aside(&mut self, view: View<'_>) -> TaskId {
        memory::aside(|| self.strategy.next_task(view))
    }

    fn hear(&mut self, view: View<'_>, event: &Event) {
        if self.wants.watches {
            self.strategy.reported(view, event);
        }
        let asked = if event.operation.is_of_cell() { &self.watching_cells } else { &self.watching };
        let found = asked.iter().find_map(|&place| self.monitors[place].reported(view, event));
        if let Some(failure) = found {
            self.fail(view, failure);
        }
    }

    fn judge(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        if let Incident::StepBound { steps, fair: true } = incident
            && self.lets_run
            && *steps < view.config().step_bound.saturating_mul(LONGEST)
        {
            return Reaction::GoOn;
        }
        // Each of them is told.
        let found = self.monitors.iter_mut().filter_map(|monitor| monitor.incident(view, incident));
        let found = found.reduce(|first, _| first);
        // After these the program would not go on by itself. Where the rest cannot be scheduled fairly, or length is no failure,
        // an execution that is too long is cut off.
        let is_end = match incident {
            Incident::StepBound { fair, .. } => !fair || self.lets_run || found.is_some(),
            Incident::Runtime { .. } | Incident::UseAfterFree { .. } => found.is_some(),
            Incident::Panic { .. } | Incident::Deadlock { .. } => false,
        };
        if let Some(failure) = found {
            self.fail(view, failure);
        } else if !is_end {
            return Reaction::GoOn;
        }
        if is_end || self.is_over() { Reaction::Stop } else { Reaction::GoOn }
    }
}
