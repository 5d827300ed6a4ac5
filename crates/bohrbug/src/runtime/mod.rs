//! How executions are driven on each runtime.
//!
//! Each file runs executions one after the other and shows each, when it has ended, to a *supervisor*, who says whether
//! to go on.

#[cfg(any(feature = "loom", feature = "shuttle"))]
mod foreign;
#[cfg(feature = "loom")]
mod loom;
mod native;
#[cfg(feature = "shuttle")]
mod shuttle;

pub(crate) use native::NativeRun;
#[cfg(feature = "shuttle")]
pub(crate) use shuttle::take_off_hook;

use std::fmt;
use std::ops::ControlFlow;
use std::panic::Location;
use std::sync::Arc;

use bohrbug_sync::control::{Config, Execution, Runtime, View};
use bohrbug_trace::{StepIdx, TaskId};

use crate::basis::Doubt;
use crate::failure::Failure;
use crate::monitor::Monitor;
use crate::selection::OwnMonitors;
use crate::session::Session;
use crate::strategy::{Standing, Strategy};
use crate::survive::Again;

/// The closure under test, and where it was handed over.
#[derive(Clone)]
pub struct Program {
    pub(crate) run: Arc<dyn Fn() + Send + Sync>,
    pub(crate) site: &'static Location<'static>,
    pub(crate) monitors: OwnMonitors,
    /// How another process comes to it.
    pub(crate) again: Option<Again>,
}

impl Program {
    /// A program of that closure; in traces the main task begins and ends at the caller's place.
    #[track_caller]
    pub fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { run: Arc::new(run), site: Location::caller(), monitors: OwnMonitors::default(), again: None }
    }

    /// The same program, watched by a monitor of your own in every exploration and replay.
    ///
    /// ```
    /// use bohrbug::monitor::{Event, Monitor, View};
    /// use bohrbug::{Exploration, Failure, FailureKind, Program};
    ///
    /// /// No execution has more than three events.
    /// #[derive(Clone)]
    /// struct Short;
    ///
    /// impl Monitor for Short {
    ///     fn kind(&self) -> FailureKind {
    ///         FailureKind::Custom("short")
    ///     }
    ///
    ///     fn end(&mut self, view: View<'_>) -> Option<Failure> {
    ///         let events = view.events().len();
    ///         (events > 3).then(|| Failure::new(self.kind(), format!("{events} events")))
    ///     }
    /// }
    ///
    /// let spawns = Program::new(|| bohrbug_sync::thread::spawn(|| ()).join().unwrap()).watched_by(Short);
    /// let report = Exploration::new("spawns", "dfs").run(&spawns, |_| ())?;
    /// assert_eq!(report.failure().map(|failure| failure.kind), Some(FailureKind::Custom("short")));
    /// # Ok::<(), bohrbug::UnknownName>(())
    /// ```
    #[must_use]
    pub fn watched_by(mut self, monitor: impl Monitor + Clone + Send + Sync + 'static) -> Self {
        self.monitors.add(monitor);
        self
    }

    /// The same program, which a child process reaches if it is started so: a failure that ends the process, such as a
    /// crash, is then recorded, minimised and replayed there.
    #[must_use]
    pub fn started_again_by(self, again: impl Into<Option<Again>>) -> Self {
        Self { again: again.into(), ..self }
    }

    /// The same program, handed over at another place.
    #[must_use]
    pub fn at(self, site: &'static Location<'static>) -> Self {
        Self { site, ..self }
    }
}

impl<'a> Ended<'a> {
    /// Has the session end the execution, too.
    #[inline]
    pub(crate) fn new(execution: &'a Execution, session: &'a mut Session) -> Self {
        let view = execution.view();
        let (failure, length) = session.end(view).unzip();
        let length = length.unwrap_or_else(|| view.steps());
        let doubts = session.take_doubts();
        let (strategy, standing) = (session.strategy(), session.standing());
        Self { execution, failure, length, doubts, strategy, standing }
    }

    /// Whether it has failed in the way that has that fingerprint.
    pub(crate) fn fails_with(&self, fingerprint: &str) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.has_fingerprint(fingerprint))
    }

    /// Its failure, if it failed, for whoever keeps it.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.failure.map(|failure| *failure)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Program").field(&self.site).finish()
    }
}

