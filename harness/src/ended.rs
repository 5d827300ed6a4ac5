//! Failures that end the process of a hunt, a crash say.
//!
//! Another process makes the trace, by the decisions that were left behind, and writes down in a *ledger* what it was of. Then the
//! hunt goes on: its process becomes the same program once more, which takes that outcome as it is written there, and prints
//! nothing twice.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bohrbug::report::Kept;
use bohrbug::survive::Asked;
use bohrbug::trace::{Saved, Trace};
use bohrbug::{Again, Environment, Exploration, Failure, Program, Verdict};
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::outcome::{Find, Outcome};
use crate::recorded::Recorded;
use crate::select::Pair;
use crate::store::{self, Replayed};

/// The variable with the ledger's path, for whoever goes on.
const LEDGER: &str = Environment::HUNT;

/// How this process is started again; nobody knows as long as it is not the program `bohrbug`.
static AGAIN: Mutex<Option<Again>> = Mutex::new(None);

/// How this process is started again, if it is the program `bohrbug`.
pub(crate) fn again() -> Option<Again> {
    AGAIN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// It is started so from now on.
pub(crate) fn set_again(again: Option<Again>) {
    *AGAIN.lock().unwrap_or_else(PoisonError::into_inner) = again;
}

/// What of a hunt is done, in a file: a line of JSON each.
#[derive(Clone, Debug)]
pub struct Ledger(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// A process has begun, or gone on.
    Begun,
    /// So many outcomes have been printed.
    Printed(usize),
    /// That pair ended the process, and that is the trace.
    Ended { scenario: String, revision: String, trace: PathBuf },
}

impl Ledger {
    /// The variable with its path, for whoever hunts.
    pub(crate) const VARIABLE: &'static str = LEDGER;

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether a hunt is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.0.exists()
    }

    /// How much is done.
    pub(crate) fn length(&self) -> usize {
        self.lines().iter().filter(|line| !matches!(line, Line::Begun)).count()
    }

    /// That of the process before, or a new one.
    pub(crate) fn open(before: Option<PathBuf>) -> Self {
        let new = || std::env::temp_dir().join(format!("bohrbug-hunt-{}.jsonl", std::process::id()));
        Self(before.unwrap_or_else(new))
    }

    /// The hunt is under way, until it is [closed](Self::close). Has this process become this program once more where it would end.
    pub(crate) fn go_on(&self) {
        self.add(&Line::Begun);
        set_again(Again::this_program().map(|again| again.with_variable(LEDGER, &self.0).going_on()));
    }

    /// So many outcomes have been printed.
    pub(crate) fn printed(&self, count: usize) {
        self.add(&Line::Printed(count));
    }

    /// How many had been printed.
    pub(crate) fn already_printed(&self) -> usize {
        let count = |line| if let Line::Printed(count) = line { Some(count) } else { None };
        self.lines().into_iter().filter_map(count).max().unwrap_or(0)
    }

    /// What that pair came to, if it ended the process.
    pub(crate) fn outcome(&self, pair: Pair, seed: u64) -> Option<Outcome> {
        let (path, trace) = self.trace(pair)?;
        outcome(pair, seed, trace, Kept::Saved(Saved::Known(path)))
    }

    /// The trace of what ended the process in that pair, if something did, and where it is.
    pub(crate) fn trace(&self, pair: Pair) -> Option<(PathBuf, Trace)> {
        let path = self.lines().into_iter().find_map(|line| match line {
            Line::Ended { scenario, revision, trace }
                if scenario == pair.scenario.full_name() && revision == pair.revision =>
            {
                Some(trace)
            }
            _ => None,
        })?;
        let trace = Trace::read(&path).ok()?;
        Some((path, trace))
    }

    /// The hunt is over.
    pub(crate) fn close(&self) {
        set_again(Again::this_program());
        // One that stays is in nobody's way.
        let _ = fs::remove_file(&self.0);
    }

    /// That pair ended the process, and that is the trace.
    fn ended(&self, scenario: String, revision: &str, trace: &Path) {
        self.add(&Line::Ended { scenario, revision: revision.to_owned(), trace: trace.to_owned() });
    }

    fn add(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        let file = OpenOptions::new().append(true).create(true).open(&self.0);
        // Without it a hunt that ends before its end does not go on as it should; no other is the worse for it.
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
    }

    fn lines(&self) -> Vec<Line> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Looks for a process that ended while it explored the pair, and had no time to say so; what came of it goes into the ledger.
pub(crate) fn look_back(ledger: &Ledger, exploration: &Exploration, pair: Pair, program: &Program, traces: &Path) {
    exploration.left_behind(program, |trace| {
        let Some(kind) = trace.header.failure.as_ref().map(|failure| failure.kind) else { return };
        let recorded = |trace| Recorded { trace, scenario: pair.scenario, revision: pair.revision };
        if let Kept::Saved(saved) = store::keep(trace, kind, traces, recorded).1 {
            ledger.ended(pair.scenario.full_name(), pair.revision, saved.path());
        }
    });
}

/// What a pair came to that ended the process as in that trace.
pub(crate) fn outcome(pair: Pair, seed: u64, trace: Trace, kept: Kept) -> Option<Outcome> {
    let failure = failure_of(&trace)?;
    let recorded = Recorded { trace: trace.clone(), scenario: pair.scenario, revision: pair.revision };
    let replayed = Replayed::once(&trace, &recorded.program());
    let mut outcome = Outcome::new(pair, seed);
    outcome.verdict = Verdict::Failed(Box::new(bohrbug::Found { failure: failure.clone(), trace: trace.clone() }));
    outcome.strategy.clone_from(&trace.header.strategy);
    outcome.executions = trace.header.execution;
    outcome.find = Some(Find { failure, trace, replayed, kept });
    Some(outcome)
}

/// The failure of a trace, as far as it is recorded.
pub(crate) fn failure_of(trace: &Trace) -> Option<Failure> {
    let record = trace.header.failure.as_ref()?;
    let mut failure = Failure::new(record.kind, record.message.clone()).at(record.site.clone());
    failure.task.clone_from(&record.task);
    Some(failure)
}

/// Does what this process was started for, and ends it. Traces go to `usual` where nothing else was said.
pub(crate) fn carry_out(asked: Asked, catalogue: &Catalogue, usual: &Path) -> Exit {
    let traces = asked.traces().unwrap_or(usual).to_owned();
    let Recorded { scenario, revision, trace } = match Recorded::of(asked.stub(), catalogue) {
        Ok(recorded) => recorded,
        Err(error) => {
            eprintln!("bohrbug: {error}");
            return Exit::Usage;
        }
    };
    let program = Recorded { scenario, revision, trace }.program();
    asked.carry_out(&program, |trace, progress| {
        let Some(kind) = trace.header.failure.as_ref().map(|failure| failure.kind) else { return false };
        let recorded = |trace| Recorded { trace, scenario, revision };
        let kept = store::keep(trace, kind, &traces, recorded).1;
        eprintln!("bohrbug: {} {revision} ended the process {progress}", scenario.full_name());
        let Kept::Saved(saved) = kept else { return false };
        let ledger = Environment::hunt().map(Ledger);
        ledger.iter().for_each(|ledger| ledger.ended(scenario.full_name(), revision, saved.path()));
        ledger.is_some()
    })
}
