//! Where traces are kept: `DIRECTORY/SYSTEM/SCENARIO-REVISION-FINGERPRINT.jsonl`, one file a failure.

use std::fmt;
use std::path::Path;

use bohrbug::report::Kept;
use bohrbug::trace::{Saved, Trace, file_name};
use bohrbug::{FailureKind, Program, ReplayError, ReplayVerdict, Runtime, replay_exactly};

use crate::hunt::scale_of;
use crate::recorded::Recorded;
use crate::scenario::Scale;

/// Keeps the trace of a failure, minimised, unless the directory has one of the same failure that still reproduces it: a
/// committed trace changes only when it has come to mean nothing. The trace that is there in the end, and where.
pub fn keep(trace: Trace, kind: FailureKind, directory: &Path, recorded: impl Fn(Trace) -> Recorded) -> (Trace, Kept) {
    match kind {
        FailureKind::Nondeterminism => {
            return (trace, Kept::Unwanted("a nondeterministic program cannot be replayed"));
        }
        FailureKind::Runtime => {
            return (trace, Kept::Unwanted("the runtime could not run the program, so there is nothing to replay"));
        }
        _ => {}
    }
    let (system, name) = place(&trace);
    let path = directory.join(system).join(name);
    let there = Trace::read(&path).ok().filter(|there| there.is_same_failure(&trace));
    let reproduces = |there: &&Trace| Replayed::once(there, &recorded((*there).clone()).program()).is_reproduced();
    if let Some(there) = there.as_ref().filter(reproduces) {
        return (there.clone(), Kept::Saved(Saved::Known(path)));
    }
    let trace = recorded(trace).diagnosed();
    let (system, name) = place(&trace);
    let directory = directory.join(system);
    let path = directory.join(&name);
    let saved = match there {
        Some(_) => trace.save_atomically(&path).map(|()| Saved::New(path)),
        None => trace.save_as(&directory, &name),
    };
    (trace, saved.map_or_else(Kept::Lost, Kept::Saved))
}

/// The folder and the file's name for a trace.
fn place(trace: &Trace) -> (&str, String) {
    let (system, scenario) = trace.header.scenario.split_once('/').unwrap_or(("", &trace.header.scenario));
    let fingerprint = trace.header.failure.as_ref().map_or("", |failure| &failure.fingerprint);
    let scenario = match scale_of(trace) {
        Scale::Small => scenario.to_owned(),
        scale => format!("{scenario} {}", scale.name()),
    };
    (system, file_name(&scenario, trace.header.revision.as_deref(), fingerprint))
}

/// Where a trace replays unless somebody asks for another runtime: on native, if it can.
pub fn usual_runtime(trace: &Trace) -> Runtime {
    if trace.needs_weak_memory() { Runtime::Loom } else { Runtime::Native }
}

/// What came of replaying a trace once where it usually replays, step by step.
#[derive(Debug)]
pub struct Replayed {
    on: Runtime,
    result: Result<ReplayVerdict, ReplayError>,
}

impl Replayed {
    /// Replays it.
    pub fn once(trace: &Trace, program: &Program) -> Self {
        let on = usual_runtime(trace);
        Self { on, result: replay_exactly(trace, program, on).map(|replay| replay.verdict) }
    }

    /// Whether it was the recorded failure.
    pub const fn is_reproduced(&self) -> bool {
        matches!(self.result, Ok(ReplayVerdict::Reproduced))
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(verdict) => write!(f, "{verdict} on {}", self.on.name()),
            Err(error) => error.fmt(f),
        }
    }
}
