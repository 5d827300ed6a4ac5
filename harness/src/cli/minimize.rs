//! `bohrbug minimize`: the same failure with as little as possible.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bohrbug::minimize::{Effort, MinimizeError, Minimized};
use bohrbug::trace::{Fewest, Preemptions, SaveError, Trace};

use super::console::Console;
use super::error::CliError;
use super::{count, seconds};
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::numbers::grouped;
use crate::recorded::{NotOpened, Recorded};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The traces to minimise
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,
    /// Where the minimal trace goes; by default in place of the trace
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Maximum seconds for each; the result then depends on the machine
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    time: Option<Duration>,
    /// Maximum events in search of fewer preemptions
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    events: Option<u64>,
}

pub(super) fn run(arguments: &Arguments, catalogue: &Catalogue, console: &mut Console) -> Result<Exit, CliError> {
    if arguments.out.is_some() && arguments.traces.len() > 1 {
        return Err(CliError::OneOut);
    }
    let usual = Effort::default();
    let effort = Effort { events: arguments.events.unwrap_or(usual.events), time: arguments.time };
    let mut exits = Vec::new();
    for path in &arguments.traces {
        match one(path, arguments.out.as_ref().unwrap_or(path), effort, catalogue) {
            Ok(text) => console.say(&text),
            Err(error) => {
                console.error(&error.to_string());
                exits.push(error.exit());
            }
        }
    }
    Ok(Exit::worst(exits))
}

/// Why one trace is not minimised.
#[derive(Debug, thiserror::Error)]
enum NotMinimized {
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    #[error("{path}: {source}")]
    Impossible { path: String, source: MinimizeError },
    #[error(transparent)]
    Lost(#[from] SaveError),
}

impl NotMinimized {
    const fn exit(&self) -> Exit {
        match self {
            Self::NotOpened(error) => error.exit(),
            Self::Impossible { .. } => Exit::Diverged,
            Self::Lost(_) => Exit::OurFault,
        }
    }
}

fn one(path: &Path, out: &Path, effort: Effort, catalogue: &Catalogue) -> Result<String, NotMinimized> {
    let recorded = Recorded::open(path, catalogue)?;
    let mut lost = None;
    // Each better one is saved at once: whoever has no more patience has the best so far.
    let mut save = |trace: &Trace| lost = trace.save_atomically(out).err();
    let minimized = recorded.minimize(effort, &mut save);
    let minimized =
        minimized.map_err(|source| NotMinimized::Impossible { path: path.display().to_string(), source })?;
    save(&minimized.trace);
    lost.map_or(Ok(()), Err)?;
    Ok(format!("{}: {}", out.display(), said(&recorded.trace, &minimized)))
}

/// What came of it, in a line.
pub(super) fn said(before: &Trace, minimized: &Minimized) -> String {
    let preemptions = |count: u32| format!("{count} preemption{}", if count == 1 { "" } else { "s" });
    let fewer = match minimized.preemptions {
        Preemptions { count: 0, .. } => String::new(),
        Preemptions { fewest: Fewest::Proved, .. } => ", fewer proved impossible".to_owned(),
        Preemptions { fewest: Fewest::NotFound, .. } => ", fewer not found".to_owned(),
    };
    let interrupted = if minimized.interrupted { "; the time ran out" } else { "" };
    format!(
        "{} events and {}, of {} and {}{fewer} ({} executions){interrupted}",
        minimized.trace.events.len(),
        preemptions(minimized.preemptions.count),
        before.events.len(),
        minimized.preemptions_before,
        grouped(minimized.executions),
    )
}
