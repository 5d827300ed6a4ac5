//! How executions are driven on each runtime.
//!
//! Each file runs executions one after the other and shows each, when it has ended, to a *supervisor*, who says whether
//! to go on.

mod foreign;
mod loom;
mod native;
mod shuttle;

pub(crate) use native::NativeRun;
pub(crate) use shuttle::{FollowScheduler, Silent};

use std::fmt;
use std::ops::ControlFlow;
use std::panic::Location;
use std::sync::Arc;

use bohrbug_sync::control::{Config, Execution};
use bohrbug_trace::StepIdx;

use crate::failure::Failure;
use crate::session::Session;
use crate::strategy::Strategy;

/// The closure under test, and where it was handed over.
#[derive(Clone)]
pub struct Program {
    pub(crate) run: Arc<dyn Fn() + Send + Sync>,
    pub(crate) site: &'static Location<'static>,
}

impl Program {
    /// Hands a closure over; the caller's place is where traces say that the main task begins and ends.
    #[track_caller]
    pub fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { run: Arc::new(run), site: Location::caller() }
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
        Self { execution, failure, length, strategy: session.strategy() }
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
    /// What decided, and what it has to say of the executions so far.
    pub(crate) strategy: &'a dyn Strategy,
}

/// Looks at each execution that has ended, and says whether to go on.
pub(crate) type Supervisor = Box<dyn FnMut(Ended<'_>) -> ControlFlow<()>>;

/// What decides on a runtime: one of our strategies, or a search of the runtime's own.
pub(crate) enum Search {
    /// The session's strategy, on native.
    Native,
    /// One of shuttle's schedulers.
    Shuttle(Box<dyn ::shuttle::scheduler::Scheduler>),
    /// loom's search.
    Loom,
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
            Self::Shuttle(scheduler) => shuttle::run(scheduler, session, config, program, supervisor),
            Self::Loom => loom::run(session, config, program, supervisor),
        }
    }
}
