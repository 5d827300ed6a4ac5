//! The traces that are saved under a check's name: replayed before anything is explored, and a failure ends the check.
//!
//! A fix leaves the trace of its bug behind. Where nothing fails on the way that is said, and the check goes on.

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use bohrbug_trace::{Difference, FailureRecord, Header, Saved, Trace, TraceEvent};

use super::{Check, command, or_panic};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::replay::{Mode, Verdict, replay};
use crate::report::{self, Kept};
use crate::runtime::Program;
use crate::{Carrier, Runtime};

/// What stands for a strategy in the trace of a failure that no exploration found.
const REPLAY: &str = "replay";

impl Check {
    /// Replays the trace that the environment asks for, then those that are saved; `program` is what a trace is of.
    #[track_caller]
    pub(crate) fn replay_saved(&self, environment: &Environment, program: &dyn Fn(&Trace) -> Program) {
        let asked = environment.replay.as_deref();
        if let Some(path) = asked {
            self.replay_asked(environment, path, program);
        }
        for path in saved_traces(&self.directory(environment)) {
            if asked.is_some_and(|asked| is_same_file(asked, &path)) {
                continue;
            }
            match Trace::read(&path) {
                Ok(trace) if trace.header.scenario == self.name => {
                    self.replay_one(environment, &path, &trace, &program(&trace));
                }
                Ok(_) => {}
                // A damaged file must not pass for a trace that holds.
                Err(error) if has_name_of(&path, &self.name) => panic!("{error}"),
                Err(_) => {}
            }
        }
    }

    /// As any other, but whoever asks gets an answer, whatever comes of it.
    #[track_caller]
    fn replay_asked(&self, environment: &Environment, path: &Path, program: &dyn Fn(&Trace) -> Program) {
        let trace = or_panic(Trace::read(path));
        if trace.header.scenario != self.name {
            return self.note_of_another_check(path, &trace);
        }
        if self.replay_one(environment, path, &trace, &program(&trace)) == Verdict::DidNotFail {
            note(&format!(
                "{} did not fail: `{}` followed it to its end. This is expected after a fix; exploring",
                path.display(),
                self.name
            ));
        }
    }

    /// Says once in a process that a trace is of another check: each but one of a process may have to pass it over.
    fn note_of_another_check(&self, path: &Path, trace: &Trace) {
        static SAID: Once = Once::new();
        let (path, of) = (path.display(), &trace.header.scenario);
        SAID.call_once(|| {
            note(&format!(
                "{path} is a trace of the check `{of}`, so `{}` ignores it; run the test of `{of}`",
                self.name
            ));
        });
    }

    /// What came of it, if nothing failed; a failure ends the check.
    #[track_caller]
    fn replay_one(&self, environment: &Environment, path: &Path, trace: &Trace, program: &Program) -> Verdict {
        let trace = &carried_by(trace, self.carrier.or(environment.carrier));
        let replay = replay(trace, program, runtime_of(trace));
        let replay = or_panic(replay.map_err(|error| format!("{}: {error}", path.display())));
        if let Some(failure) = replay.verdict.other_failure() {
            let headline = self.headline_of_another(path, trace, &replay.verdict, failure);
            self.fail_with(environment, &headline, trace_of_another(trace, failure, replay.events), program);
        }
        match &replay.verdict {
            Verdict::Reproduced => {
                let seen = Trace { header: trace.header.clone(), events: replay.events };
                let kept = Kept::Saved(Saved::Known(path.to_owned()));
                panic!("{}", report::failure(&self.headline(path, replay.mode), &seen, &kept, command));
            }
            Verdict::Diverged { at, .. } => self.note_outdated(path, at),
            Verdict::DidNotFail | Verdict::FailedDifferently(_) => {}
        }
        replay.verdict
    }

