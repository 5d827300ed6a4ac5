//! A recorded failure and the scenario that it is of: what minimising and explaining begin with.

use std::path::Path;

use bohrbug::explain::explain;
use bohrbug::minimize::{Effort, MinimizeError, Minimized, Smaller, minimize};
use bohrbug::trace::{ReadError, Trace};
use bohrbug::{Program, diagnose};

use crate::catalogue::Catalogue;
use crate::ended;
use crate::exit::Exit;
use crate::hunt::scale_of;
use crate::scenario::{Scale, Scenario};
use crate::select::{self, SelectError};

/// What a hunt spends on a smaller schedule for each failure; `bohrbug minimize` spends ten times as much.
const HUNTING: Effort = Effort { events: 150_000, time: None };

/// A recorded failure and the scenario that it is of.
#[derive(Debug)]
pub struct Recorded {
    /// What was recorded.
    pub trace: Trace,
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The revision that it was recorded on.
    pub revision: &'static str,
}

/// A trace that nothing can be done with here.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// It is of no scenario of the catalogue.
    #[error(
        "{path}:1: this trace is of no scenario of this program: {source}; a test's trace is as small as its test can make it"
    )]
    NoScenario {
        /// The trace.
        path: String,
        /// What is not known.
        source: SelectError,
    },
    /// It is of no revision of its scenario.
    #[error("{path}:1: {source}")]
    NoRevision {
        /// The trace.
        path: String,
        /// What is not known.
        source: SelectError,
    },
}

impl NotOpened {
    /// What the program ends with for it.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Unreadable(_) => Exit::Unreadable,
            Self::NoScenario { .. } | Self::NoRevision { .. } => Exit::Usage,
        }
    }
}

impl Recorded {
    /// Reads a trace and looks up what it is of.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or the catalogue has no such scenario or revision.
    pub fn open(path: &Path, catalogue: &Catalogue) -> Result<Self, NotOpened> {
        Self::read_from(path, Trace::read(path)?, catalogue)
    }

    /// Looks up what a trace is of that was read from there.
    ///
    /// # Errors
    ///
    /// If the catalogue has no such scenario or revision.
    pub fn read_from(path: &Path, trace: Trace, catalogue: &Catalogue) -> Result<Self, NotOpened> {
        let path_of = || path.display().to_string();
        Self::of(trace, catalogue).map_err(|source| match source {
            SelectError::UnknownScenario { .. } => NotOpened::NoScenario { path: path_of(), source },
            _ => NotOpened::NoRevision { path: path_of(), source },
        })
    }

    /// Looks up what a trace is of.
    ///
    /// # Errors
    ///
    /// If the catalogue has no such scenario or revision.
    pub fn of(trace: Trace, catalogue: &Catalogue) -> Result<Self, SelectError> {
        let scenario = catalogue.find(&trace.header.scenario);
        let scenario = scenario.ok_or_else(|| select::unknown_scenario(catalogue, &trace.header.scenario))?;
        let name = trace.header.revision.as_deref().unwrap_or_default();
        let revision = scenario.revision(name).ok_or_else(|| select::unknown_revision(&[scenario], name))?.0;
        Ok(Self { trace, scenario, revision })
    }

    /// The scenario as it was recorded.
    pub fn program(&self) -> Program {
        self.scenario.program(self.revision, scale_of(&self.trace)).started_again_by(ended::again())
    }

    /// The trace minimised and with its essence, as far as that can be had.
    pub fn diagnosed(self) -> Trace {
        let (program, smaller) = (self.program(), self.smaller());
        diagnose(self.trace, &program, &smaller, HUNTING)
    }

    /// The smaller workloads that may fail in the same way: of upstream's own size the usual one.
    fn smaller(&self) -> Vec<Smaller> {
        let small = || Smaller { workload: None, program: self.scenario.program(self.revision, Scale::Small) };
        (scale_of(&self.trace) == Scale::Full).then(small).into_iter().collect()
    }

    /// Minimises it and finds its essence; see [`minimize`] and [`explain`].
    ///
    /// # Errors
    ///
    /// If it does not fail as recorded.
    pub fn minimize(&self, effort: Effort, better: impl FnMut(&Trace)) -> Result<Minimized, MinimizeError> {
        let mut minimized = minimize(&self.trace, &self.program(), &self.smaller(), effort, better)?;
        let program = self.scenario.program(self.revision, scale_of(&minimized.trace));
        let program = program.started_again_by(ended::again());
        let explained = explain(&minimized.trace, &program)?;
        minimized.executions += explained.executions;
        minimized.trace = explained.trace;
        Ok(minimized)
    }
}

#[cfg(test)]
mod tests {
    use bohrbug::trace::{Header, Runtime};
    use serde_json::json;

    use super::*;
    use crate::catalogue::everything;

    /// How many smaller workloads there are for a trace of that scale; the usual one is not in a header.
    fn check(scale: Option<&str>, expected: usize) {
        let header = Header {
            revision: Some("reported".to_owned()),
            workload: scale.map(|scale| json!({ "scale": scale })),
            ..Header::new("vm-assignment/double-assign", Runtime::Native, "random")
        };
        let recorded = Recorded::of(Trace { header, events: Vec::new() }, &everything()).expect("a scenario");
        assert_eq!(recorded.smaller().len(), expected, "{scale:?}");
    }

    #[test]
    fn only_what_is_smaller_is_offered() {
        check(Some("full"), 1);
        check(None, 0);
        check(Some("smallest"), 0);
    }
}