/// What the supervisor is shown of an execution that has ended.
pub(crate) struct Ended<'a> {
    /// Its tables and events.
    pub(crate) execution: &'a Execution,
    /// Its failure, if it failed.
    pub(crate) failure: Option<Box<Failure>>,
    /// How many of its events there were until it failed, or came to its end.
    pub(crate) length: StepIdx,
    /// What keeps it from being part of a proof, unless an earlier execution has shown it.
    pub(crate) doubts: Vec<Doubt>,
    /// What decided.
    pub(crate) strategy: &'a dyn Strategy,
    /// How far it had come after this execution.
    pub(crate) standing: &'a Standing,
}

/// Looks at each execution that has ended, and says whether to go on.
pub(crate) type Supervisor = Box<dyn FnMut(Ended<'_>) -> ControlFlow<()>>;

/// What decides on a runtime: one of our strategies, or a search of the runtime's own.
pub(crate) enum Search {
    /// The session's strategy, on native.
    Native,
    /// One of shuttle's schedulers.
    #[cfg(feature = "shuttle")]
    Shuttle(Box<dyn ::shuttle::scheduler::Scheduler>),
    /// loom's search.
    #[cfg(feature = "loom")]
    Loom,
}

/// A search of a foreign runtime's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForeignSearch {
    ShuttleRandom,
    ShuttlePct,
    ShuttleUrw,
    ShuttleDfs,
    Loom,
}

impl ForeignSearch {
    /// Where it searches.
    pub(crate) const fn runtime(self) -> Runtime {
        match self {
            Self::ShuttleRandom | Self::ShuttlePct | Self::ShuttleUrw | Self::ShuttleDfs => Runtime::Shuttle,
            Self::Loom => Runtime::Loom,
        }
    }

    /// Whether the values of choices are enumerated, since the search itself is exhaustive.
    pub(crate) const fn enumerates(self) -> bool {
        matches!(self, Self::ShuttleDfs | Self::Loom)
    }

    /// Begins it; `None` if this build does not have its runtime.
    #[cfg_attr(not(feature = "shuttle"), expect(unused_variables, reason = "loom draws nothing"))]
    pub(crate) fn begin(self, seed: u64) -> Option<Search> {
        match self.runtime() {
            #[cfg(feature = "shuttle")]
            Runtime::Shuttle => Some(Search::Shuttle(shuttle::scheduler(self, seed))),
            #[cfg(not(feature = "shuttle"))]
            Runtime::Shuttle => None,
            #[cfg(feature = "loom")]
            Runtime::Loom => Some(Search::Loom),
            #[cfg(not(feature = "loom"))]
            Runtime::Loom => None,
            Runtime::Native => None,
        }
    }
}

/// Why the executions came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There was nothing left to explore.
    Complete,
    /// The supervisor had seen enough.
    Stopped,
}

impl Search {
    /// Decisions of ours on that runtime; on native the session's strategy makes them. `None` on loom, which takes no
    /// schedule, and where this build does not have the runtime.
    #[cfg_attr(not(feature = "shuttle"), expect(unused_variables, reason = "the session's strategy is asked"))]
    pub(crate) fn following(on: Runtime, wanted: impl FnMut(View<'_>) -> Option<TaskId> + 'static) -> Option<Self> {
        match on {
            Runtime::Native => Some(Self::Native),
            #[cfg(feature = "shuttle")]
            Runtime::Shuttle => Some(Self::Shuttle(shuttle::following(wanted))),
            #[cfg(not(feature = "shuttle"))]
            Runtime::Shuttle => None,
            Runtime::Loom => None,
        }
    }

    /// Runs executions of `program` until there is nothing left to explore, or the supervisor has seen enough.
    ///
    /// # Errors
    ///
    /// With the foreign runtime's words, if it gave up on its own account.
    pub(crate) fn run(
        self,
        session: Session,
        config: &Config,
        program: &Program,
        supervisor: Supervisor,
    ) -> Result<Ending, String> {
        let _quiet = crate::hook::Quiet::begin();
        match self {
            Self::Native => Ok(native::run(session, config, program, supervisor)),
            #[cfg(feature = "shuttle")]
            Self::Shuttle(scheduler) => shuttle::run(scheduler, session, config, program, supervisor),
            #[cfg(feature = "loom")]
            Self::Loom => loom::run(session, config, program, supervisor),
        }
    }
}
