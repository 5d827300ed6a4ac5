//! The traces that are saved under a check's name: replayed before anything is explored, and a failure ends the check.
//!
//! A trace that the program has left behind proves little. Where nothing fails on the way that is said, and the check goes
//! on.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bohrbug_trace::{Difference, Saved, Trace};

use super::{Check, command};
use crate::Runtime;
use crate::environment::Environment;
use crate::replay::{Mode, Replay, Verdict, replay};
use crate::report::{self, Kept};
use crate::runtime::Program;

impl Check {
    /// Replays the trace that the environment asks for, then those that are saved; `program` is what a trace is of.
    #[track_caller]
    pub(crate) fn replay_saved(&self, environment: &Environment, program: &dyn Fn(&Trace) -> Program) {
        let asked = environment.replay.iter().cloned();
        let saved = saved_traces(&self.directory(environment));
        for path in asked.chain(saved) {
            let asked = Some(&path) == environment.replay.as_ref();
            match Trace::read(&path) {
                Ok(trace) if trace.header.scenario == self.name => self.replay_one(&path, &trace, &program(&trace)),
                Ok(_) => {}
                // A damaged file must not pass for a trace that holds.
                Err(error) if asked || has_name_of(&path, &self.name) => panic!("{error}"),
                Err(_) => {}
            }
        }
    }

    #[track_caller]
    fn replay_one(&self, path: &Path, trace: &Trace, program: &Program) {
        let replay = match replay(trace, program, runtime_of(trace)) {
            Ok(replay) => replay,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        let Some(headline) = self.headline(path, &replay) else {
            if let Verdict::Diverged { at, .. } = &replay.verdict {
                self.note_outdated(path, at);
            }
            return;
        };
        let mut seen = Trace { header: trace.header.clone(), events: replay.events };
        if let Some(failure) = replay.verdict.other_failure() {
            seen.header.failure = Some(failure.record());
        }
        let kept = Kept::Saved(Saved::Known(path.to_owned()));
        panic!("{}", report::failure(&headline, &seen, &kept, command));
    }

    /// What fails, and whether as recorded; `None` if nothing does.
    fn headline(&self, path: &Path, replay: &Replay) -> Option<String> {
        let (name, path, mode) = (&self.name, path.display(), replay.mode.name());
        match &replay.verdict {
            Verdict::Reproduced if replay.mode == Mode::Exact => Some(format!("`{name}` fails as recorded in {path}")),
            Verdict::Reproduced => Some(format!("`{name}` still fails as recorded in {path}, after an edit ({mode})")),
            Verdict::FailedDifferently(failure) => {
                Some(format!("`{name}` fails, and not as recorded in {path}: {failure}"))
            }
            diverged @ Verdict::Diverged { failure: Some(_), .. } => {
                Some(format!("`{name}` left the path recorded in {path} ({diverged})"))
            }
            Verdict::DidNotFail | Verdict::Diverged { failure: None, .. } => None,
        }
    }

    /// Says that a trace is of a program that is no more.
    fn note_outdated(&self, path: &Path, at: &Difference) {
        let note = format!(
            "bohrbug: {} no longer describes what `{}` does ({at}); nothing failed on the way, so it proves little: \
             delete it, or find the failure again on the old code",
            path.display(),
            self.name
        );
        // Not by a macro: the test runner would keep to itself what a passing test prints.
        let _ = writeln!(std::io::stderr(), "{note}");
    }
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
    paths.sort();
    paths
}

/// Whether a file is named as the traces of a check of that name are.
fn has_name_of(path: &Path, name: &str) -> bool {
    let pattern = bohrbug_trace::file_name(name, None, "");
    let start = pattern.trim_end_matches(".jsonl").trim_end_matches("trace");
    path.file_name().and_then(|file| file.to_str()).is_some_and(|file| file.starts_with(start))
}