    /// That the recorded failure is there again.
    fn headline(&self, path: &Path, mode: Mode) -> String {
        let (name, path) = (&self.name, path.display());
        match mode {
            Mode::Exact => format!("`{name}` fails as recorded in {path}"),
            Mode::Matched | Mode::Essence => {
                format!("`{name}` still fails as recorded in {path}, after an edit ({})", mode.name())
            }
        }
    }

    /// That another failure is there than the recorded one, and which one that is.
    fn headline_of_another(&self, path: &Path, trace: &Trace, verdict: &Verdict, failure: &Failure) -> String {
        let (name, path) = (&self.name, path.display());
        let has = match &trace.header.failure {
            Some(recorded) if failure.has_fingerprint(&recorded.fingerprint) => String::new(),
            Some(recorded) => format!(", which records another failure ({})", in_a_line(recorded)),
            None => ", which records no failure".to_owned(),
        };
        match verdict {
            Verdict::Diverged { at, .. } => {
                format!("`{name}` diverged from {path}{has} at {at}, and then failed")
            }
            _ => format!("`{name}` fails differently from {path}{has}"),
        }
    }

    /// Says that a trace is of a program that is no more, or of one with a bug that this one has not.
    fn note_outdated(&self, path: &Path, at: &Difference) {
        note(&format!(
            "{} no longer matches `{}` ({at}), and nothing failed. This is expected after a fix: keep the trace, which guards \
             the fix as far as it still applies. If the code has changed too much, find the failure again on the old code",
            path.display(),
            self.name
        ));
    }
}

/// The trace, to be replayed on another carrier than its own if that is asked for.
fn carried_by(trace: &Trace, carrier: Option<Carrier>) -> Cow<'_, Trace> {
    let mut trace = Cow::Borrowed(trace);
    if let Some(carrier) = carrier.filter(|carrier| *carrier != trace.header.carrier) {
        trace.to_mut().header.carrier = carrier;
    }
    trace
}

/// Says something on standard error, where a test that passes is silent.
pub(super) fn note(text: &str) {
    // Not by a macro: the test runner would keep to itself what a passing test prints.
    let _ = writeln!(std::io::stderr(), "bohrbug: {text}");
}

/// The trace of a failure that the replay of another one came to: what was run is recorded, and what that failure needs is
/// not.
fn trace_of_another(recorded: &Trace, failure: &Failure, events: Vec<TraceEvent>) -> Trace {
    let mut header = Header {
        failure: Some(failure.record()),
        workload: recorded.header.workload.clone(),
        choices: recorded.header.choices.clone(),
        ..Header::new(recorded.header.scenario.clone(), Runtime::Native, REPLAY)
    };
    if runtime_of(recorded) == Runtime::Loom {
        // loom's search comes to that execution again by these, and by nothing else.
        let Header { runtime, strategy, seed, execution, .. } = recorded.header.clone();
        header = Header { runtime, strategy, seed, execution, ..header };
    }
    Trace { header, events }
}

/// A recorded failure in a line.
fn in_a_line(failure: &FailureRecord) -> String {
    format!("{}: {}", failure.kind, failure.message.lines().next().unwrap_or_default())
}

/// Where a saved trace is replayed: on loom, if it needs loom's memory and loom found it, and on native otherwise.
fn runtime_of(trace: &Trace) -> Runtime {
    match trace.header.runtime {
        bohrbug_trace::Runtime::Loom if trace.needs_weak_memory() => Runtime::Loom,
        _ => Runtime::Native,
    }
}

/// The traces in a directory, in the order of their names; none if it is not there.
fn saved_traces(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    bohrbug_sorted::sort(&mut paths);
    paths
}

/// Whether both paths lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whether a file is named as the traces of a check of that name are.
fn has_name_of(path: &Path, name: &str) -> bool {
    let pattern = bohrbug_trace::file_name(name, None, "");
    let start = pattern.trim_end_matches(".jsonl").trim_end_matches("trace");
    path.file_name().and_then(|file| file.to_str()).is_some_and(|file| file.starts_with(start))
}
